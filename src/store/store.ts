import type { BatchStore, LeaseStore, ReviewStore } from '../core/stores/batch-store.ts'
import type { CacheStore } from '../core/stores/cache-store.ts'
import type { FeedbackStore } from '../core/stores/feedback-store.ts'
import type { SubmissionStore } from '../core/stores/submission-store.ts'
import type { UsageLedger } from '../core/stores/usage-ledger.ts'

export interface Store
  extends BatchStore,
    ReviewStore,
    LeaseStore,
    SubmissionStore,
    CacheStore,
    UsageLedger,
    FeedbackStore {
  /** Resolves when the store answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
