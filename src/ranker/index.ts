export { encoding } from './meaning/encoded.ts'
export { loadWordVectors } from './meaning/word-vectors.ts'
export { createRanker, createRankers, rankerVersion } from './ranker.ts'
