import { type PerPart, presence, type TagTerms, type TextTerms, tagWords } from './terms.ts'
import type { WordVectors } from './word-vectors.ts'

const PART_WEIGHTS: PerPart = [6, 3, 2, 1, 0.5, 0, 0, 0]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 4
const SHARES = { name: 2, alias: 1, description: 1 }

/** The direction of a text or a tag among the words of a corpus, of length one; undefined when no word is known. */
export type Meaning = Float64Array

export interface MeaningIndex {
  /** How many tags have a word that has a vector. */
  readonly known: number
  read(terms: TextTerms): Meaning | undefined
  /** The cosine of every tag with a text. */
  score(meaning: Meaning): Float64Array
}

/** Makes a sum of vectors a direction, in place; false when there was nothing to sum. */
function normalize(sum: Float64Array): boolean {
  let total = 0
  for (let column = 0; column < sum.length; column += 1) total += sum[column]! * sum[column]!
  if (total < 1e-18) return false
  const length = Math.sqrt(total)
  for (let column = 0; column < sum.length; column += 1) sum[column]! /= length
  return true
}

function greatest(values: Float64Array): number {
  let found = 0
  for (let column = 0; column < values.length; column += 1) found = Math.max(found, Math.abs(values[column]!))
  return found
}

export function createMeaningIndex(
  tags: readonly TagTerms[],
  weigh: (token: string) => number,
  vectors: WordVectors,
): MeaningIndex {
  const { dimensions } = vectors
  const listSize = tags.length
  const steps = new Int8Array(listSize * dimensions)
  const scales = new Float32Array(listSize)
  const direction = new Float64Array(dimensions)
  let known = 0
  tags.forEach((tag, index) => {
    direction.fill(0)
    for (const [token, share] of tagWords(tag, SHARES)) vectors.add(token, share * weigh(token), direction)
    if (!normalize(direction)) return
    known += 1
    const scale = greatest(direction) / 127
    scales[index] = scale
    for (let column = 0; column < dimensions; column += 1)
      steps[index * dimensions + column] = Math.round(direction[column]! / scale)
  })
  return {
    known,
    read(terms) {
      const sum = new Float64Array(dimensions)
      for (const [token, counts] of terms.counts) {
        const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
        if (weighed === 0) continue
        vectors.add(token, (weighed / (weighed + HALF_PRESENCE)) * weigh(token), sum)
      }
      return normalize(sum) ? sum : undefined
    },
    score(meaning) {
      const scores = new Float64Array(listSize)
      for (let index = 0, at = 0; index < scores.length; index += 1) {
        let sum = 0
        for (let column = 0; column < dimensions; column += 1, at += 1) sum += steps[at]! * meaning[column]!
        scores[index] = sum * scales[index]!
      }
      return scores
    },
  }
}
