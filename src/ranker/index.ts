export { EAGERNESS } from './decision.ts'
export {
  backgroundTexts,
  createEncodedList,
  type EncodedList,
  type EncodedText,
  tagToEncode,
  textToEncode,
} from './meaning/encoded.ts'
export {
  createRankers,
  type LabelledExample,
  type LearnedExamples,
  type Neighbour,
  type Rankers,
  rankerVersion,
} from './ranker.ts'
export { loadWordVectors } from './word-vectors.ts'
