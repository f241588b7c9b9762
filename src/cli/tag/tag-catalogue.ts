import { createHash } from 'node:crypto'
import { createEstimates } from '../../batches/index.ts'
import {
  answerLines,
  type CatalogueItem,
  createCarryOver,
  createPlan,
  failureLines,
  formOf,
  type OutputForm,
  openState,
  type Recipe,
  readEntries,
  readFiles,
  readQuery,
  reasonsInWords,
  reportPage,
  tagCatalogue as runCatalogue,
  type Stop,
  summaryInWords,
  writeInto,
  writePieces,
  writeWhole,
} from '../../catalogue/index.ts'
import { anonymous } from '../../core/api-key.ts'
import type { ListedTag, Tag } from '../../core/tags/tag-list.ts'
import { readJson } from '../input.ts'
import { loadServices } from '../services.ts'
import { exitCodes, type Terminal } from '../terminal.ts'
import { createProgress } from './tag-progress.ts'

export interface TagFlags {
  readonly to?: string
  readonly state?: string
  readonly form?: OutputForm
  readonly rowPerTag?: boolean
  readonly id: string
  readonly text: readonly string[]
  readonly idPattern?: RegExp
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly from?: string
  readonly query?: string
  readonly into?: string
  readonly charset?: string
  readonly tags?: string
  readonly prompt?: string
  readonly maxTags?: number
  readonly cheap?: boolean
  readonly dryRun?: boolean
  readonly changed?: boolean
  readonly confirmUsd?: number
  readonly maxUsd?: number
  readonly report?: string
  readonly maxFailed?: { readonly items: number } | { readonly share: number }
}

const giveUpAfterMs = 600_000
/** Tags what is new or changed of a catalogue, and writes the answers. Gives back the exit code. */
export async function tagCatalogue(sources: readonly string[], flags: TagFlags, terminal: Terminal): Promise<number> {
  const { to, from } = flags
  const [{ createServices }, { loadConfig }] = await loadServices()
  const config = loadConfig(terminal.env)
  const services = await createServices(config)
  const settings = {
    ...(flags.tags !== undefined && { tags: (await readJson(flags.tags, terminal)) as never }),
    ...(flags.prompt !== undefined && { prompt: flags.prompt }),
    ...(flags.maxTags !== undefined && { max_tags: flags.maxTags }),
    ...(flags.cheap && { mode: 'cheap' as const }),
  }
  const file = flags.state ?? `${to === undefined || to === '-' ? 'tagsmith' : to}.state`
  const state = openState(file)
  const recipe = recipeOf(services, settings, state)
  const { stderr } = terminal
  const read = () => readSources(sources, flags, terminal, config.BODY_LIMIT)
  const say = (id: unknown, why: string) => flags.changed && stderr.write(`${id}: ${why}\n`)
  try {
    // Stdin and a database are read once; what they hold is counted as it comes.
    const isCounted = from === undefined && !sources.includes('-')
    const wantsPrice = flags.dryRun || flags.confirmUsd !== undefined
    let total: number | undefined
    if (isCounted || wantsPrice) {
      const plan = createPlan({ state, recipe, onAsk: ({ id }, why) => flags.dryRun && say(id, why) })
      const lines = plan.lines(read())
      const isFree = config.upstreams.length === 0
      const price =
        wantsPrice && !isFree ? await priceOf(services, { settings, lines, counts: plan.counts }) : undefined
      await exhausted(lines)
      const { items, unreadable, reasons, toAsk } = plan.counts
      total = items
      const broken = unreadable > 0 ? `, ${unreadable} that cannot be read` : ''
      const cost = wantsPrice && toAsk > 0 ? `, ${isFree ? 'at no cost' : priceInWords(price)}` : ''
      stderr.write(`${items} items${broken}: ${reasonsInWords(reasons)}${cost}\n`)
      if (flags.dryRun) return exitCodes.ok
      const isCheap = isFree || toAsk === 0 || (price !== undefined && price.high <= (flags.confirmUsd ?? 0))
      if (flags.confirmUsd !== undefined && !isCheap && !(await confirmed(terminal, flags.confirmUsd)))
        return exitCodes.usage
    }
    const interrupted = new AbortController()
    const stopListening = terminal.onInterrupt?.(() => {
      stderr.write('\nending: what is asked is waited for; Ctrl-C again leaves at once\n')
      interrupted.abort()
    })
    const progress = createProgress(terminal, total)
    const { tally, stop, reason } = await runCatalogue({
      ...{ items: read(), state, recipe, classifier: services.classifier, account: anonymous, settings },
      ...{ concurrency: config.BATCH_CONCURRENCY, maxUsd: flags.maxUsd, maxFailed: flags.maxFailed, giveUpAfterMs },
      ...{ interrupted: interrupted.signal, onAsk: say, onProgress: progress.show },
    })
    stopListening?.()
    progress.end(tally)
    await write(state, flags, terminal)
    stderr.write(summaryInWords(tally, state.items()))
    if (flags.report !== undefined) {
      const title = `Tags of ${from === undefined ? sources.join(', ') : 'a database'}`
      await writeWhole(flags.report, reportPage(tally, { items: () => state.items(), title, date: new Date() }))
    }
    if (stop) stderr.write(`${stopInWords[stop]}${reason ? ` ${reason.code}: ${reason.message}` : ''}\n`)
    if (stop === 'interrupted') return exitCodes.interrupted
    return stop !== undefined || tally.failed > 0 ? exitCodes.failure : exitCodes.ok
  } finally {
    state.close()
  }
}

