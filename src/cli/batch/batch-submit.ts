import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import type { Client } from '../../client/index.ts'
import type { UploadReport } from '../../core/batch/batch-report.ts'
import { charsetOption, examples, textOption } from '../common/flags.ts'
import { readJson } from '../input.ts'
import { type CommandContext, exitCodes, type Terminal } from '../terminal.ts'
import { type InputFlags, keyOfContent, send } from './batch-input.ts'
import { watchBatch } from './batch-watch.ts'
import { createReconnect, mayPass } from './reconnect.ts'

interface SubmitFlags extends InputFlags {
  readonly prompt?: string
  readonly maxTags?: string
  readonly delivery?: string
  readonly endpoint?: string
  readonly maxCostUsd?: string
  readonly maxTokens?: string
  readonly idempotencyKey?: string
  readonly resume?: boolean
  readonly watch?: boolean
}

type Batches = Client['batches']

/** A client that makes a call again as often as it is told. */
export type OpenBatches = (options: { retries: number }) => Promise<Batches>

export function addSubmitCommands(batch: Command, { terminal, run }: CommandContext, batches: OpenBatches): void {
  const described = (command: Command) =>
    command
      .argument('<file>', 'the items: NDJSON, a JSON array, CSV or TSV; - reads stdin')
      .option('--tags <list.json>', 'the tag list, as the first entry of the upload')
      .option('--strict', 'let an entry fail that holds a field which is not known, and no row of a table be left out')
      .option('--prompt <name>', 'the prompt to use')
      .option('--max-tags <number>', 'the most tags of an answer')
      .option('--delivery <way>', 'live, or provider: through its Batch API')
      .option('--endpoint <name>', 'ask this one alone of the endpoints of the service')
      .option('--id <column>', 'what the id is called in CSV and TSV', 'id')
      .option(...textOption)
      .addOption(new Option('--form <form>', 'what stdin holds').choices(['ndjson', 'csv']))
      .option(...charsetOption)
  described(batch.command('submit'))
    .description('send a file of texts, and write the id of the batch to stdout')
    .option('--max-cost-usd <dollars>', 'pause once it has cost this much')
    .option('--max-tokens <number>', 'pause once it has used so many tokens')
    .option('--idempotency-key <key>', 'name the upload, so that it can be sent again after a failure')
    .option('--resume', 'the file is its own name: the same command goes on with it, whatever ended the one before')
    .option('--watch', 'stay until it has ended')
    .addHelpText(
      'after',
      examples(
        'tagsmith batch submit items.ndjson --watch',
        'tagsmith batch submit items.ndjson --watch --resume',
        'tagsmith batch submit projects.csv --id id --text name,readme --max-cost-usd 5',
        'tagsmith batch submit - --tags list.json < items.ndjson',
      ),
    )
    .action(
      run(async (file: string, { watch: stay, ...flags }: SubmitFlags) => {
        const { upload, results } = await batches({ retries: 2 })
        const sent = await submit(file, flags, { terminal, upload })
        if (sent === undefined) return exitCodes.interrupted
        terminal.stdout.write(`${sent.id}\n`)
        const isAllBad = await tellFaults(sent, results, terminal)
        if (isAllBad) return exitCodes.usage
        return stay ? watchBatch(await batches({ retries: 0 }), sent.id, { terminal, isKnown: true }) : exitCodes.ok
      }),
    )
  described(batch.command('estimate'))
    .description('write what a batch of this file would cost to stdout, as JSON; nothing is stored, no model asked')
    .addHelpText(
      'after',
      examples('tagsmith batch estimate items.ndjson', 'tagsmith batch estimate projects.csv --text readme'),
    )
    .action(
      run(async (file: string, flags: SubmitFlags) => {
        const { estimate } = await batches({ retries: 2 })
        const found = await send(file, flags, terminal, (body, charset) =>
          estimate(body, { settings: settingsOf(flags), charset }),
        )
        terminal.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
        return exitCodes.ok
      }),
    )
}

/** Sends a file until the service has all of it. Undefined when a person ended it; then, and in failing, it says how to go on. */
async function submit(
  file: string,
  { idempotencyKey, resume, ...flags }: Omit<SubmitFlags, 'watch'>,
  { terminal, upload }: { terminal: Terminal; upload: Batches['upload'] },
): Promise<UploadReport | undefined> {
  const settings = settingsOf(flags)
  const list = flags.tags === undefined ? undefined : await readJson(flags.tags, terminal)
  const ownKey = resume
    ? await keyOfContent(file, terminal, { ...settings, list, id: flags.id, text: flags.text })
    : undefined
  // What stdin gave is gone, so that the service need not keep a part of it.
  const key = idempotencyKey ?? ownKey ?? (file === '-' ? undefined : randomUUID())
  const left = new AbortController()
  const stop = terminal.onInterrupt?.(() => left.abort())
  const note = (text: string) => void terminal.stderr.write(`${text}\n`)
  const reconnect = createReconnect({ isKnown: false, note, signal: left.signal })
  try {
    for (;;) {
      try {
        return await send(file, flags, terminal, (body, charset) =>
          upload(body, { settings, idempotencyKey: key, charset, signal: left.signal }),
        )
      } catch (error) {
        if (file === '-') throw error
        await reconnect.after(error)
      }
    }
  } catch (error) {
    if (!left.signal.aborted && !mayPass(error)) throw error
    const again = resume ? 'the same command' : `the same command with --idempotency-key ${key}`
    if (key !== undefined) note(`the upload broke off: ${again} goes on with it`)
    if (!left.signal.aborted) throw error
    return undefined
  } finally {
    stop?.()
  }
}

/** Says what was left out of an upload, and what is wrong with the first item that failed. Whether all of them did. */
async function tellFaults(
  { id, request_counts: { total, failed }, warnings = [] }: UploadReport,
  results: Batches['results'],
  { stderr }: Terminal,
): Promise<boolean> {
  for (const { detail } of warnings) stderr.write(`warning: ${detail}\n`)
  if (failed === 0) return false
  for await (const result of results(id, { status: 'failed', follow: false })) {
    if (!('error' in result)) continue
    const { detail, errors = [] } = result.error
    const faults = errors.map(fault => ` ${fault.pointer} ${fault.detail}.`).join('')
    stderr.write(`${failed} of ${total} items failed. The first: ${detail}${faults}\n`)
    break
  }
  return failed === total
}

const settingsOf = ({ prompt, maxTags, delivery, endpoint, maxCostUsd, maxTokens, strict }: SubmitFlags) => ({
  ...{ prompt, delivery, endpoint, max_tags: maxTags, max_cost_usd: maxCostUsd, max_tokens: maxTokens },
  ...(strict && { strict: 'true' }),
})
