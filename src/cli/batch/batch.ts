import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import { createClient } from '../client/client.ts'
import type { Delivery } from '../domain/batch.ts'
import type { BatchReport } from '../domain/batch-report.ts'
import { progressLine } from './batch-progress.ts'
import { type CommandContext, exitCodes, type Terminal } from './terminal.ts'

interface SubmitFlags {
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
  const batches = ({ retries }: { retries: number }) =>
    createClient({ url: batch.opts<{ url: string }>().url, apiKey: terminal.env.TAGSMITH_API_KEY, retries }).batches
  const client = () => batches({ retries: 2 })

  batch
    .command('submit')
    .description('send a file of NDJSON or a JSON array, and write the id of the batch to stdout')
    .argument('<file>', 'the items; - reads stdin')
    .option('--prompt <name>', 'the prompt to use')
    .option('--max-tags <number>', 'the most tags of an answer')
    .option('--delivery <way>', 'live, or provider: through its Batch API')
    .option('--endpoint <name>', 'ask this one alone of the endpoints of the service')
    .option('--max-cost-usd <dollars>', 'pause once it has cost this much')
    .option('--max-tokens <number>', 'pause once it has used so many tokens')
    .option('--idempotency-key <key>', 'name the upload, so that it can be sent again after a failure')
    .option('--watch', 'stay until it has ended')
    .action(
      run(async (file: string, { watch: stay, idempotencyKey, ...flags }: SubmitFlags) => {
        const sent = await client().upload(await bodyOf(file, terminal), {
          settings: settingsOf(flags),
          idempotencyKey,
        })
        terminal.stdout.write(`${sent.id}\n`)
        return stay ? watch(sent.id) : exitCodes.ok
      }),
    )
  batch
    .command('estimate')
    .description('write what a batch of this file would cost to stdout, as JSON; nothing is stored, no model asked')
    .argument('<file>', 'the items; - reads stdin')
    .option('--prompt <name>', 'the prompt to use')
    .option('--max-tags <number>', 'the most tags of an answer')
    .option('--delivery <way>', 'live, or provider: through its Batch API')
    .option('--endpoint <name>', 'ask this one alone of the endpoints of the service')
    .action(
      run(async (file: string, flags: SubmitFlags) => {
        const estimate = await client().estimate(await bodyOf(file, terminal), { settings: settingsOf(flags) })
        terminal.stdout.write(`${JSON.stringify(estimate, null, 2)}\n`)
        return exitCodes.ok
      }),
    )
  batch
    .command('status')
    .description('write how far a batch is to stdout, as JSON')
    .argument('<id>')
    .action(run(async (id: string) => show(await client().get(id), terminal)))
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
        const results = details ? client().results(id, { ...options, details }) : client().results(id, options)
        for await (const result of results)
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
      .action(run(async (id: string) => show(await client()[name](id), terminal)))
  }

  batch
    .command('resume')
    .description('run a paused batch on, or send one another way')
    .argument('<id>')
    .option('--delivery <way>', 'live, or provider: how its items go from now on')
    .action(run(async (id: string, flags: { delivery?: Delivery }) => show(await client().resume(id, flags), terminal)))

  async function watch(id: string): Promise<number> {
    let last: BatchReport | undefined
    // Whoever watches for hours sits out a restart.
    for await (const report of batches({ retries: 20 }).watch(id)) {
      terminal.stderr.write(`${progressLine(report)}\n`)
      last = report
    }
    return last?.status === 'completed' && last.request_counts.failed === 0 ? exitCodes.ok : exitCodes.failure
  }
}

const settingsOf = ({ prompt, maxTags, delivery, endpoint, maxCostUsd, maxTokens }: SubmitFlags) => ({
  ...{ prompt, delivery, endpoint, max_tags: maxTags, max_cost_usd: maxCostUsd, max_tokens: maxTokens },
})

async function bodyOf(file: string, { stdin }: Terminal): Promise<ReadableStream<Uint8Array>> {
  const body = file === '-' ? stdin : (await open(file)).createReadStream()
  return Readable.toWeb(body as Readable) as ReadableStream<Uint8Array>
}

function show(report: BatchReport, { stdout }: Terminal): number {
  stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return exitCodes.ok
}
