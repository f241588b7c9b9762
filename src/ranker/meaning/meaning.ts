import { readText } from '../../documents/index.ts'
import { type Meaning, type PerPart, presence, readTerms, type TagTerms, type TextTerms, tagWords } from '../terms.ts'
import { BACKGROUND } from './background.ts'
import type { WordVectors } from './word-vectors.ts'

const PART_WEIGHTS: PerPart = [6, 3, 2, 1, 0.5, 0, 0, 0]
const COUNT_LIMIT = 2
const HALF_PRESENCE = 4
/** A longer list does with fewer of the texts about anything: 100,000 tags take a quarter of a second. */
const LONG_LIST = 20_000
const FEWER = 12
const SHARES = { name: 2, alias: 1, description: 1 }

export interface MeaningIndex {
  /** How many tags have a word that has a vector, and how many words each of those has on average. */
  readonly known: { readonly tags: number; readonly wordsOfTag: number }
  read(terms: TextTerms): Meaning | undefined
  /** The cosine of every tag with a text. */
  score(meaning: Meaning): Float64Array
  /**
   * Of such cosines the one that stands highest over what its tag comes to with texts about anything, in units of how much
   * that varies: some tags are near to everything.
   */
  standing(cosines: Float64Array): number
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
  let words = 0
  tags.forEach((tag, index) => {
    direction.fill(0)
    for (const [token, share] of tagWords(tag, SHARES)) vectors.add(token, share * weigh(token), direction)
    if (!normalize(direction)) return
    known += 1
    words += tag.name.length + tag.aliases.length + tag.description.length
    const scale = greatest(direction) / 127
    scales[index] = scale
    for (let column = 0; column < dimensions; column += 1)
      steps[index * dimensions + column] = Math.round(direction[column]! / scale)
  })
  const read = (terms: TextTerms): Meaning | undefined => {
    const sum = new Float64Array(dimensions)
    for (const [token, counts] of terms.counts) {
      const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
      if (weighed === 0) continue
      vectors.add(token, (weighed / (weighed + HALF_PRESENCE)) * weigh(token), sum)
    }
    return normalize(sum) ? sum : undefined
  }
  const score = (meaning: Meaning): Float64Array => {
    const scores = new Float64Array(listSize)
    for (let index = 0, at = 0; index < scores.length; index += 1) {
      let sum = 0
      for (let column = 0; column < dimensions; column += 1, at += 1) sum += steps[at]! * meaning[column]!
      scores[index] = sum * scales[index]!
    }
    return scores
  }
  const background = listSize > LONG_LIST ? BACKGROUND.slice(0, FEWER) : BACKGROUND
  /** Found when it is first asked for. */
  let levels: Levels | undefined
  return {
    known: { tags: known, wordsOfTag: known === 0 ? 0 : words / known },
    read,
    score,
    standing(cosines) {
      levels ??= levelsOf(
        background.map(text => read(readTerms(readText(text)))).map(found => found && score(found)),
        listSize,
      )
      let highest = 0
      for (let index = 0; index < listSize; index += 1)
        highest = Math.max(highest, (cosines[index]! - levels.means[index]!) / levels.spreads[index]!)
      return highest
    },
  }
}

/** For each tag the mean of its cosines with texts about anything, and how much they vary. */
interface Levels {
  readonly means: Float64Array
  readonly spreads: Float64Array
}

function levelsOf(found: readonly (Float64Array | undefined)[], listSize: number): Levels {
  const means = new Float64Array(listSize)
  const spreads = new Float64Array(listSize)
  for (const cosines of found)
    for (let index = 0; cosines && index < listSize; index += 1) {
      means[index]! += cosines[index]! / found.length
      spreads[index]! += cosines[index]! ** 2 / found.length
    }
  // A tag without a vector has no level, and nothing stands over it.
  for (let index = 0; index < listSize; index += 1)
    spreads[index] = Math.sqrt(Math.max(0, spreads[index]! - means[index]! ** 2)) || 1
  return { means, spreads }
}
