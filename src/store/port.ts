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

export type StoreErrorCode =
  | 'store_locked'
  | 'store_full'
  | 'store_read_only'
  | 'store_unreachable'
  | 'store_too_new'
  | 'store_damaged'

export type StoreError = Error & { readonly code: StoreErrorCode }

/** An error whose message is fit to be shown: it names no document and no password. */
export const storeError = (code: StoreErrorCode, message: string, options?: ErrorOptions): StoreError =>
  Object.assign(new Error(message, options), { name: 'StoreError', code })
