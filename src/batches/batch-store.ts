import type {
  Batch,
  BatchStatus,
  Delivery,
  FinishedItem,
  ItemResult,
  ItemUsage,
  PauseReason,
  SpendCap,
} from '../../domain/batch.ts'
import type { Lease, LeasedItem } from './leases.ts'
import type { SubmissionStore } from './submissions.ts'

export type { Lease, LeasedItem } from './leases.ts'

export type NewBatch = Pick<
  Batch,
  'id' | 'key' | 'idempotencyKey' | 'traceparent' | 'settings' | 'delivery' | 'maxCostUsd' | 'maxTokens' | 'createdAt'
>

/** A line of an upload: a document to run, or a line that could not be read and has failed already. */
export type NewItem = { readonly seq: number; readonly customId: string } & (
  | { readonly document: string }
  | { readonly outcome: string; readonly output: string }
)

/** An item that did not end. What was used on it is paid for all the same. */
export interface ReturnedItem extends ItemUsage {
  readonly seq: number
  readonly delayMs: number
  /** The attempt does not count: the item was not to blame. */
  readonly refund: boolean
  /** Kept with the item until it ends. Left out, what is kept stays. */
  readonly replies?: string
}

export interface ResultPage {
  readonly after: number
  readonly limit: number
  readonly outcomes?: readonly string[] | undefined
  readonly succeeded?: boolean | undefined
}

export interface UsageTotal {
  /** 2026-11-22, UTC. */
  readonly day: string
  readonly model: string
  readonly key: string
  /** Calls of the model that were answered. */
  readonly requests: number
  readonly inputTokens: number
  /** Of those, read from the prompt cache of the provider. */
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  /** Calls whose price is unknown. */
  readonly unpriced: number
}

export interface DeletionRule {
  /** Milliseconds since 1970: ended batches and uploads nobody sealed that are older than this go. */
  readonly endedBefore: number
  readonly uploadedBefore: number
  readonly limit: number
}

/** Batches that have not ended, by status, and how many of their items have not. */
export interface BatchDepth {
  readonly status: BatchStatus
  readonly batches: number
  readonly items: number
}

/** Batches and their items. The item table is the queue; everything that resolved is on disk. */
export interface BatchStore {
  /** The batch as stored: the earlier one when its idempotency key has been seen. */
  createBatch(batch: NewBatch): Promise<Batch>
  /**
   * Items that are there already are left as they are, so an upload can be sent again from any offset.
   * Undefined when the batch is not being uploaded.
   */
  appendItems(batchId: string, items: readonly NewItem[]): Promise<Batch | undefined>
  /** Ends the upload: the batch may run. Undefined when it is not being uploaded. */
  sealBatch(batchId: string): Promise<Batch | undefined>
  readBatch(batchId: string): Promise<Batch | undefined>
  /** Newest first; those of one key when it is given. */
  listBatches(page: { after?: string; key?: string; limit: number }): Promise<Batch[]>
  /** The ids of batches with work to do, oldest first. */
  runnableBatches(delivery: Delivery): Promise<string[]>
  /** Without a row for a status that no batch has. */
  readDepth(): Promise<BatchDepth[]>
  /** Undefined when the batch is not running. */
  pauseBatch(batchId: string, reason: PauseReason): Promise<Batch | undefined>
  /** Runs a paused batch on, under a new cap. Undefined when it is not paused. */
  resumeBatch(batchId: string, cap: SpendCap): Promise<Batch | undefined>
  /** What is not at work yet goes this way from now on. Undefined when the batch has ended. */
  deliverBatch(batchId: string, delivery: Delivery): Promise<Batch | undefined>
  /** Nothing more is claimed; what is in flight may still be finished. Undefined when it has ended. */
  cancelBatch(batchId: string): Promise<Batch | undefined>
  /** Makes up to `limit` failed items ready again, and says how many. */
  retryFailed(batchId: string, limit: number): Promise<number>
  /** In input order, those after `after`. */
  readResults(batchId: string, page: ResultPage): Promise<ItemResult[]>
  /** Removes up to `limit` rows of what is old and says how many; 0 when there is nothing left to remove. */
  deleteSlice(rule: DeletionRule): Promise<number>
}

/** Who runs which item. A worker that has not been heard of for the lease loses its items. */
export interface LeaseStore {
  joinWorker(worker: string): Promise<void>
  /** Keeps the leases of a worker, takes those of the dead, wakes what waited. False: it was declared dead itself. */
  heartbeat(worker: string): Promise<boolean>
  /** Gives back all it holds, refunded. */
  leaveWorker(worker: string): Promise<void>
  claimItems(lease: Lease, limit: number): Promise<LeasedItem[]>
  /** The seqs that were accepted: those still leased to this worker. The others are someone else's by now. */
  finishItems(lease: Lease, items: readonly FinishedItem[]): Promise<number[]>
  giveBackItems(lease: Lease, items: readonly ReturnedItem[]): Promise<void>
}

export interface CachedValue {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly writtenAt: number
}

/** What of the cache goes: what was written before, and of the rest the oldest beyond so many. */
export interface CacheBounds {
  readonly writtenBefore: number
  readonly most: number
  readonly limit: number
}

/** At once from a store in the process, later from one that is reached over a network. */
export type MaybePromise<Value> = Value | Promise<Value>

/** Validated answers by the hash of everything they depend on. */
export interface ResultCache {
  readCached(key: string): MaybePromise<CachedValue | undefined>
  writeCached(entries: readonly { key: string; value: string }[]): Promise<void>
  /** Removes up to `limit` entries and says how many; 0 when the cache is within its bounds. */
  trimCache(bounds: CacheBounds): Promise<number>
}

export interface UsageLedger {
  /** Adds to the totals of their day, model and key. */
  addUsage(totals: readonly UsageTotal[]): Promise<void>
  /** Days from and to are included. */
  readUsage(days: { from: string; to: string }): Promise<UsageTotal[]>
}

export interface Store extends BatchStore, LeaseStore, SubmissionStore, ResultCache, UsageLedger {
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
