import type { ReviewRow, ReviewStore } from '../../core/stores/batch-store.ts'
import type { Database } from './database.ts'

const columns = 'batch_id as "batchId", seq, reviewer, state, expires_at as "expiresAt"'

export function createReviewRows({ query }: Database): ReviewStore {
  return {
    putReview: async ({ batchId, seq, reviewer, state, holdMs }) => {
      const [row] = await query<ReviewRow>(
        `insert into review (batch_id, seq, reviewer, state, expires_at) values ($1, $2, $3, $4, now_ms() + $5::bigint)
          on conflict (batch_id, seq) do update
            set reviewer = excluded.reviewer, state = excluded.state, expires_at = excluded.expires_at
            where review.reviewer = excluded.reviewer or review.state = 'skipped' or review.expires_at <= now_ms()
          returning ${columns}`,
        [batchId, seq, reviewer, state, holdMs],
      )
      return row
    },
    listReviews: ({ batchId, after, limit }) =>
      query<ReviewRow>(
        `select ${columns} from review
          where batch_id = $1 and seq > $2::bigint and (expires_at is null or expires_at > now_ms()) order by seq limit $3`,
        [batchId, after, limit],
      ),
    deleteReview: async ({ batchId, seq, reviewer }) => {
      const gone = await query(
        'delete from review where batch_id = $1 and seq = $2::bigint and reviewer = $3 returning 1',
        [batchId, seq, reviewer],
      )
      return gone.length > 0
    },
  }
}
