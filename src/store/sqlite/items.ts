import {
  addCounts,
  type Batch,
  type BatchStatus,
  countNames,
  type ItemResult,
  itemStates,
} from '../../core/batch/batch.ts'
import type { BatchStore, NewItem } from '../../core/stores/batch-store.ts'
import type { Database } from './database.ts'

type ChangeBatch = (id: string, from: readonly BatchStatus[], next: (batch: Batch) => Batch) => Batch | undefined

export function createItemRows({ connection, write }: Database, change: ChangeBatch) {
  const insertItem = connection.prepare(
    'insert into item (batch_id, seq, state) values (?, ?, ?) on conflict do nothing',
  )
  const insertDocument = connection.prepare('insert into document values (?, ?, ?, ?)')
  const selectContent = connection.prepare(`select content from item left join document using (batch_id, seq)
    where batch_id = ? and seq = ?`)
  const insertResult = connection.prepare('insert into result values (?, ?, ?, 0, ?, ?)')
  const selectResults = connection.prepare(`select seq, custom_id as customId, succeeded, outcome, output from result
    where batch_id = ? and seq > ? and (? is null or succeeded = ?)
      and (? is null or outcome in (select value from json_each(?)))
    order by seq limit ?`)
  const selectFailed = connection.prepare(`select seq from item join result using (batch_id, seq)
    where batch_id = ? and state = 3 and (? is null or outcome in (select value from json_each(?)))
    order by seq limit ?`)
  const selectDocument = connection.prepare('select content from document where batch_id = ? and seq = ?')
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
        change(batchId, ['validating'], batch => {
          const added = items.filter(item => append(batchId, item))
          const outcomes = added.flatMap(item => ('outcome' in item ? [item.outcome] : []))
          return {
            ...batch,
            total: batch.total + added.length,
            failed: batch.failed + outcomes.length,
            outcomes: addCounts(batch.outcomes, countNames(outcomes)),
          }
        }),
      ),
    holdsOthers: async (batchId, items) =>
      items.some(item => {
        const held = selectContent.get(batchId, item.seq)
        return held !== undefined && held.content !== ('document' in item ? item.document : null)
      }),
    retryFailed: async (batchId, limit, outcomes) =>
      write(() => {
        const names = outcomes ? JSON.stringify(outcomes) : null
        const seqs = selectFailed.all(batchId, names, names, limit).map(row => row.seq as number)
        if (seqs.length === 0) return 0
        const retried = change(batchId, ['in_progress', 'paused', 'completed'], batch => {
          const outcomes = seqs.map(seq => {
            makeReady.run(batchId, seq)
            return takeResult.get(batchId, seq)?.outcome as string
          })
          return {
            ...batch,
            status: batch.status === 'paused' ? 'paused' : 'in_progress',
            failed: batch.failed - seqs.length,
            outcomes: addCounts(batch.outcomes, countNames(outcomes, -1)),
          }
        })
        return retried ? seqs.length : 0
      }),
    readDocument: async (batchId, seq) => selectDocument.get(batchId, seq)?.content as string | undefined,
    readResults: async (batchId, { after, limit, outcomes, succeeded }) => {
      const wanted = succeeded === undefined ? null : Number(succeeded)
      const names = outcomes ? JSON.stringify(outcomes) : null
      return selectResults
        .all(batchId, after, wanted, wanted, names, names, limit)
        .map(row => ({ ...(row as unknown as ItemResult), succeeded: row.succeeded === 1 }))
    },
  } satisfies Partial<BatchStore>
}
