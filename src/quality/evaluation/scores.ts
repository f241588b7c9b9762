import { type Estimate, estimatedMean, estimatedShare } from '../statistics/estimates.ts'
import { mean, quantile } from '../statistics/resampling.ts'
import { setScore } from '../statistics/sets.ts'
import type { GoldDocument } from './gold.ts'
import type { Asked } from './journal.ts'

/** A document, what was answered for it, and what that is worth. */
export interface Judged {
  readonly id: string
  readonly group: string | null
  readonly expected: readonly string[]
  readonly acceptable: readonly string[]
  readonly given: readonly string[]
  readonly confidences: readonly (number | null)[]
  /** The share of the expected tags that was there to choose from; null when none is expected. */
  readonly shortlisted: number | null
  readonly outcome: string
  /** Who answered. */
  readonly endpoint: string
  readonly model: string
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly lenient: number
  readonly cost_usd: number | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly elapsed_ms: number
  readonly asked_again: boolean
}

export interface Reply extends Asked {
  readonly shortlist: readonly string[]
}

export function judge({ id, group, tags, acceptable }: GoldDocument, reply: Reply): Judged {
  const given = reply.tags.map(tag => String(tag.id))
  const [givenSet, expected] = [new Set(given), new Set(tags)]
  const wide = new Set([...tags, ...acceptable])
  return {
    ...{ id, group: group ?? null, expected: tags, acceptable, given, outcome: reply.outcome },
    ...{ endpoint: reply.endpoint, model: reply.model },
    confidences: reply.tags.map(({ confidence }) => confidence),
    shortlisted: tags.length === 0 ? null : new Set(reply.shortlist).intersection(expected).size / expected.size,
    ...setScore(givenSet, expected),
    lenient: given.length === 0 ? Number(tags.length === 0) : given.filter(tag => wide.has(tag)).length / given.length,
    ...{ cost_usd: reply.cost_usd, input_tokens: reply.input_tokens, output_tokens: reply.output_tokens },
    ...{ elapsed_ms: reply.elapsed_ms, asked_again: reply.asked_again },
  }
}

export interface TagScore {
  readonly tag: string
  readonly expected: number
  readonly given: number
  readonly right: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number
  /** What was given in its place, most often first. */
  readonly confused_with: readonly (readonly [tag: string, times: number])[]
}

/** Below this, an interval is more guess than measure. */
export const fewestDocuments = 30

export type Summary = ReturnType<typeof summarise>

export function summarise(documents: readonly Judged[]) {
  const groups = documents.map(({ group }) => group)
  const average = (of: (document: Judged) => number) => estimatedMean(documents.map(of), { groups })
  const share = (among: readonly Judged[], is: (document: Judged) => boolean) =>
    estimatedShare(among.filter(is).length, among.length)
  const about = documents.filter(({ expected }) => expected.length > 0)
  const offTopic = documents.filter(({ expected }) => expected.length === 0)
  const times = documents.map(({ elapsed_ms }) => elapsed_ms).sort((left, right) => left - right)
  const total = (of: (document: Judged) => number | null) =>
    documents.reduce((sum, document) => sum + (of(document) ?? 0), 0)
  return {
    documents: documents.length,
    set_f1: average(({ f1 }) => f1),
    precision: average(({ precision }) => precision),
    recall: average(({ recall }) => recall),
    lenient_precision: average(({ lenient }) => lenient),
    first_right: share(about, ({ given, expected }) => given[0] !== undefined && expected.includes(given[0])),
    recall_at: [1, 2, 3].map(most => average(({ given, expected }) => recallOf(given.slice(0, most), expected))),
    any_right: share(about, ({ precision }) => precision > 0),
    exact: share(documents, ({ f1 }) => f1 === 1),
    nothing_fits_found: share(offTopic, ({ given, outcome }) => given.length === 0 && outcome === 'none_apply'),
    empty_by_mistake: share(about, ({ given }) => given.length === 0),
    invalid_replies: share(documents, ({ outcome }) => outcome === 'invalid_reply' || outcome === 'truncated'),
    asked_again: share(documents, ({ asked_again }) => asked_again),
    failed: share(documents, ({ outcome }) => outcome !== 'ok' && outcome !== 'none_apply'),
    shortlist_recall: mean(about.map(({ shortlisted }) => shortlisted ?? 0)),
    tags_per_document: mean(documents.map(({ given }) => given.length)),
    cost_usd: documents.some(({ cost_usd }) => cost_usd === null) ? null : total(({ cost_usd }) => cost_usd),
    input_tokens: total(({ input_tokens }) => input_tokens),
    output_tokens: total(({ output_tokens }) => output_tokens),
    median_ms: times.length > 0 ? quantile(times, 0.5) : 0,
    slow_ms: times.length > 0 ? quantile(times, 0.95) : 0,
  }
}

const recallOf = (given: readonly string[], expected: readonly string[]): number =>
  setScore(new Set(given), new Set(expected)).recall

/** The share of answers under other orders of the list that are not those under the usual one. */
export function changedBy(documents: readonly Judged[], shuffled: readonly (readonly Judged[])[]): Estimate | null {
  const usual = new Map(documents.map(({ id, given }) => [id, setOf(given)]))
  const pairs = shuffled.flat().filter(({ id }) => usual.has(id))
  if (pairs.length === 0) return null
  const changed = pairs.filter(({ id, given }) => usual.get(id) !== setOf(given)).length
  return estimatedShare(changed, pairs.length)
}
const setOf = (given: readonly string[]): string => JSON.stringify(given.toSorted())

/** Each tag that was expected or given, the most expected first. */
export function scoreTags(documents: readonly Judged[]): TagScore[] {
  const tags = new Set(documents.flatMap(({ expected, given }) => [...expected, ...given]))
  const scored = [...tags].map(tag => {
    const expected = documents.filter(document => document.expected.includes(tag))
    const given = documents.filter(document => document.given.includes(tag)).length
    const right = expected.filter(document => document.given.includes(tag)).length
    const missed = expected.filter(document => !document.given.includes(tag))
    const instead = missed.flatMap(document => document.given.filter(other => !document.expected.includes(other)))
    const times = [...Map.groupBy(instead, other => other)].map(([other, all]) => [other, all.length] as const)
    return {
      ...{ tag, expected: expected.length, given, right },
      precision: given === 0 ? null : right / given,
      recall: expected.length === 0 ? null : right / expected.length,
      f1: (2 * right) / (given + expected.length),
      confused_with: times.sort((left, other) => other[1] - left[1]).slice(0, 3),
    }
  })
  return scored.sort((left, right) => right.expected - left.expected || right.given - left.given)
}

/** A document whose label a confident answer contradicts, and by what: labels are wrong too. */
export interface Suspect {
  readonly document: Pick<Judged, 'id' | 'expected' | 'given' | 'confidences'>
  /** A tag that the label lacks, and how sure the engine is of it. */
  readonly tag: string
  readonly confidence: number
}

const usuallyConfident = 0.9

/** The surest first. */
export const suspects = (documents: readonly Judged[], least = usuallyConfident): Suspect[] =>
  documents
    .flatMap(document => {
      const { given, expected, acceptable, confidences } = document
      const lacking = given
        .map((tag, place) => ({ tag, confidence: confidences[place] ?? 0 }))
        .filter(({ tag, confidence }) => confidence >= least && ![...expected, ...acceptable].includes(tag))
        .toSorted((left, right) => right.confidence - left.confidence)
      return lacking[0] ? [{ document, ...lacking[0] }] : []
    })
    .sort((left, right) => right.confidence - left.confidence)
