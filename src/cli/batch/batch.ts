import type { Command } from 'commander'
import type { Delivery } from '../../core/batch/batch.ts'
import type { BatchReport, UploadReport } from '../../core/batch/batch-report.ts'
import { type CommandContext, charsetOption, exitCodes, type Terminal } from '../terminal.ts'
import { type InputFlags, send } from './batch-input.ts'
import { listLine, progressLine } from './batch-progress.ts'

interface SubmitFlags extends InputFlags {
  readonly strict?: boolean
  readonly prompt?: string
  readonly maxTags?: string
  readonly delivery?: string
  readonly endpoint?: string
  readonly maxCostUsd?: string
  readonly maxTokens?: string
  readonly idempotencyKey?: string
  readonly watch?: boolean
}

interface ResultFlags {
  readonly details?: boolean
  readonly failed?: boolean
  readonly follow?: boolean
}

/** Batches of a service that runs somewhere: nothing here opens the store. */
export function addBatchCommand(program: Command, { terminal, run }: CommandContext): void {
  const batch = program
    .command('batch')
    .description('send many texts to a running service, and fetch the answers')
    .option('--url <url>', 'where the service is', terminal.env.TAGSMITH_URL ?? 'http://127.0.0.1:3000')
  async function batches({ retries }: { retries: number }) {
    const { createClient } = await import('../../client/index.ts')
    const { url } = batch.opts<{ url: string }>()
    return createClient({ url, apiKey: terminal.env.TAGSMITH_API_KEY, retries }).batches
  }
  const client = () => batches({ retries: 2 })

  batch
    .command('submit')
    .description('send a file of NDJSON or a JSON array, and write the id of the batch to stdout')
    .argument('<file>', 'the items; - reads stdin')
    .option('--tags <list.json>', 'the tag list, as the first entry of the upload')
    .option('--strict', 'let an entry fail that holds a field which is not known')
    .option('--prompt <name>', 'the prompt to use')
    .option('--max-tags <number>', 'the most tags of an answer')
    .option('--delivery <way>', 'live, or provider: through its Batch API')
    .option('--endpoint <name>', 'ask this one alone of the endpoints of the service')
    .option('--max-cost-usd <dollars>', 'pause once it has cost this much')
    .option('--max-tokens <number>', 'pause once it has used so many tokens')
    .option(...charsetOption)
    .option('--idempotency-key <key>', 'name the upload, so that it can be sent again after a failure')
    .option('--watch', 'stay until it has ended')
    .action(
      run(async (file: string, { watch: stay, idempotencyKey, ...flags }: SubmitFlags) => {
        const { upload } = await client()
        const sent = await send(file, flags, terminal, (body, charset) =>
          upload(body, { settings: settingsOf(flags), idempotencyKey, charset }),
        )
        terminal.stdout.write(`${sent.id}\n`)
        const isAllBad = await tellFaults(sent)
        return isAllBad ? exitCodes.usage : stay ? watch(sent.id) : exitCodes.ok
      }),
    )
  batch
    .command('estimate')
    .description('write what a batch of this file would cost to stdout, as JSON; nothing is stored, no model asked')
    .argument('<file>', 'the items; - reads stdin')
    .option('--tags <list.json>', 'the tag list, as the first entry of the upload')
    .option('--strict', 'let an entry fail that holds a field which is not known')
    .option('--prompt <name>', 'the prompt to use')
    .option('--max-tags <number>', 'the most tags of an answer')
    .option('--delivery <way>', 'live, or provider: through its Batch API')
    .option('--endpoint <name>', 'ask this one alone of the endpoints of the service')
    .option(...charsetOption)
    .action(
      run(async (file: string, flags: SubmitFlags) => {
        const { estimate } = await client()
        const found = await send(file, flags, terminal, (body, charset) =>
          estimate(body, { settings: settingsOf(flags), charset }),
        )
        terminal.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
        return exitCodes.ok
      }),
    )
  batch
    .command('list')
    .description('write the batches to stdout, the newest first')
    .option('--limit <number>', 'how many at the most', '20')
    .option('--json', 'as NDJSON')
    .action(
      run(async ({ limit, json }: { limit: string; json?: boolean }) => {
        const { list } = await client()
        let left = Number(limit)
        for (let after: string | undefined; left > 0; ) {
          const { data, has_more } = await list({ limit: Math.min(left, 100), after })
          for (const report of data) terminal.stdout.write(`${json ? JSON.stringify(report) : listLine(report)}\n`)
          after = data.at(-1)?.id
          left = has_more ? left - data.length : 0
        }
        return exitCodes.ok
      }),
    )
  batch
    .command('status')
    .description('write how far a batch is to stdout, as JSON')
    .argument('<id>')
    .action(run(async (id: string) => show(await (await client()).get(id), terminal)))
  batch.command('watch').description('follow a batch until it has ended').argument('<id>').action(run(watch))
  batch
    .command('results')
    .description('write what has ended so far to stdout, as NDJSON in the order of the upload')
    .argument('<id>')
    .option('--details', 'tell how each answer came about')
    .option('--failed', 'only the items that failed')
    .option('--follow', 'stay until the batch has ended')
    .action(
      run(async (id: string, { details = false, failed = false, follow = false }: ResultFlags) => {
        const options = { follow, ...(failed && { status: 'failed' as const }) }
        const { results } = await client()
        for await (const result of details ? results(id, { ...options, details }) : results(id, options))
          if (!terminal.stdout.write(`${JSON.stringify(result)}\n`))
            await new Promise(drained => terminal.stdout.once('drain', drained))
        return exitCodes.ok
      }),
    )
  for (const [name, description] of [
    ['cancel', 'start nothing more; what was answered is kept'],
    ['pause', 'start nothing more for now'],
    ['retry', 'try the failed items again'],
  ] as const) {
    batch
      .command(name)
      .description(description)
      .argument('<id>')
      .action(run(async (id: string) => show(await (await client())[name](id), terminal)))
  }

  batch
    .command('resume')
    .description('run a paused batch on, or send one another way')
    .argument('<id>')
    .option('--delivery <way>', 'live, or provider: how its items go from now on')
    .action(
      run(async (id: string, flags: { delivery?: Delivery }) =>
        show(await (await client()).resume(id, flags), terminal),
      ),
    )

  async function watch(id: string): Promise<number> {
    const left = new AbortController()
    const stop = terminal.onInterrupt?.(() => left.abort())
    let last: BatchReport | undefined
    try {
      // Whoever watches for hours sits out a restart.
      for await (const report of (await batches({ retries: 20 })).watch(id, { signal: left.signal })) {
        terminal.stderr.write(`${progressLine(report)}\n`)
        last = report
      }
    } catch (error) {
      if (!left.signal.aborted) throw error
      const again = 'tagsmith batch'
      terminal.stderr.write(
        `${id} runs on without you: "${again} watch ${id}" follows it again, "${again} cancel ${id}" ends it\n`,
      )
      return exitCodes.interrupted
    } finally {
      stop?.()
    }
    return last?.status === 'completed' && last.request_counts.failed === 0 ? exitCodes.ok : exitCodes.failure
  }

  /** Says what was left out of an upload, and what is wrong with the first item that failed. Whether all of them did. */
  async function tellFaults({ id, request_counts: { total, failed }, warnings = [] }: UploadReport): Promise<boolean> {
    for (const { detail } of warnings) terminal.stderr.write(`warning: ${detail}\n`)
    if (failed === 0) return false
    const { results } = await client()
    for await (const result of results(id, { status: 'failed', follow: false })) {
      if (!('error' in result)) continue
      const { detail, errors = [] } = result.error
      const faults = errors.map(fault => ` ${fault.pointer} ${fault.detail}.`).join('')
      terminal.stderr.write(`${failed} of ${total} items failed. The first: ${detail}${faults}\n`)
      break
    }
    return failed === total
  }
}

const settingsOf = ({ prompt, maxTags, delivery, endpoint, maxCostUsd, maxTokens, strict }: SubmitFlags) => ({
  ...{ prompt, delivery, endpoint, max_tags: maxTags, max_cost_usd: maxCostUsd, max_tokens: maxTokens },
  ...(strict && { strict: 'true' }),
})

function show(report: BatchReport, { stdout }: Terminal): number {
  stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return exitCodes.ok
}
