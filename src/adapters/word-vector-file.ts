import { readFileSync } from 'node:fs'
import type { WordVectors } from '../domain/ranker/word-vectors.ts'
import { parseWordVectors } from '../domain/ranker/word-vectors-format.ts'

/** The file that ships beside this one. */
export const shippedWordVectors = new URL('./word-vectors.bin', import.meta.url)

/** Reads word vectors once, at start; throws when the file is missing or is something else. */
export const loadWordVectors = (file: URL | string = shippedWordVectors): WordVectors =>
  parseWordVectors(readFileSync(file))
