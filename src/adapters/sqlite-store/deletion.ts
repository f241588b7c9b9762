import type { BatchStore } from '../../services/ports/store.ts'
import type { Database } from './database.ts'

/** Old batches go in slices, so that no write holds up the others for long. */
export function createDeletion({ connection, write }: Database): Pick<BatchStore, 'deleteSlice'> {
  const mark = connection.prepare(`update batch set deleted_at = ?, idempotency_key = null where deleted_at is null
    and ((status in ('completed', 'cancelled') and finished_at < ?) or (status = 'validating' and created_at < ?))`)
  const selectMarked = connection.prepare('select id from batch where deleted_at is not null limit 1')
  const deleteRows = ['result', 'item', 'document'].map(table =>
    connection.prepare(`delete from ${table}
      where batch_id = ? and seq in (select seq from ${table} where batch_id = ? limit ?)`),
  )
  const deleteBatch = connection.prepare('delete from batch where id = ?')

  return {
    deleteSlice: async ({ endedBefore, uploadedBefore, limit }) =>
      write(() => {
        mark.run(Date.now(), endedBefore, uploadedBefore)
        const marked = selectMarked.get()?.id
        if (marked === undefined) return 0
        for (const rows of deleteRows) {
          const deleted = Number(rows.run(marked, marked, limit).changes)
          if (deleted > 0) return deleted
        }
        return Number(deleteBatch.run(marked).changes)
      }),
  }
}
