import type { ListedTag } from '../tag-list.ts'
import { tagWords } from './bm25.ts'
import { type PerPart, presence, type TextTerms } from './text-terms.ts'
import type { WordVectors } from './word-vectors.ts'

const PART_WEIGHTS: PerPart = [6, 3, 2, 1, 0.5, 0, 0, 0]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 4
const WEIGHT_POWER = 1
const SHARES = [2, 1, 0.5] as const

/** The direction of a text or a tag among the words of a corpus, of length one; undefined when no word is known. */
export type Meaning = Float64Array

export interface MeaningIndex {
  read(terms: TextTerms): Meaning | undefined
  /** The cosine of every tag with a text. */
  score(meaning: Meaning): Float64Array
}

function unit(sum: Float64Array): Meaning | undefined {
  const length = Math.sqrt(sum.reduce((total, value) => total + value * value, 0))
  return length < 1e-9 ? undefined : sum.map(value => value / length)
}

export function createMeaningIndex(
  tags: readonly ListedTag[],
  weigh: (token: string) => number,
  vectors: WordVectors,
): MeaningIndex {
  const { dimensions } = vectors
  const steps = new Int8Array(tags.length * dimensions)
  const scales = new Float32Array(tags.length)
  tags.forEach((tag, index) => {
    const sum = new Float64Array(dimensions)
    for (const [token, share] of tagWords(tag, SHARES)) vectors.add(token, share * weigh(token) ** WEIGHT_POWER, sum)
    const meaning = unit(sum)
    if (!meaning) return
    const scale = meaning.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0) / 127
    scales[index] = scale
    meaning.forEach((value, column) => {
      steps[index * dimensions + column] = Math.round(value / scale)
    })
  })
  return {
    read(terms) {
      const sum = new Float64Array(dimensions)
      for (const [token, counts] of terms.counts) {
        const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
        if (weighed === 0) continue
        vectors.add(token, (weighed / (weighed + HALF_PRESENCE)) * weigh(token) ** WEIGHT_POWER, sum)
      }
      return unit(sum)
    },
    score(meaning) {
      const scores = new Float64Array(tags.length)
      for (let index = 0, at = 0; index < scores.length; index += 1) {
        let sum = 0
        for (let column = 0; column < dimensions; column += 1, at += 1) sum += steps[at]! * meaning[column]!
        scores[index] = sum * scales[index]!
      }
      return scores
    },
  }
}
