import { z } from 'zod'
import type { Choices } from '../choices.ts'
import type { ListedTag } from '../tag-list.ts'
import type { DroppedTag } from './dropped-tag.ts'
import { jsonCandidates } from './json-candidates.ts'

/** What was asked of the model, checked without mercy for what it holds and with some for how it is spelled. */
const Entry = z.union([
  z.number(),
  z.string(),
  z.looseObject({ id: z.union([z.number(), z.string()]) }).transform(entry => entry.id),
  z.looseObject({ name: z.string() }).transform(entry => entry.name),
])
const TagsObject = z.union([
  z.looseObject({ tags: z.array(z.unknown()) }).transform(reply => reply.tags),
  z.looseObject({ tags: z.string() }).transform(reply => reply.tags.split(',')),
])
/** An object that says `tags` is meant; an array alone may be a footnote, so it comes second. */
const shapes = [TagsObject, z.array(z.unknown())]
const mostEntries = 1_000

export type ReplyReading =
  | { readonly state: 'tags'; readonly tags: readonly ListedTag[]; readonly dropped: readonly DroppedTag[] }
  /** Entries, and none of them usable. */
  | { readonly state: 'nothing_valid'; readonly dropped: readonly DroppedTag[] }
  | { readonly state: 'unreadable'; readonly reason: 'blank' | 'not_json' | 'wrong_shape' }

/** The one place that reads the text of a model. What comes out is on the list, unique and at most `maxTags`. */
export function readReply(text: string, { choices, maxTags }: { choices: Choices; maxTags: number }): ReplyReading {
  if (text.trim() === '') return { state: 'unreadable', reason: 'blank' }
  const candidates = [...jsonCandidates(text)]
  for (const shape of shapes) {
    for (const candidate of candidates) {
      const entries = shape.safeParse(candidate)
      if (entries.success) return pick(entries.data.slice(0, mostEntries), choices, maxTags)
    }
  }
  return { state: 'unreadable', reason: candidates.length > 0 ? 'wrong_shape' : 'not_json' }
}

function pick(entries: readonly unknown[], choices: Choices, maxTags: number): ReplyReading {
  const tags: ListedTag[] = []
  const dropped: DroppedTag[] = []
  for (const entry of entries) {
    const { tag, id } = decodeEntry(entry, choices)
    if (tag === undefined) dropped.push({ reason: 'unknown', id })
    else if (tag === 'ambiguous') dropped.push({ reason: 'ambiguous', id: null })
    else if (tags.includes(tag)) dropped.push({ reason: 'duplicate', id: tag.id })
    else if (tags.length === maxTags) dropped.push({ reason: 'surplus', id: tag.id })
    else tags.push(tag)
  }
  return tags.length === 0 && entries.length > 0
    ? { state: 'nothing_valid', dropped }
    : { state: 'tags', tags, dropped }
}

/** `36`, `36.0`, `"36"`, `{"id":36}`, `"networking"`, `"36: networking"`. */
function decodeEntry(
  entry: unknown,
  choices: Choices,
): { tag: ListedTag | 'ambiguous' | undefined; id: number | null } {
  const parsed = Entry.safeParse(entry)
  if (!parsed.success) return { tag: undefined, id: null }
  const value = parsed.data
  if (typeof value === 'number') return { tag: choices.decode(value), id: Number.isSafeInteger(value) ? value : null }
  const text = value.trim()
  const label = /^(\d{1,16})(?:\.0+)?(?:\s*[:\t|-]\s*\S.*)?$/su.exec(text)?.[1]
  return {
    tag: choices.decode(text) ?? (label === undefined ? undefined : choices.decode(label)),
    id: label === undefined ? null : Number(label),
  }
}
