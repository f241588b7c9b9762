import type { Lease, LeasedItem } from './batch-store.ts'

/**
 * Items of a batch that are, or are about to be, in the hands of a provider as one file. Its id is also a worker that
 * never falls silent, and holds the lease of the items: so they outlive the process, and end as any leased item does.
 */
export interface Submission {
  readonly id: string
  readonly batchId: string
  /** The endpoint it goes to. */
  readonly endpoint: string
  /** JSON the store does not read: how the model was asked. */
  readonly asked: string
  /** The file at the provider: from here on a batch of it may have been created there. */
  readonly inputFile: string | null
  /** What the provider calls the batch it made of the file. */
  readonly providerBatch: string | null
  /** The most it is thought to use. Null when the price is not known. */
  readonly reservedTokens: number
  readonly reservedUsd: number | null
  /** Milliseconds since 1970, both. */
  readonly createdAt: number
  readonly changedAt: number
}

export type NewSubmission = Pick<Submission, 'id' | 'batchId' | 'endpoint'>
export type SubmissionChange = Partial<
  Pick<Submission, 'asked' | 'inputFile' | 'providerBatch' | 'reservedTokens' | 'reservedUsd'>
>

/** Who looks after a submission: one worker that is alive, and after its death another. */
export interface SubmissionStore {
  /** False when the owner is not alive, as the store sees it. */
  openSubmission(submission: NewSubmission, owner: string): Promise<boolean>
  /** False when somebody else looks after it by now: then nothing may be done for it any more. */
  changeSubmission(id: string, owner: string, change: SubmissionChange): Promise<boolean>
  /** Those of this owner, and those whose owner has died, which are his from here on. Oldest first. */
  adoptSubmissions(owner: string): Promise<Submission[]>
  submissionsOf(batchId: string): Promise<Submission[]>
  /** Items that are still leased, in order: those of the given seqs, or the first. */
  heldItems(lease: Lease, options: { seqs?: readonly number[]; limit: number }): Promise<LeasedItem[]>
  /** Gives back what it still holds; refunded, or counted as an attempt. False when somebody else looks after it. */
  closeSubmission(id: string, owner: string, options: { refund: boolean }): Promise<boolean>
}
