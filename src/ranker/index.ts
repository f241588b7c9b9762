export { encoding } from './meaning/encoded.ts'
export { createRanker, createRankers, rankerVersion } from './ranker.ts'
export { loadWordVectors } from './word-vectors.ts'
