import type { Owner } from '../core/api-key.ts'
import { type ItemReview, type ReviewPage, type ReviewRequest, reviewTime } from '../core/batch/item-review.ts'
import { ServiceError } from '../core/outcome.ts'
import type { BatchStore, ReviewRow, ReviewStore } from '../core/stores/batch-store.ts'

export interface ReviewsOptions {
  readonly store: ReviewStore & Pick<BatchStore, 'readResults'>
  /** @throws ServiceError unknown_batch */
  readonly find: (id: string, owner: Owner) => Promise<unknown>
}

/** Lets several people look through the answers of a batch without two of them having the same one in hand. */
export function createReviews({ store, find }: ReviewsOptions) {
  /** @throws ServiceError not_found */
  async function findEnded(id: string, owner: Owner, index: number): Promise<void> {
    await find(id, owner)
    const [row] = await store.readResults(id, { after: index - 1, limit: 1 })
    if (row?.seq !== index) throw new ServiceError('not_found', 'The batch has no item of this index that has ended.')
  }

  return {
    async review(id: string, owner: Owner, { index, by, state }: ReviewedItem): Promise<ItemReview> {
      await findEnded(id, owner, index)
      const place = { batchId: id, seq: index, reviewer: by }
      const kept = await store.putReview({ ...place, state, holdMs: state === 'open' ? reviewTime : null })
      if (kept) return reportReview(kept)
      throw new ServiceError('conflict', 'Another person has this item open, or has judged it.')
    },
    async reviews(id: string, owner: Owner, { after, limit }: { after: number; limit: number }): Promise<ReviewPage> {
      await find(id, owner)
      const rows = await store.listReviews({ batchId: id, after, limit: limit + 1 })
      return { data: rows.slice(0, limit).map(reportReview), has_more: rows.length > limit }
    },
    async forgetReview(id: string, owner: Owner, { index, by }: Omit<ReviewedItem, 'state'>): Promise<void> {
      await find(id, owner)
      if (!(await store.deleteReview({ batchId: id, seq: index, reviewer: by })))
        throw new ServiceError('not_found', 'This person has no review of this item.')
    },
  }
}

type ReviewedItem = ReviewRequest & { readonly index: number }

const reportReview = ({ seq, reviewer, state, expiresAt }: ReviewRow): ItemReview => ({
  index: seq,
  by: reviewer,
  state,
  expires_at: expiresAt === null ? null : Math.ceil(expiresAt / 1_000),
})
