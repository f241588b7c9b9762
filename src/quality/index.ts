export { agreementInWords, agreementOf, readLabellings } from './agreement.ts'
export {
  calibrated,
  expectedLoss,
  fitCalibration,
  heldOut,
  pairsOf,
  promisedThreshold,
  quality,
} from './calibration.ts'
export { createCalibrations, saveCalibration } from './calibration-file.ts'
export { createCorrections } from './corrections.ts'
export { compareAll } from './evaluation/compare.ts'
export { checkBaseline, checkGates, gateExit, gateNames, readGate } from './evaluation/gates.ts'
export { type GoldDocument, hashOf, readGold, refuseForeignTags } from './evaluation/gold.ts'
export { openJournal } from './evaluation/journal.ts'
export { comparisonInWords, comparisonsOf, type Report, reportVariants, rowsOf } from './evaluation/report.ts'
export { type Progress, runVariants } from './evaluation/run-variants.ts'
export { suspects } from './evaluation/scores.ts'
export { htmlReport } from './evaluation/write-html.ts'
export { junitReport, markdownReport, textReport } from './evaluation/write-text.ts'
export { createFeedback, type FeedbackDesk } from './feedback.ts'
export { feedbackFormats, lineOf } from './feedback-formats.ts'
export { createLearningStudy, createLeaveOneOut, learningInWords } from './learning.ts'
export { createSuggestions, type ListChange, listChange, listHealth, type StoredAnswer } from './list-health.ts'
export type { Estimate } from './statistics/estimates.ts'
