import type { Tally } from './run.ts'
import type { Reason, RunItem } from './state.ts'

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

/** `200 to ask (text 150, new 50)` */
export const reasonsInWords = (reasons: Partial<Record<Reason, number>>): string => {
  const all = Object.values(reasons).reduce((sum, count) => sum + count, 0)
  return all === 0 ? 'nothing to ask' : `${all} to ask (${counted(reasons)})`
}

/** What the end of a run came before did not fail. */
function failuresOf({ failures, failed }: Readonly<Tally>) {
  const { not_asked: notAsked = 0, ...reasons } = failures
  return { notAsked, failed: failed - notAsked, reasons }
}

const dollars = (usd: number): string => `$${usd.toFixed(usd >= 1 ? 2 : 4)}`

/** One line on how far a run is. `total` is undefined where the source was not counted before. */
export function progressInWords(
  tally: Readonly<Tally>,
  { total, elapsedMs }: { total: number | undefined; elapsedMs: number },
): string {
  const { failed, reasons } = failuresOf(tally)
  const done = tally.kept + tally.answered + failed
  const asked = tally.answered + tally.inVain
  const rate = asked / Math.max(0.001, elapsedMs / 1_000)
  const parts = [total === undefined ? `${done} done` : `${done} of ${total}`]
  if (tally.kept > 0) parts.push(`${tally.kept} kept`)
  if (asked > 0) parts.push(`${rate.toFixed(1)} a second`)
  if (total !== undefined && asked > 0 && total > done) parts.push(`${timeInWords((total - done) / rate)} left`)
  if (tally.cost > 0) parts.push(dollars(tally.cost))
  if (failed > 0) parts.push(`failed: ${counted(reasons)}`)
  return parts.join(', ')
}

function timeInWords(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const mostTagsShown = 10

interface Summary {
  readonly rows: [what: string, text: string][]
  /** How many items have which tag, the most frequent first. */
  readonly frequencies: [name: string, count: number][]
}

/** What came of a run. */
export function summaryOf(tally: Readonly<Tally>, items: Iterable<RunItem>): Summary {
  const counts = new Map<string, number>()
  let [tagged, empty] = [0, 0]
  for (const { tags } of items) {
    if (tags === undefined) continue
    if (tags.length === 0) empty += 1
    else tagged += 1
    for (const { name } of tags) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const frequencies = [...counts].sort(([, left], [, right]) => right - left)
  const nothing = `${empty} on which nothing of the list fits`
  const { failed, notAsked, reasons } = failuresOf(tally)
  const left = notAsked > 0 ? `, ${notAsked} not asked` : ''
  const why = Object.keys(tally.reasons).length > 0 ? ` (${counted(tally.reasons)})` : ''
  const rows: [string, string][] = [
    ['items', `${tally.items}: ${tagged} with tags, ${nothing}, ${failed} failed${left}`],
    ['asked', `${tally.answered + tally.inVain}${why}, ${tally.kept} kept`],
  ]
  if (tally.cheap.answers > 0) {
    const { answers, expectedWrong, mostWrong } = tally.cheap
    const share = ((100 * answers) / tally.answered).toFixed(0)
    const wrong = `of which about ${Math.round(expectedWrong)} are wrong by what was measured, and ${Math.round(mostWrong)} at the most`
    rows.push(['cheap', `${answers} answers of the embedded ranker (${share} %), ${wrong}`])
  }
  if (failed > 0) rows.push(['failed', counted(reasons)])
  if (tally.inputTokens > 0) {
    const cached = Math.round((tally.cachedTokens / tally.inputTokens) * 100)
    const kept = `of which ${cached} % from the provider's cache`
    rows.push(['tokens', `${tally.inputTokens} in, ${kept}, ${tally.outputTokens} out`])
  }
  const unknown = tally.unpriced > 0 ? [`${tally.unpriced} answers of unknown price`] : []
  const known = tally.cost > 0 ? [dollars(tally.cost)] : []
  if (known.length + unknown.length > 0) rows.push(['cost', [...known, ...unknown].join(', and ')])
  return { rows, frequencies }
}

/** The same for a terminal, with the most frequent tags. */
export function summaryInWords(tally: Readonly<Tally>, items: Iterable<RunItem>): string {
  const { rows, frequencies } = summaryOf(tally, items)
  const shown = frequencies.slice(0, mostTagsShown).map(([name, count]) => `${name} ${count}`)
  const more = frequencies.length > shown.length ? `, and ${frequencies.length - shown.length} more` : ''
  const tags: typeof rows = frequencies.length > 0 ? [['tags', `${shown.join(', ')}${more}`]] : []
  return [...rows, ...tags].map(([what, text]) => `${what.padEnd(8)}${text}\n`).join('')
}
