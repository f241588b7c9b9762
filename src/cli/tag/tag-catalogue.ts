import { hash } from 'node:crypto'
import {
  answerLines,
  createCarryOver,
  createPlan,
  failureLines,
  formOf,
  openState,
  type Recipe,
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
import { createRanker, loadWordVectors } from '../../ranker/index.ts'
import { readTags } from '../input.ts'
import { exitCodes, isTerminal, type Terminal } from '../terminal.ts'
import type { TagFlags } from './tag-flags.ts'
import { createProgress } from './tag-progress.ts'
import { openOwnService, openRunningService, type TagService } from './tag-service.ts'
import { ownFiles, readSources } from './tag-sources.ts'

const giveUpAfterMs = 600_000

/** Tags what is new or changed of a catalogue, and writes the answers. Gives back the exit code. */
export async function tagCatalogue(sources: readonly string[], flags: TagFlags, terminal: Terminal): Promise<number> {
  const { to, from } = flags
  const { loadConfig } = await import('../../config.ts')
  const config = loadConfig(terminal.env)
  const settings = {
    tags: flags.tags === undefined ? undefined : (await readTags(flags.tags, terminal)).tags,
    ...{ prompt: flags.prompt, max_tags: flags.maxTags, mode: flags.cheap ? ('cheap' as const) : undefined },
  }
  const { url } = flags
  const access = { apiKey: terminal.env.TAGSMITH_API_KEY, timeout: giveUpAfterMs }
  const service =
    url === undefined ? await openOwnService(config, settings) : await openRunningService({ url, ...access }, settings)
  const file = flags.state ?? `${to === undefined || to === '-' ? 'tagsmith' : to}.state`
  // Where the answers go to no file, what failed is told beside the state.
  const failedFile = `${to === undefined || to === '-' ? file : to}.failed`
  const isOwn = await ownFiles([to, failedFile, file, flags.report])
  const state = openState(file)
  const recipe = recipeOf(service, { state, isCheap: flags.cheap === true })
  const { stderr } = terminal
  const read = () => readSources(sources, flags, { terminal, limit: config.BODY_LIMIT, isOwn })
  const say = (id: unknown, why: string) => flags.changed && stderr.write(`${id}: ${why}\n`)
  try {
    // Stdin and a database are read once; what they hold is counted as it comes.
    const isCounted = from === undefined && !sources.includes('-')
    const wantsPrice = flags.dryRun || flags.confirmUsd !== undefined
    let total: number | undefined
    if (isCounted || wantsPrice) {
      const plan = createPlan({ state, recipe, onAsk: ({ id }, why) => flags.dryRun && say(id, why) })
      const lines = plan.lines(read())
      const { isFree } = service
      const price = wantsPrice && !isFree ? await priceOf(service, { lines, counts: plan.counts }) : undefined
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
      ...{ items: read(), state, recipe, classifier: service.classifier, account: anonymous, settings },
      ...{ concurrency: config.BATCH_CONCURRENCY, maxUsd: flags.maxUsd, maxFailed: flags.maxFailed, giveUpAfterMs },
      ...{ interrupted: interrupted.signal, onAsk: say, onProgress: progress.show, onOutage: progress.tellOutage },
    })
    stopListening?.()
    progress.end(tally)
    await write(state, flags, { terminal, failedFile })
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

const stopInWords: Record<Stop, string> = {
  interrupted: 'The run was interrupted; the same command goes on with it.',
  max_usd: 'The run has cost what --max-usd allows; the same command goes on with it.',
  price_unknown: 'The price of the model is not known, so that --max-usd cannot hold; set PRICES_FILE.',
  max_failed: 'More failed than --max-failed allows; the same command goes on with it.',
  upstream: 'The run ended, as nothing more would have been answered.',
}

/** The parts of what an answer depends on, so that a run can say which of them changed. */
function recipeOf(
  { tagList, prompt, engine, maxTags }: TagService,
  { state, isCheap }: { readonly state: ReturnType<typeof openState>; readonly isCheap: boolean },
): Recipe {
  return {
    list: tagList.version,
    ...{ prompt, isCheap },
    carryOver: createCarryOver(tagList, {
      ...{ state, tags: tagList.tags.map(asWritten) },
      createRanker: list => createRanker(list, { vectors: loadWordVectors() }),
    }),
    engine: hash('sha256', JSON.stringify([engine, maxTags])).slice(0, 16),
  }
}

const asWritten = ({ id, writtenName, description, aliases }: ListedTag): Tag => ({
  ...{ id, name: writtenName, aliases: [...aliases] },
  ...(description !== undefined && { description }),
})

interface Price {
  readonly low: number
  readonly high: number
}

/** What asking would cost, reckoned from a sample; undefined where the price is not known. */
async function priceOf(
  { estimate }: TagService,
  { lines, counts }: { lines: AsyncIterable<Uint8Array>; counts: { toAsk: number } },
): Promise<Price | undefined> {
  try {
    return (await estimate(lines)).cost_usd ?? undefined
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
  if (!isTerminal(stdin)) {
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
  { terminal: { stdout, stderr }, failedFile }: { terminal: Terminal; failedFile: string },
): Promise<void> {
  if (into !== undefined) await writeInto(from!, into, answersOf(state))
  if (to !== undefined) {
    const lines = answerLines(state.items(), { form: form ?? formOf(to), rowPerTag })
    if (to === '-') await writePieces(stdout, lines)
    else await writeWhole(to, lines)
  }
  const failures = await writeWhole(failedFile, failureLines(state.items()))
  if (failures === 0) return
  const first = Iterator.from(state.items()).find(({ failure }) => failure !== undefined)
  const words = `The first, ${first?.id}: ${first?.failure?.detail}`
  stderr.write(`${failures} items without an answer are in ${failedFile}. ${words}\n`)
}

function* answersOf(state: ReturnType<typeof openState>) {
  for (const { id, tags } of state.items()) {
    if (tags === undefined) continue
    yield { id, tags: JSON.stringify(tags.map(tag => tag.id)), names: JSON.stringify(tags.map(tag => tag.name)) }
  }
}
