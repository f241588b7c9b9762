import type { UsageLedger } from '../accounting/index.ts'
import type { ResultCache } from '../answers/index.ts'
import type { BatchStore, LeaseStore, SubmissionStore } from '../batches/index.ts'
import type { FeedbackStore } from '../quality/index.ts'

export interface Store extends BatchStore, LeaseStore, SubmissionStore, ResultCache, UsageLedger, FeedbackStore {
  /** Resolves when the store answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
