export type {
  BatchStore,
  Lease,
  LeasedItem,
  LeaseStore,
  NewItem,
  ReviewRow,
  ReviewStore,
} from '../core/stores/batch-store.ts'
export type { Submission, SubmissionStore } from '../core/stores/submission-store.ts'
export { type BatchEvent, type Batches, createBatches } from './batches.ts'
export { createEstimates } from './estimate.ts'
export { createCollector } from './provider/collect.ts'
export { createSubmissions } from './provider/follow.ts'
export { createProviderItems } from './provider/provider-items.ts'
export { createProviderRunner, type ProviderRunnerOptions } from './provider/provider-runner.ts'
export { createPostponedAsking } from './provider/replay.ts'
export { createSubmitter, type SubmitterOptions } from './provider/submit.ts'
export type { SettingFaults } from './run/blame.ts'
export { type BatchContext, contextOf } from './run/item-ending.ts'
export { createItemRun, observed } from './run/item-run.ts'
export { createBatchRunner } from './run/live-runner.ts'
export { createEndpointProbe, createSettingFaults } from './run/probes.ts'
export type { Runner } from './run/worker.ts'
export { createSettingsCheck } from './settings-check.ts'
export { startSweeps } from './sweep.ts'
