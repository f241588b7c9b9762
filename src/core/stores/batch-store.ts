import type { Owner } from '../api-key.ts'
import type {
  Batch,
  BatchDepth,
  Delivery,
  FinishedItem,
  ItemResult,
  ItemUsage,
  PauseReason,
  SpendCap,
} from '../batch/batch.ts'
import type { ReviewState } from '../batch/item-review.ts'

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

export interface DeletionRule {
  /** Milliseconds since 1970: ended batches and uploads nobody sealed that are older than this go. */
  readonly endedBefore: number
  readonly uploadedBefore: number
  readonly limit: number
}

export interface BatchPage extends Partial<Owner> {
  readonly after?: string | undefined
  readonly limit: number
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
  /** Whether one of these places is taken by another item; one that could not be read is like any other such. */
  holdsOthers(batchId: string, items: readonly NewItem[]): Promise<boolean>
  /** Ends the upload: the batch may run. Undefined when it is not being uploaded. */
  sealBatch(batchId: string): Promise<Batch | undefined>
  readBatch(batchId: string): Promise<Batch | undefined>
  /** Newest first; those of one key when it is given, with those of none of `keys` when these are. */
  listBatches(page: BatchPage): Promise<Batch[]>
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
  /** Nothing more is claimed; what is in progress may still be finished. Undefined when it has ended. */
  cancelBatch(batchId: string): Promise<Batch | undefined>
  /** Makes up to `limit` failed items ready again, those of these outcomes when they are given, and says how many. */
  retryFailed(batchId: string, limit: number, outcomes?: readonly string[]): Promise<number>
  /** The entry that an item was uploaded as; undefined when there is no such item, or its entry could not be read. */
  readDocument(batchId: string, seq: number): Promise<string | undefined>
  /** In input order, those after `after`. */
  readResults(batchId: string, page: ResultPage): Promise<ItemResult[]>
  /** Removes up to `limit` rows of what is old and says how many; 0 when there is nothing left to remove. */
  deleteSlice(rule: DeletionRule): Promise<number>
}

/** One item in the hands of one worker. */
export interface LeasedItem {
  readonly batchId: string
  readonly seq: number
  readonly customId: string
  readonly document: string
  /** Counts this one. */
  readonly attempts: number
  /** JSON the store does not read: replies to earlier attempts that the next question has to refer to. */
  readonly replies: string | null
}

/** Whose lease an answer is given under: the fencing token is the worker's id, new with every incarnation. */
export interface Lease {
  readonly worker: string
  readonly batchId: string
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

export interface ReviewPlace {
  readonly batchId: string
  readonly seq: number
  readonly reviewer: string
}

export interface ReviewRow extends ReviewPlace {
  readonly state: ReviewState
  /** Milliseconds since 1970, by the clock of the store; null when it holds until it is changed. */
  readonly expiresAt: number | null
}

/** Who looks at which item of a batch, and what became of it. */
export interface ReviewStore {
  /** Undefined when another person has judged the item, or has it open and their time is not over. */
  putReview(row: ReviewPlace & { state: ReviewState; holdMs: number | null }): Promise<ReviewRow | undefined>
  /** In the order of the upload, without those whose time is over. */
  listReviews(page: { batchId: string; after: number; limit: number }): Promise<readonly ReviewRow[]>
  /** Whether there was one of this person. */
  deleteReview(place: ReviewPlace): Promise<boolean>
}
