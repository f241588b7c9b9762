import type { UsageLedger } from '../accounting/index.ts'
import type { ResultCache } from '../answers/index.ts'
import type { BatchStore, LeaseStore, ReviewStore, SubmissionStore } from '../batches/index.ts'
import type { FeedbackStore } from '../quality/index.ts'

export interface Store
  extends BatchStore,
    ReviewStore,
    LeaseStore,
    SubmissionStore,
    ResultCache,
    UsageLedger,
    FeedbackStore {
  /** Resolves when the store answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
