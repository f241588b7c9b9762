import type { Ranker } from '../core/ranking.ts'
import { foldName, type ListedTag, type TagList } from '../core/tags/tag-list.ts'
import type { GoldDocument } from './evaluation/gold.ts'

export interface Finding {
  readonly kind: 'same_name' | 'near_duplicate' | 'no_description' | 'never_used' | 'used_too_often'
  readonly tags: readonly string[]
  readonly words: string
}

const tooOften = 0.3
const fewestForUse = 30

/** What of a list makes answers worse, or will be asked about. */
export function listHealth({ tags }: TagList, gold: readonly GoldDocument[] = []): Finding[] {
  const found: Finding[] = []
  const owners = new Map<string, ListedTag>()
  for (const tag of tags) {
    for (const name of new Set([tag.name, ...tag.aliases].map(foldName))) {
      const owner = owners.get(name)
      if (owner && owner !== tag)
        found.push(finding('same_name', [owner, tag], `both are called "${name}" once case and width are folded`))
      owners.set(name, tag)
    }
  }
  const folded = tags.map(tag => ({ tag, name: foldName(tag.name).replace(/[\s_-]+/g, '') }))
  // Names that are alike are neighbours in order but for their beginning, so each is compared with all of its length.
  const byLength = Map.groupBy(folded, ({ name }) => name.length)
  for (const one of folded) {
    for (const length of [one.name.length, one.name.length + 1]) {
      for (const other of byLength.get(length) ?? []) {
        const isLater = length > one.name.length || folded.indexOf(one) < folded.indexOf(other)
        const isSame = foldName(one.tag.name) === foldName(other.tag.name)
        if (one === other || !isLater || isSame || !isNear(one.name, other.name)) continue
        found.push(
          finding(
            'near_duplicate',
            [one.tag, other.tag],
            `"${one.tag.name}" and "${other.tag.name}" are hard to tell apart`,
          ),
        )
      }
    }
  }
  for (const tag of tags)
    if (tag.description === undefined) found.push(finding('no_description', [tag], `"${tag.name}" has no description`))
  if (gold.length >= fewestForUse) {
    for (const tag of tags) {
      const uses = gold.filter(document => document.tags.includes(String(tag.id))).length
      if (uses === 0) found.push(finding('never_used', [tag], `"${tag.name}" fits none of ${gold.length} documents`))
      if (uses > tooOften * gold.length)
        found.push(
          finding('used_too_often', [tag], `"${tag.name}" fits ${uses} of ${gold.length} documents, and tells little`),
        )
    }
  }
  return found
}

const finding = (kind: Finding['kind'], tags: readonly ListedTag[], words: string): Finding => ({
  ...{ kind, words },
  tags: tags.map(({ id }) => String(id)),
})

const shortestAlike = 5

/** One letter more, less or other; short names differ by less. `left` is no longer than `right`. */
function isNear(left: string, right: string): boolean {
  if (left === right) return true
  if (right.length < shortestAlike) return false
  let from = 0
  while (from < left.length && left[from] === right[from]) from += 1
  const skip = right.length - left.length
  return left.slice(from + 1 - skip) === right.slice(from + 1)
}

export interface StoredAnswer {
  readonly id: string
  readonly tags: readonly string[]
  readonly text?: string | undefined
}

export interface ListChange {
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly renamed: readonly string[]
  /** Told otherwise: by description or aliases. */
  readonly reworded: readonly string[]
  /** Ids of both lists that name another thing now; an id that was given up is not given again. */
  readonly reused: readonly string[]
  /** Why an answer is worth asking again; undefined where it stands, or where nobody can say. */
  reasonToAskAgain(answer: Omit<StoredAnswer, 'id'>): string | undefined
  /** Whether nobody can say, as it came without a text and a tag was added that might fit. */
  isUntold(answer: Omit<StoredAnswer, 'id'>): boolean
}

export interface ChangeOptions {
  /** Old id to new id: answers follow without being asked. */
  readonly replacedBy?: ReadonlyMap<string, string>
  /** The ids that the words of a text suggest, of the list as it is now. */
  readonly suggests: (text: string) => readonly string[]
}

/** What a change of the list means for answers that are stored. */
export function listChange(
  [before, after]: readonly [TagList, TagList],
  { replacedBy = new Map(), suggests }: ChangeOptions,
): ListChange {
  const added = [...after.byId.keys()].filter(id => !before.byId.has(id))
  const removed = [...before.byId.keys()].filter(id => !after.byId.has(id))
  const kept = [...before.byId].flatMap(([id, old]) => {
    const now = after.byId.get(id)
    return now ? [{ id, old, now }] : []
  })
  const otherName = kept.filter(({ old, now }) => foldName(old.name) !== foldName(now.name))
  const reused = otherName.filter(({ old, now }) => !isRelated(old, now)).map(({ id }) => id)
  const renamed = otherName.map(({ id }) => id).filter(id => !reused.includes(id))
  const reworded = kept
    .filter(({ old, now }) => old.description !== now.description || old.aliases.join('\n') !== now.aliases.join('\n'))
    .map(({ id }) => id)
  const gone = new Set([...removed.filter(id => !after.byId.has(replacedBy.get(id) ?? '')), ...reused])
  const fresh = new Set([...added, ...reused])
  const lostOf = (tags: readonly string[]) => tags.filter(tag => gone.has(tag))
  return {
    ...{ added, removed, renamed, reworded, reused },
    reasonToAskAgain({ tags, text }) {
      const lost = lostOf(tags)
      if (lost.length > 0) return `holds ${lost.map(tag => before.byId.get(tag)?.name ?? tag).join(', ')}`
      if (fresh.size === 0 || text === undefined) return undefined
      const fitting = suggests(text).filter(tag => fresh.has(tag) && !tags.includes(tag))
      if (fitting.length === 0) return undefined
      return `its words suggest ${fitting.map(tag => after.byId.get(tag)?.name ?? tag).join(', ')}`
    },
    isUntold: ({ tags, text }) => text === undefined && fresh.size > 0 && lostOf(tags).length === 0,
  }
}

const mostSuggested = 10

/** What the words of a text suggest of the list of the ranker. */
export const createSuggestions =
  (ranker: Ranker): ChangeOptions['suggests'] =>
  text =>
    ranker.select(text, mostSuggested).map(({ tag }) => String(tag.id))

/** A new name of the same thing shares a word with the old one, or is one of its aliases, or the other way round. */
function isRelated(old: ListedTag, now: ListedTag): boolean {
  const wordsOf = ({ name, aliases }: ListedTag) =>
    new Set(
      [name, ...aliases].flatMap(words => foldName(words).split(/[^\p{L}\p{N}]+/u)).filter(word => word.length > 2),
    )
  return wordsOf(old).intersection(wordsOf(now)).size > 0
}
