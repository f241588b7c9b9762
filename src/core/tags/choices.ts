import { hash } from 'node:crypto'
import { z } from 'zod'
import type { ReplyWith } from '../model/reply-format.ts'
import { foldName, type ListedTag, type TagId, type TagList } from './tag-list.ts'

/** What the model may choose from, and how what it writes is read back. */
export interface Choices {
  readonly replyWith: ReplyWith
  readonly tags: readonly ListedTag[]
  /** What stands for each tag on the wire, in the order of `tags`. */
  readonly labels: readonly (number | string)[]
  /**
   * The tag that a value of a reply means as a whole: by its label, by its folded name or alias, or by its id and a
   * name that agrees with it, as in `36: networking`. Never by likeness, and never by a part of the value.
   */
  decode(value: number | string): ListedTag | 'ambiguous' | undefined
}

/**
 * The limits of OpenAI, the narrowest that a provider publishes ("Structured model outputs", supported schemas): a
 * schema has at most 1,000 enum values, and an enum of more than 250 strings at most 15,000 characters.
 */
export const enumLimits = { values: 1_000, stringsOfAnyLength: 250, characters: 15_000 }
/** A reply of longer names would outgrow the token cap. */
const longestName = 64

const fitAnEnum = (values: readonly string[]): boolean =>
  values.length <= enumLimits.stringsOfAnyLength ||
  (values.length <= enumLimits.values && values.reduce((sum, { length }) => sum + length, 0) <= enumLimits.characters)

/** Names mean something to a model, so they are what it writes where they can be told apart and fit into a schema. */
function fitNames(tags: readonly ListedTag[]): boolean {
  const names = tags.map(({ name }) => name)
  const distinct = new Set(names.map(foldName)).size === names.length
  return distinct && names.every(({ length }) => length <= longestName) && fitAnEnum(names)
}

/** What the model is to write for these tags: what the prompt asks for where that can be sent, else what can. */
export function replyWithFor(tags: readonly ListedTag[], wanted: 'names' | 'ids'): ReplyWith {
  if (wanted === 'names' && fitNames(tags)) return 'names'
  return haveIntegerIds(tags) || fitAnEnum(tags.map(({ id }) => String(id))) ? 'ids' : 'positions'
}

const haveIntegerIds = (tags: readonly ListedTag[]) => tags.every(tag => typeof tag.id === 'number')

/** An id and a name of the greatest length, and what stands between them. */
const longestPair = 260

export function createChoices(tags: readonly ListedTag[], replyWith: ReplyWith): Choices {
  const integerIds = haveIntegerIds(tags)
  const labels = tags.map((tag, index) => {
    if (replyWith === 'positions') return index + 1
    if (replyWith === 'names') return tag.name
    return integerIds ? tag.id : String(tag.id)
  })
  // Blanks around a label are its owner's: a reply may leave them out, and no two labels differ in them alone.
  const byLabel = new Map(
    labels.flatMap((label, index) => [String(label), String(label).trim()].map(text => [text, tags[index]!] as const)),
  )
  const byName = nameIndex(tags)
  // A model that is shown no ids may know them from elsewhere; a number among numbered candidates is a place.
  const byId = replyWith === 'names' ? new Map(tags.map(tag => [String(tag.id), tag])) : undefined

  /** Ids and names may hold a separator themselves, so each is tried. */
  function byIdAndName(text: string): ListedTag | undefined {
    if (text.length > longestPair) return undefined
    for (const { index } of text.matchAll(/[:\t|–—-]/gu)) {
      const tag = (byId ?? byLabel).get(text.slice(0, index).trim())
      if (tag && byName().get(foldName(text.slice(index + 1))) === tag) return tag
    }
    return undefined
  }

  return {
    replyWith,
    tags,
    labels,
    decode(value) {
      // A fraction or a number out of range may have been another one before it was read: 1.10 is 1.1 by now.
      if (typeof value === 'number' && !Number.isSafeInteger(value)) return undefined
      const text = String(value).trim()
      const exact = byLabel.get(String(value)) ?? byLabel.get(text)
      if (exact) return exact
      const named = typeof value === 'string' ? byName().get(foldName(text)) : undefined
      const numbered = byId?.get(text)
      if (named && numbered && named !== numbered) return 'ambiguous'
      return named ?? numbered ?? byIdAndName(text)
    },
  }
}

/** How a list is put to a model, as the settings of a prompt say it. */
export interface ListForm {
  readonly reply_with: 'names' | 'ids'
  readonly order: TagOrder
  readonly seed: number
}

/** Whole lists are chosen from again and again: one set of choices for each list and way of putting it. */
export function createChoicesOfLists(): (list: TagList, form: ListForm) => Choices {
  const known = new WeakMap<TagList, Map<string, Choices>>()
  return (list, { reply_with: replyWith, order, seed }) => {
    const ofList = known.getOrInsertComputed(list, () => new Map())
    return ofList.getOrInsertComputed(`${replyWith} ${order} ${seed}`, () =>
      createChoices(inOrder(list.tags, { order, seed }), replyWithFor(list.tags, replyWith)),
    )
  }
}

/** Names come before aliases; what two tags claim alike means neither. Built when first asked for. */
function nameIndex(tags: readonly ListedTag[]): () => ReadonlyMap<string, ListedTag | 'ambiguous'> {
  let index: Map<string, ListedTag | 'ambiguous'> | undefined
  return () => {
    if (index) return index
    index = new Map()
    const claim = (name: string, tag: ListedTag): void => {
      const other = index!.get(name)
      index!.set(name, other === undefined || other === tag ? tag : 'ambiguous')
    }
    for (const tag of tags) claim(foldName(tag.name), tag)
    const names = new Set(index.keys())
    for (const tag of tags) {
      for (const alias of tag.aliases.map(foldName)) if (!names.has(alias)) claim(alias, tag)
    }
    return index
  }
}

/** The order in which a model is shown a list: models favour some places, so it is part of what is asked. */
export const TagOrder = z
  .enum(['list', 'id', 'name', 'seeded'])
  .describe('As the list has it, by id, by name, or shuffled by `seed`: the same way every time.')
export type TagOrder = z.infer<typeof TagOrder>

export function inOrder(
  tags: readonly ListedTag[],
  { order, seed }: { readonly order: TagOrder; readonly seed: number },
): readonly ListedTag[] {
  switch (order) {
    case 'list':
      return tags
    case 'id':
      return tags.toSorted((left, right) => compareIds(left.id, right.id))
    case 'name':
      return tags.toSorted((left, right) => compareText(left.name, right.name))
    case 'seeded': {
      const draws = new Map(tags.map(tag => [tag, hash('sha256', `${seed} ${tag.id}`)]))
      return tags.toSorted((left, right) => compareText(draws.get(left)!, draws.get(right)!))
    }
  }
}

/** Numbers by value and before texts; not by locale, so that every machine has the same order. */
function compareIds(left: TagId, right: TagId): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1
  return compareText(String(left), String(right))
}

const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
