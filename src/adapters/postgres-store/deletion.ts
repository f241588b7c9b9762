import type { BatchStore } from '../../services/ports/store.ts'
import type { Database } from './database.ts'

const mark = `update batch set deleted_at = now_ms(), idempotency_key = null where deleted_at is null
  and ((status in ('completed', 'cancelled') and finished_at < $1) or (status = 'validating' and created_at < $2))`

const rowsOf = (table: string) => `delete from ${table} where ctid = any(array(
  select ctid from ${table} where batch_id = $1 limit $2 for update skip locked)) returning 1`

/** Old batches go in slices, so that no statement holds up the others for long. */
export function createDeletion({ query }: Database): Pick<BatchStore, 'deleteSlice'> {
  return {
    deleteSlice: async ({ endedBefore, uploadedBefore, limit }) => {
      await query(mark, [endedBefore, uploadedBefore])
      const [marked] = await query<{ id: string }>('select id from batch where deleted_at is not null limit 1')
      if (marked === undefined) return 0
      for (const table of ['result', 'item', 'document']) {
        const deleted = (await query(rowsOf(table), [marked.id, limit])).length
        if (deleted > 0) return deleted
      }
      return (await query('delete from batch where id = $1 returning 1', [marked.id])).length
    },
  }
}
