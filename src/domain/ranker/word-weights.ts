import { plainWeight } from './tokens.ts'
import type { WordVectors } from './word-vectors.ts'

/** How telling a word is, from 0 to 1: in the run of a text, and in a name or one-line summary. */
export interface WordWeights {
  body(token: string): number
  name(token: string): number
}

export function createWordWeights(vectors: WordVectors | undefined): WordWeights {
  return {
    body: token => Math.min(plainWeight(token), vectors?.bodyWeight(token) ?? 1),
    name: token => Math.min(plainWeight(token), vectors?.nameWeight(token) ?? 1),
  }
}
