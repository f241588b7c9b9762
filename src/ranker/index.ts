export { EAGERNESS } from './decision.ts'
export { encoding } from './meaning/encoded.ts'
export { createRankers, rankerVersion } from './ranker.ts'
export { loadWordVectors } from './word-vectors.ts'
