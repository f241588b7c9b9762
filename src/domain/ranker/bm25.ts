import { type TagTerms, tagWords } from './tag-terms.ts'
import { type PerPart, presence, type TextTerms } from './text-terms.ts'

const PART_WEIGHTS: PerPart = [4, 3, 2, 1, 0.3, 0, 0, 0]
const COUNT_LIMIT = 5
const HALF_PRESENCE = 4
const SHARES = { name: 3, alias: 1, description: 0.3 }
const LENGTH_EFFECT = 0.75

export interface WordIndex {
  /** Adds what each tag's words are worth in a text to `scores`. */
  score(terms: TextTerms): Float64Array
}

/**
 * The size that list statistics are taken at. It moves in doublings, so that a tag more or less does not change
 * what the others score.
 */
export function roundedSize(size: number): number {
  return 100 * 2 ** Math.max(0, Math.ceil(Math.log2(size / 100)))
}

/** BM25 with the list as the collection and the document as the query. */
export function createWordIndex(tags: readonly TagTerms[], weigh: (token: string) => number): WordIndex {
  const postings = new Map<string, { tags: number[]; shares: number[] }>()
  const lengths = new Float64Array(tags.length)
  tags.forEach((tag, index) => {
    for (const [token, share] of tagWords(tag, SHARES)) {
      lengths[index]! += share
      const posting = postings.get(token)
      if (posting) {
        posting.tags.push(index)
        posting.shares.push(share)
      } else postings.set(token, { tags: [index], shares: [share] })
    }
  })
  const size = roundedSize(tags.length)
  const meanLength = lengths.reduce((sum, length) => sum + length, 0) / tags.length
  const usualLength = 2 ** Math.round(Math.log2(meanLength || 1))
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
