import type { ReviewState } from '../core/batch/item-review.ts'

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
