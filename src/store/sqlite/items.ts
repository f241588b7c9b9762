import { addCounts, type ItemResult, itemStates } from '../../domain/batch.ts'
import type { BatchStore, NewItem } from '../../services/ports/store.ts'
import type { BatchRows } from './batches.ts'
import type { Database } from './database.ts'

type ItemMethods = Pick<BatchStore, 'appendItems' | 'retryFailed' | 'readResults'>

export function createItemRows({ connection, write }: Database, batches: BatchRows): ItemMethods {
  const insertItem = connection.prepare(
    'insert into item (batch_id, seq, state) values (?, ?, ?) on conflict do nothing',
  )
  const insertDocument = connection.prepare('insert into document values (?, ?, ?, ?)')
  const insertResult = connection.prepare('insert into result values (?, ?, ?, 0, ?, ?)')
  const selectResults = connection.prepare(`select seq, custom_id as customId, succeeded, outcome, output from result
    where batch_id = ? and seq > ? and (? is null or succeeded = ?)
      and (? is null or outcome in (select value from json_each(?)))
    order by seq limit ?`)
  const selectFailed = connection.prepare(`select seq from item where batch_id = ? and state = 3 order by seq limit ?`)
  const makeReady = connection.prepare(
    'update item set state = 0, attempts = 0, replies = null where batch_id = ? and seq = ?',
  )
  const takeResult = connection.prepare('delete from result where batch_id = ? and seq = ? returning outcome')

  const append = (batchId: string, item: NewItem): boolean => {
    const rejected = 'outcome' in item
    const state = rejected ? itemStates.rejected : itemStates.ready
    if (insertItem.run(batchId, item.seq, state).changes === 0) return false
    if (rejected) insertResult.run(batchId, item.seq, item.customId, item.outcome, item.output)
    else insertDocument.run(batchId, item.seq, item.customId, item.document)
    return true
  }

  return {
    appendItems: async (batchId, items) =>
      write(() =>
        batches.change(batchId, ['validating'], batch => {
          const added = items.filter(item => append(batchId, item))
          const outcomes = added.flatMap(item => ('outcome' in item ? [item.outcome] : []))
          return {
            ...batch,
            total: batch.total + added.length,
            failed: batch.failed + outcomes.length,
            outcomes: addCounts(batch.outcomes, countByName(outcomes)),
          }
        }),
      ),
    retryFailed: async (batchId, limit) =>
      write(() => {
        const seqs = selectFailed.all(batchId, limit).map(row => row.seq as number)
        if (seqs.length === 0) return 0
        const retried = batches.change(batchId, ['in_progress', 'paused', 'completed'], batch => {
          const outcomes = seqs.map(seq => {
            makeReady.run(batchId, seq)
            return takeResult.get(batchId, seq)?.outcome as string
          })
          return {
            ...batch,
            status: batch.status === 'paused' ? 'paused' : 'in_progress',
            failed: batch.failed - seqs.length,
            outcomes: addCounts(batch.outcomes, countByName(outcomes, -1)),
          }
        })
        return retried ? seqs.length : 0
      }),
    readResults: async (batchId, { after, limit, outcomes, succeeded }) => {
      const wanted = succeeded === undefined ? null : Number(succeeded)
      const names = outcomes ? JSON.stringify(outcomes) : null
      return selectResults
        .all(batchId, after, wanted, wanted, names, names, limit)
        .map(row => ({ ...(row as unknown as ItemResult), succeeded: row.succeeded === 1 }))
    },
  }
}

function countByName(names: readonly string[], step = 1): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + step
  return counts
}
