import { foldName, type ListedTag, type TagList } from './tag-list.ts'

/** How the model names a tag: by its id, by its name, or by its place among the candidates of one document. */
export type ReplyWith = 'ids' | 'names' | 'positions'

/** What the model may choose from, and how what it writes is read back. */
export interface Choices {
  readonly replyWith: ReplyWith
  readonly tags: readonly ListedTag[]
  /** What stands for each tag on the wire, in the order of `tags`. */
  readonly labels: readonly (number | string)[]
  /** The tag that a value of a reply means: exactly, or by folded name or alias; never by likeness. */
  decode(value: number | string): ListedTag | 'ambiguous' | undefined
}

export function createChoices(tags: readonly ListedTag[], replyWith: ReplyWith): Choices {
  const integerIds = tags.every(tag => typeof tag.id === 'number')
  const labels = tags.map((tag, index) => {
    if (replyWith === 'positions') return index + 1
    if (replyWith === 'names') return tag.name
    return integerIds ? tag.id : String(tag.id)
  })
  const byLabel = new Map(labels.map((label, index) => [String(label), tags[index]!]))
  const byName = nameIndex(tags)
  return {
    replyWith,
    tags,
    labels,
    decode: value =>
      byLabel.get(String(value)) ?? (typeof value === 'string' ? byName().get(foldName(value)) : undefined),
  }
}

/** Whole lists are chosen from again and again: one set of choices for each list and way of naming. */
export function createChoicesOfLists(): (list: TagList, replyWith: ReplyWith) => Choices {
  const known = new WeakMap<TagList, Map<ReplyWith, Choices>>()
  return (list, replyWith) => {
    const ofList = known.get(list) ?? new Map<ReplyWith, Choices>()
    known.set(list, ofList)
    const choices = ofList.get(replyWith) ?? createChoices(list.tags, replyWith)
    ofList.set(replyWith, choices)
    return choices
  }
}

/** Names come before aliases; an alias that two tags claim means neither. Built when first asked for. */
function nameIndex(tags: readonly ListedTag[]): () => ReadonlyMap<string, ListedTag | 'ambiguous'> {
  let index: Map<string, ListedTag | 'ambiguous'> | undefined
  return () => {
    if (index) return index
    index = new Map(tags.map(tag => [foldName(tag.name), tag]))
    const names = new Set(index.keys())
    for (const tag of tags) {
      for (const alias of tag.aliases.map(foldName)) {
        if (names.has(alias)) continue
        const other = index.get(alias)
        index.set(alias, other === undefined || other === tag ? tag : 'ambiguous')
      }
    }
    return index
  }
}
