import { isContentWord, singular, tokenize } from '../../../src/ranker/tokens.ts'
import type { Description } from './debian-descriptions.ts'

export interface Word {
  readonly word: string
  /** How telling it is, 0 to 1: in the run of a text, and in a name or a one-line summary. */
  readonly body: number
  readonly name: number
}

const LEAST_OCCURRENCES = 5

const inverseDocumentFrequency = (documents: number, containing: number): number =>
  Math.min(1, Math.log(1 + (documents - containing + 0.5) / (containing + 0.5)) / Math.log(1 + documents))

function count(counts: Map<string, number>, words: Iterable<string>): void {
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
}

/** The words that stand most often in descriptions: most frequent first, equally frequent ones by spelling. */
export function wordsOf(descriptions: readonly Description[], limit: number): Word[] {
  const occurrences = new Map<string, number>()
  const inSummaries = new Map<string, number>()
  const inTexts = new Map<string, number>()
  for (const { summary, body } of descriptions) {
    const words = tokenize(summary)
    const all = [...words, ...tokenize(body)]
    count(occurrences, all.filter(isContentWord))
    count(inSummaries, new Set(words))
    count(inTexts, new Set(all))
  }
  const total = descriptions.length
  return [...occurrences]
    .filter(([, times]) => times >= LEAST_OCCURRENCES)
    .sort((left, right) => right[1] - left[1] || (left[0] < right[0] ? -1 : 1))
    .slice(0, limit)
    .map(([word]) => {
      const body = inverseDocumentFrequency(total, inTexts.get(word) ?? 0)
      return { word, body, name: Math.min(body, inverseDocumentFrequency(total, inSummaries.get(word) ?? 0)) }
    })
}

/** What is known of the words of everyday English. */
export interface EverydayEnglish {
  /** Words in lists of rising size: the shortest list has the most common ones. */
  readonly lists: readonly { readonly size: number; readonly words: readonly string[] }[]
  /** The pieces that a sentence encoder cuts words into; whole words stand in the order of frequency. */
  readonly pieces: readonly string[]
  /** Texts, as words. */
  readonly texts: readonly (readonly string[])[]
}

const COMMON = 35
const LEAST_TELLING = 0.3

/**
 * Words of everyday English that are not among those known: first those that the encoder has whole, which are the frequent
 * ones, without the names of people and places that it has as well; then other common ones that the texts have most.
 */
export function everydayWords({ lists, pieces, texts }: EverydayEnglish, known: Set<string>, limit: number): Word[] {
  const sizes = new Map<string, number>()
  for (const { size, words } of lists.toSorted((left, right) => left.size - right.size))
    for (const word of words.map(singular)) if (!known.has(word) && !sizes.has(word)) sizes.set(word, size)
  const ranks = new Map<string, number>()
  for (const [rank, piece] of pieces.filter(word => /^[a-z]{3,}$/.test(word)).entries())
    if (!ranks.has(singular(piece))) ranks.set(singular(piece), rank + 1)
  const frequent = [...ranks].filter(([word]) => sizes.has(word))
  const counts = new Map<string, number>()
  for (const words of texts) count(counts, new Set(words))
  const others = [...sizes]
    .filter(([word, size]) => size <= COMMON && !ranks.has(word))
    .map(([word]) => ({ word, texts: counts.get(word) ?? 0 }))
    .sort((left, right) => right.texts - left.texts || (left.word < right.word ? -1 : 1))
  return [
    ...frequent.map(([word, rank]) => ({ word, told: Math.max(LEAST_TELLING, Math.log(rank / 20) / Math.log(1_000)) })),
    ...others.map(({ word }) => ({ word, told: 1 })),
  ]
    .slice(0, limit)
    .map(({ word, told }) => ({ word, body: Math.min(1, told), name: Math.min(1, told) }))
}
