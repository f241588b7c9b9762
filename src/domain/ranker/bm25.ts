import type { ListedTag } from '../tag-list.ts'
import { type PerPart, presence, type TextTerms } from './text-terms.ts'
import { tokenize } from './tokens.ts'

const PART_WEIGHTS: PerPart = [4, 3, 2, 1, 0.3, 0, 0]
const COUNT_LIMIT = 5
const HALF_PRESENCE = 2
const NAME_SHARE = 3
const ALIAS_SHARE = 2
const DESCRIPTION_SHARE = 0.3
const LENGTH_EFFECT = 0.75

export interface WordIndex {
  /** Adds what each tag's words are worth in a text to `scores`. */
  score(terms: TextTerms): Float64Array
}

/** The words of a tag with how much each belongs to it. */
export function tagWords(tag: ListedTag, shares: readonly [name: number, alias: number, description: number]) {
  const words = new Map<string, number>()
  const add = (text: string, share: number): void => {
    for (const token of tokenize(text)) words.set(token, (words.get(token) ?? 0) + share)
  }
  add(tag.name, shares[0])
  for (const alias of tag.aliases) add(alias, shares[1])
  if (tag.description) add(tag.description, shares[2])
  return words
}

/**
 * The size that list statistics are taken at. It moves in doublings, so that a tag more or less does not change
 * what the others score.
 */
export function roundedSize(size: number): number {
  return 100 * 2 ** Math.max(0, Math.ceil(Math.log2(size / 100)))
}

/** BM25 with the list as the collection and the document as the query. */
export function createWordIndex(tags: readonly ListedTag[], weigh: (token: string) => number): WordIndex {
  const postings = new Map<string, { tags: number[]; shares: number[] }>()
  const lengths = new Float64Array(tags.length)
  tags.forEach((tag, index) => {
    for (const [token, share] of tagWords(tag, [NAME_SHARE, ALIAS_SHARE, DESCRIPTION_SHARE])) {
      lengths[index]! += share
      const posting = postings.get(token)
      if (posting) {
        posting.tags.push(index)
        posting.shares.push(share)
      } else postings.set(token, { tags: [index], shares: [share] })
    }
  })
  const size = roundedSize(tags.length)
  const usualLength = lengths.reduce((sum, length) => sum + length, 0) / tags.length
  for (const [token, posting] of postings) {
    const rarity = 1 - Math.log(posting.tags.length + 0.5) / Math.log(1 + size)
    const worth = Math.max(0, rarity) * weigh(token)
    posting.shares = posting.shares.map((share, place) => {
      const length = lengths[posting.tags[place]!]! / usualLength
      return (worth * share) / (share + 1 - LENGTH_EFFECT + LENGTH_EFFECT * length)
    })
  }
  return {
    score(terms) {
      const scores = new Float64Array(tags.length)
      for (const [token, counts] of terms.counts) {
        const posting = postings.get(token)
        if (!posting) continue
        const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
        if (weighed === 0) continue
        const present = weighed / (weighed + HALF_PRESENCE)
        for (let place = 0; place < posting.tags.length; place += 1)
          scores[posting.tags[place]!]! += present * posting.shares[place]!
      }
      return scores
    },
  }
}
