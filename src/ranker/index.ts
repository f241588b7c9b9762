export { EAGERNESS } from './decision.ts'
export {
  createRankers,
  type LabelledExample,
  type LearnedExamples,
  type Neighbour,
  type Rankers,
  rankerVersion,
} from './ranker.ts'
export { loadWordVectors } from './word-vectors.ts'
