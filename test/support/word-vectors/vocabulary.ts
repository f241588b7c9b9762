import { isContentWord, tokenize } from '../../../src/ranker/tokens.ts'
import type { Description } from './debian-descriptions.ts'

export interface Vocabulary {
  /** Most frequent first; equally frequent ones by spelling. */
  readonly words: readonly string[]
  readonly frequencies: Float64Array
  readonly bodyWeights: Float64Array
  readonly nameWeights: Float64Array
  /** The corpus as word numbers; -1 ends a text. */
  readonly stream: Int32Array
}

const LEAST_OCCURRENCES = 5

const inverseDocumentFrequency = (documents: number, containing: number): number =>
  Math.min(1, Math.log(1 + (documents - containing + 0.5) / (containing + 0.5)) / Math.log(1 + documents))

/** Counts the words of a corpus and numbers those that stand in it often enough. */
export function readVocabulary(descriptions: readonly Description[], limit: number): Vocabulary {
  const texts = descriptions.map(({ summary, body }) => ({ summary: tokenize(summary), body: tokenize(body) }))
  const occurrences = new Map<string, number>()
  const inSummaries = new Map<string, number>()
  const inTexts = new Map<string, number>()
  const count = (counts: Map<string, number>, words: Iterable<string>): void => {
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  for (const { summary, body } of texts) {
    const all = [...summary, ...body]
    count(occurrences, all.filter(isContentWord))
    count(inSummaries, new Set(summary))
    count(inTexts, new Set(all))
  }
  const words = [...occurrences]
    .filter(([, times]) => times >= LEAST_OCCURRENCES)
    .sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))
    .slice(0, limit)
    .map(([word]) => word)
  const numbers = new Map(words.map((word, number) => [word, number]))
  const stream: number[] = []
  for (const { summary, body } of texts) {
    for (const word of [...summary, ...body]) {
      const number = numbers.get(word)
      if (number !== undefined) stream.push(number)
    }
    stream.push(-1)
  }
  const body = words.map(word => inverseDocumentFrequency(texts.length, inTexts.get(word) ?? 0))
  const summary = words.map(word => inverseDocumentFrequency(texts.length, inSummaries.get(word) ?? 0))
  return {
    words,
    frequencies: Float64Array.from(words, word => occurrences.get(word) ?? 0),
    bodyWeights: Float64Array.from(body),
    nameWeights: Float64Array.from(summary, (weight, index) => Math.min(weight, body[index]!)),
    stream: Int32Array.from(stream),
  }
}