type Services = Awaited<ReturnType<Awaited<ReturnType<typeof loadServices>>[0]['createServices']>>

const stopInWords: Record<Stop, string> = {
  interrupted: 'The run was interrupted; the same command goes on with it.',
  max_usd: 'The run has cost what --max-usd allows; the same command goes on with it.',
  price_unknown: 'The price of the model is not known, so that --max-usd cannot hold; set PRICES_FILE.',
  max_failed: 'More failed than --max-failed allows; the same command goes on with it.',
  upstream: 'The run ended, as nothing more would have been answered.',
}

/** The parts of what an answer depends on, so that a run can say which of them changed. */
function recipeOf(
  services: Services,
  settings: Parameters<Services['tasks']['read']>[0] extends infer R ? Omit<R & object, 'text'> : never,
  state: ReturnType<typeof openState>,
): Recipe {
  const { prompt, tagList, maxTags } = services.tasks.read({ ...settings, text: 'A text that stands for any other.' })
  const engine = JSON.stringify([services.endpoints.map(({ name, model }) => [name, model]), maxTags])
  return {
    list: tagList.version,
    prompt: prompt.version,
    isCheap: settings.mode === 'cheap',
    carryOver: createCarryOver(tagList, { state, tags: tagList.tags.map(asWritten) }),
    engine: createHash('sha256').update(engine).digest('hex').slice(0, 16),
  }
}

const asWritten = ({ id, writtenName, description, aliases }: ListedTag): Tag => ({
  ...{ id, name: writtenName, aliases: [...aliases] },
  ...(description !== undefined && { description }),
})

async function* readSources(
  sources: readonly string[],
  { id, text, charset, include, exclude, idPattern, from, query }: TagFlags,
  { stdin }: Terminal,
  limit: number,
): AsyncGenerator<CatalogueItem> {
  const fields = { id, text }
  if (from !== undefined) yield* readQuery(from, { query: query!, fields })
  for (const source of sources) {
    if (source === '-') yield* readEntries(stdin, { name: 'stdin', fields, charset, limit })
    else yield* readFiles(source, { fields, charset, limit, include, exclude, idPattern })
  }
}

interface Price {
  readonly low: number
  readonly high: number
}

/** What asking would cost, reckoned from a sample; undefined where the price is not known. */
async function priceOf(
  { prices, endpoints, recipe }: Services,
  { settings, lines, counts }: { settings: object; lines: AsyncIterable<Uint8Array>; counts: { toAsk: number } },
): Promise<Price | undefined> {
  const estimate = createEstimates({
    ...{ ...recipe, endpoints, prices: { live: prices, provider: prices } },
    ...{ check: async () => undefined, entryLimit: Number.POSITIVE_INFINITY },
  })
  try {
    return (await estimate({ settings, strict: true, body: lines })).cost_usd ?? undefined
  } catch (error) {
    // There is no estimate of nothing.
    if (counts.toAsk > 0) throw error
    return { low: 0, high: 0 }
  }
}

async function exhausted(lines: AsyncIterable<unknown>): Promise<undefined> {
  for await (const _ of lines);
}

const priceInWords = (cost: Price | undefined): string =>
  cost === undefined ? 'at a price that is not known' : `for $${cost.low.toFixed(4)} to $${cost.high.toFixed(4)}`

async function confirmed({ stdin, stderr }: Terminal, dollars: number): Promise<boolean> {
  if (!('isTTY' in stdin && stdin.isTTY === true)) {
    stderr.write(`This may cost more than --confirm-usd ${dollars}, and nobody is there to ask; raise it to go on.\n`)
    return false
  }
  const { createInterface } = await import('node:readline/promises')
  const reader = createInterface({ input: stdin, output: stderr })
  const answer = await reader.question('Go on? [y/N] ')
  reader.close()
  return /^y(es)?$/i.test(answer.trim())
}

async function write(
  state: ReturnType<typeof openState>,
  { to, form, rowPerTag = false, from, into }: TagFlags,
  { stdout, stderr }: Terminal,
): Promise<void> {
  if (into !== undefined) {
    await writeInto(from!, into, answersOf(state))
    if (to === undefined) return
  }
  const lines = answerLines(state.items(), { form: form ?? formOf(to!), rowPerTag })
  if (to === '-') {
    await writePieces(stdout, lines)
    return
  }
  await writeWhole(to!, lines)
  const failures = await writeWhole(`${to}.failed`, failureLines(state.items()))
  if (failures > 0) stderr.write(`${failures} items without an answer are in ${to}.failed\n`)
}

function* answersOf(state: ReturnType<typeof openState>) {
  for (const { id, tags } of state.items()) {
    if (tags === undefined) continue
    yield { id, tags: JSON.stringify(tags.map(tag => tag.id)), names: JSON.stringify(tags.map(tag => tag.name)) }
  }
}
