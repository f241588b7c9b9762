import { z } from 'zod'
import type { DroppedTag } from '../classification.ts'
import type { Choices } from '../tags/choices.ts'
import { foldName, type ListedTag, type TagList } from '../tags/tag-list.ts'
import { type JsonCandidate, readJson } from './json-candidates.ts'
import type { ScoredTag } from './question.ts'

const Label = z.union([z.number(), z.string()])
const Entry = z.union([
  Label,
  z.looseObject({ id: Label, name: z.string().nullish() }),
  z.looseObject({ id: z.null().optional(), name: z.string() }),
])
const TagsObject = z.looseObject({ tags: z.union([z.array(z.unknown()), z.string()]) }).transform(reply => reply.tags)
/** What several calls of a tool make together: each of them may name one tag. */
const TagsObjects = z.array(z.unknown()).refine(parts => parts.some(part => TagsObject.safeParse(part).success))
/** The most pieces of a text with commas that are looked up as one name, and the most pieces for which it is done. */
const longestName = 8
const mostPieces = 100

export type ReplyReading =
  | { readonly state: 'tags'; readonly tags: readonly ListedTag[]; readonly dropped: readonly DroppedTag[] }
  /** Entries, and none of them usable. */
  | { readonly state: 'nothing_valid'; readonly dropped: readonly DroppedTag[] }
  | { readonly state: 'unreadable'; readonly reason: 'blank' | 'not_json' | 'wrong_shape' }

export interface ReadOptions {
  readonly choices: Choices
  readonly maxTags: number
  /** Whether the endpoint ended the reply before the model did. What was cut is an answer only as a whole. */
  readonly cut?: boolean
}

/** The one place that reads the text of a model. What comes out is on the list, unique and at most `maxTags`. */
export function readReply(text: string, { choices, maxTags, cut = false }: ReadOptions): ReplyReading {
  if (text.trim() === '') return { state: 'unreadable', reason: 'blank' }
  const { candidates, isWhole, breaksOff } = readJson(text)
  if ((cut || breaksOff !== undefined) && !isWhole) return { state: 'unreadable', reason: 'not_json' }
  const entries = entriesIn(candidates, choices)
  if (entries) return pick(entries, choices, maxTags)
  return { state: 'unreadable', reason: candidates.length > 0 ? 'wrong_shape' : 'not_json' }
}

/** An object that says `tags` is meant, wherever it stands; an array alone has to stand alone. */
function entriesIn(candidates: readonly JsonCandidate[], choices: Choices): readonly unknown[] | undefined {
  for (const { value } of candidates) {
    const tags = TagsObject.safeParse(value)
    if (tags.success) return entriesOf(tags.data, choices)
  }
  const array = candidates.find(({ value, standsAlone }) => standsAlone && Array.isArray(value))?.value
  if (!Array.isArray(array) || !TagsObjects.safeParse(array).success) return array as unknown[] | undefined
  return array.flatMap(part => {
    const tags = TagsObject.safeParse(part)
    return tags.success ? entriesOf(tags.data, choices) : [part]
  })
}

/** A text in place of a list is one label, or several between commas, which may be part of a label themselves. */
function entriesOf(tags: readonly unknown[] | string, choices: Choices): readonly unknown[] {
  if (typeof tags !== 'string') return tags
  if (choices.decode(tags) !== undefined) return [tags]
  const pieces = tags.split(',')
  if (pieces.length > mostPieces) return pieces
  const entries: string[] = []
  for (let at = 0; at < pieces.length; ) {
    const runs = Array.from({ length: Math.min(longestName, pieces.length - at) }, (_, more) =>
      pieces.slice(at, at + more + 1).join(','),
    )
    const length = runs.findLastIndex(run => choices.decode(run) !== undefined) + 1 || 1
    entries.push(runs[length - 1]!)
    at += length
  }
  return entries
}

function pick(entries: readonly unknown[], choices: Choices, maxTags: number): ReplyReading {
  const tags: ListedTag[] = []
  const dropped: DroppedTag[] = []
  for (const entry of entries) {
    const tag = meantBy(entry, choices)
    if (tag === undefined) dropped.push({ reason: 'unknown', id: numberIn(entry) })
    else if (tag === 'ambiguous') dropped.push({ reason: 'ambiguous', id: null })
    else if (tags.includes(tag)) dropped.push({ reason: 'duplicate', id: tag.id })
    else if (tags.length === maxTags) dropped.push({ reason: 'surplus', id: tag.id })
    else tags.push(tag)
  }
  return tags.length === 0 && entries.length > 0
    ? { state: 'nothing_valid', dropped }
    : { state: 'tags', tags, dropped }
}

