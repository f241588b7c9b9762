import type { ReviewRow, ReviewStore } from '../../core/stores/batch-store.ts'
import type { Database } from './database.ts'

const columns = 'batch_id as batchId, seq, reviewer, state, expires_at as expiresAt'

export function createReviewRows({ connection, write }: Database): ReviewStore {
  const put = connection.prepare(`insert into review (batch_id, seq, reviewer, state, expires_at) values (?, ?, ?, ?, ?)
    on conflict (batch_id, seq) do update
      set reviewer = excluded.reviewer, state = excluded.state, expires_at = excluded.expires_at
      where review.reviewer = excluded.reviewer or review.state = 'skipped' or review.expires_at <= ?
    returning ${columns}`)
  const list = connection.prepare(`select ${columns} from review
    where batch_id = ? and seq > ? and (expires_at is null or expires_at > ?) order by seq limit ?`)
  const remove = connection.prepare('delete from review where batch_id = ? and seq = ? and reviewer = ?')

  return {
    putReview: async ({ batchId, seq, reviewer, state, holdMs }) =>
      write(() => {
        const now = Date.now()
        const expiresAt = holdMs === null ? null : now + holdMs
        return put.get(batchId, seq, reviewer, state, expiresAt, now) as ReviewRow | undefined
      }),
    listReviews: async ({ batchId, after, limit }) =>
      list.all(batchId, after, Date.now(), limit) as unknown as ReviewRow[],
    deleteReview: async ({ batchId, seq, reviewer }) => write(() => remove.run(batchId, seq, reviewer).changes > 0),
  }
}
