export type { Calibrations } from './certainty.ts'
export { type CheapMode, createCheapMode } from './cheap-mode.ts'
export {
  type Classification,
  type Classifier,
  type ClassifierOptions,
  createClassifier,
} from './classifier.ts'
export type { Corrections } from './corrections.ts'
export { createFallback } from './fallback.ts'
export { createLineStreams, type LineResult, type LineStreams } from './line-streams.ts'
export { measured } from './measured.ts'