/** The tag of `36`, `"36"`, `"networking"`, `"36: networking"`, `{"id":36}`, `{"id":36,"name":"networking"}`. */
function meantBy(entry: unknown, choices: Choices): ListedTag | 'ambiguous' | undefined {
  const { data } = Entry.safeParse(entry)
  if (typeof data !== 'object') return data === undefined ? undefined : choices.decode(data)
  const meant = [data.id, data.name?.trim() || null].filter(label => label != null).map(label => choices.decode(label))
  // An id and a name that disagree mean neither.
  return meant.every(tag => tag === meant[0]) ? meant[0] : undefined
}

/** The number that an entry is, as which it may be repeated; never the words of a model. */
function numberIn(entry: unknown): number | null {
  const label = Entry.safeParse(entry).data
  const value = typeof label === 'object' ? label.id : label
  const isNumber = typeof value === 'number' || /^\s*-?\d{1,16}\s*$/.test(value ?? '')
  return isNumber && Number.isSafeInteger(Number(value)) ? Number(value) : null
}

/** The first JSON of a text that has a shape. */
const firstIn = <Shape>(text: string, shape: z.ZodType<Shape>): Shape | undefined =>
  readJson(text)
    .candidates.map(({ value }) => shape.safeParse(value))
    .find(({ success }) => success)?.data

const Reply = z.looseObject({ tags: z.array(z.unknown()) })
const longestTopic = 80
export const mostTopics = 12

/** What a model says a text is about, in its own words; none when it does not say. They are looked up, never shown. */
export function readTopics(text: string): string[] {
  return (firstIn(text, Reply)?.tags ?? [])
    .filter(topic => typeof topic === 'string')
    .map(topic => topic.replace(/\s+/gu, ' ').trim())
    .filter(topic => /\p{L}/u.test(topic) && topic.length <= longestTopic)
    .slice(0, mostTopics)
}

interface ScoreTerms {
  readonly threshold: number
  readonly maxTags: number
  /** Orders tags of equal probability. */
  readonly shares?: ReadonlyMap<ListedTag, number> | undefined
}

interface ScoreReading {
  readonly tags: readonly { readonly tag: ListedTag; readonly confidence: number | null }[]
  readonly dropped: readonly DroppedTag[]
}

/** Of a model to which everything fits; what a reply in words may hold is bounded by its length. */
const mostSurplusTold = 20

/**
 * The tags that are probable enough, the most probable first and at most `maxTags`. What no question was answered with
 * enough probability for is no answer; that one tag is more probable than the others makes it none either.
 */
export function readScores(scores: readonly ScoredTag[], { threshold, maxTags, shares }: ScoreTerms): ScoreReading {
  const shareOf = ({ tag }: ScoredTag) => shares?.get(tag) ?? 0
  const fitting = scores
    .filter(({ probability }) => probability === null || probability >= threshold)
    .toSorted((one, other) => (other.probability ?? 0) - (one.probability ?? 0) || shareOf(other) - shareOf(one))
  return {
    tags: fitting.slice(0, maxTags).map(({ tag, probability }) => ({ tag, confidence: probability })),
    dropped: fitting
      .slice(maxTags, maxTags + mostSurplusTold)
      .map(({ tag }): DroppedTag => ({ reason: 'surplus', id: tag.id })),
  }
}

export interface Enrichment {
  readonly description: string | undefined
  readonly aliases: readonly string[]
}

const Enrichments = z.looseObject({
  tags: z.array(
    z.looseObject({
      id: z.union([z.number(), z.string()]),
      description: z.string().nullish(),
      aliases: z.array(z.string()).nullish(),
    }),
  ),
})

const longestDescription = 100
const longestAlias = 60
const mostAliases = 8

/** What a model wrote about tags of a list, by the spelling of their ids; what is no tag, name or line of ours is left out. */
export function readEnrichment(text: string, list: TagList): ReadonlyMap<string, Enrichment> {
  const found = new Map<string, Enrichment>()
  const names = new Set(list.tags.map(({ name }) => foldName(name)))
  for (const { id, description, aliases } of firstIn(text, Enrichments)?.tags ?? []) {
    if (!list.byId.has(String(id))) continue
    const others = (aliases ?? [])
      .map(alias => alias.trim())
      .filter(alias => isAlias(alias) && !names.has(foldName(alias)))
    for (const alias of others) names.add(foldName(alias))
    found.set(String(id), { description: line(description), aliases: others.slice(0, mostAliases) })
  }
  return found
}

const isAlias = (alias: string) => alias !== '' && alias.length <= longestAlias && !/\p{Cc}/u.test(alias)

function line(description: string | null | undefined): string | undefined {
  const text = description?.replace(/\s+/gu, ' ').trim() ?? ''
  return text === '' || text.length > longestDescription ? undefined : text
}
