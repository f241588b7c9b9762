import { type PerPart, presence, type TagTerms, type TextTerms, tagWords } from './terms.ts'
import { isContentWord } from './tokens.ts'

const PART_WEIGHTS: PerPart = [4, 3, 2, 1, 0.3, 0, 0, 0]
const COUNT_LIMIT = 5
const HALF_PRESENCE = 4
const SHARES = { name: 3, alias: 1, description: 0.6 }
const LENGTH_EFFECT = 0.75
/** A constant, not the mean of the list: one more tag must not change what the others score. */
const USUAL_LENGTH = 8

export interface WordIndex {
  /** Adds what each tag's words are worth in a text to `scores`. */
  score(terms: TextTerms): Float64Array
  /** The share of a text's telling words that stand in the list. */
  listed(terms: TextTerms): number
}

/**
 * The size that list statistics are taken at. It moves in doublings, so that a tag more or less does not change
 * what the others score.
 */
export function roundedSize(size: number): number {
  return 100 * 2 ** Math.max(0, Math.ceil(Math.log2(size / 100)))
}

/** BM25 with the list as the collection and the document as the query; kept in columns, word after word. */
export function createWordIndex(tags: readonly TagTerms[], weigh: (token: string) => number): WordIndex {
  const listSize = tags.length
  const words = new Map<string, number>()
  const entries: { word: number[]; tag: number[]; share: number[] } = { word: [], tag: [], share: [] }
  const lengths = new Float64Array(listSize)
  tags.forEach((tag, index) => {
    for (const [token, share] of tagWords(tag, SHARES)) {
      let word = words.get(token)
      if (word === undefined) {
        word = words.size
        words.set(token, word)
      }
      entries.word.push(word)
      entries.tag.push(index)
      entries.share.push(share)
      lengths[index]! += share
    }
  })
  const starts = new Int32Array(words.size + 1)
  for (const word of entries.word) starts[word + 1]! += 1
  const logSize = Math.log(1 + roundedSize(listSize))
  const worth = new Float64Array(words.size)
  for (const [token, word] of words)
    worth[word] = Math.max(0, 1 - Math.log(starts[word + 1]! + 0.5) / logSize) * weigh(token)
  for (let word = 0; word < words.size; word += 1) starts[word + 1]! += starts[word]!
  const next = starts.slice()
  const holders = new Int32Array(entries.tag.length)
  const shares = new Float32Array(entries.tag.length)
  entries.word.forEach((word, entry) => {
    const share = entries.share[entry]!
    const length = lengths[entries.tag[entry]!]! / USUAL_LENGTH
    const at = next[word]!++
    holders[at] = entries.tag[entry]!
    shares[at] = (worth[word]! * share) / (share + 1 - LENGTH_EFFECT + LENGTH_EFFECT * length)
  })
  return {
    score(terms) {
      const scores = new Float64Array(listSize)
      for (const [token, counts] of terms.counts) {
        const word = words.get(token)
        if (word === undefined) continue
        const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
        if (weighed === 0) continue
        const present = weighed / (weighed + HALF_PRESENCE)
        for (let at = starts[word]!; at < starts[word + 1]!; at += 1) scores[holders[at]!]! += present * shares[at]!
      }
      return scores
    },
    listed(terms) {
      let telling = 0
      let listed = 0
      for (const token of terms.counts.keys()) {
        if (!isContentWord(token)) continue
        telling += 1
        if (words.has(token)) listed += 1
      }
      return telling === 0 ? 0 : listed / telling
    },
  }
}
