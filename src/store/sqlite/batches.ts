import {
  addTally,
  type Batch,
  type BatchDepth,
  type BatchStatus,
  batchStatuses,
  statusAfter,
  type Tally,
} from '../../core/batch/batch.ts'
import type { BatchStore } from '../../core/stores/batch-store.ts'
import { mostSummed } from '../../core/usage.ts'
import type { Database } from './database.ts'

const columns = `id, key, idempotency_key as idempotencyKey, traceparent, settings, delivery, status,
  pause_reason as pauseReason, max_cost_usd as maxCostUsd,
  max_tokens as maxTokens, total, succeeded, failed, min(input_tokens, ${mostSummed}) as inputTokens,
  min(output_tokens, ${mostSummed}) as outputTokens,
  cost_usd as costUsd, unpriced, outcomes, answered_by as answeredBy, created_at as createdAt, started_at as startedAt, finished_at as finishedAt`

const unended: readonly BatchStatus[] = ['validating', 'in_progress', 'paused']

export function createBatchRows({ connection, write }: Database) {
  const select = connection.prepare(`select ${columns} from batch where id = ? and deleted_at is null`)
  const selectByIdempotencyKey = connection.prepare(
    `select ${columns} from batch where key = ? and idempotency_key = ? and deleted_at is null`,
  )
  const page = connection.prepare(`select ${columns} from batch
    where deleted_at is null and (key = coalesce(?, key) or (? is not null and key not in (select value from json_each(?))))
      and (? is null or (created_at, id) < (select created_at, id from batch where id = ?))
    order by created_at desc, id desc limit ?`)
  const runnable = connection.prepare(
    `select id from batch where status = 'in_progress' and delivery = ? and deleted_at is null order by created_at, id`,
  )
  const depth = connection.prepare(
    `select status, count(*) as batches, sum(total - succeeded - failed) as items from batch
      where status in ('validating', 'in_progress', 'paused', 'cancelling') and deleted_at is null group by status`,
  )
  const insert = connection.prepare(`insert into batch
    (id, key, idempotency_key, traceparent, settings, delivery, status, max_cost_usd, max_tokens, created_at)
    values (?, ?, ?, ?, ?, ?, 'validating', ?, ?, ?)`)
  const update =
    connection.prepare(`update batch set status = ?, pause_reason = ?, max_cost_usd = ?, max_tokens = ?, total = ?,
    succeeded = ?, failed = ?, input_tokens = ?, output_tokens = ?, cost_usd = ?, unpriced = ?, outcomes = ?, answered_by = ?,
    started_at = ?, finished_at = ?, delivery = ? where id = ?`)
  const running = connection.prepare('select 1 from item where batch_id = ? and state = 1 limit 1')

  const read = (id: string) => toBatch(select.get(id))

  function save(batch: Batch): Batch {
    const counted = statusAfter(batch)
    const status = counted === 'cancelling' && running.get(batch.id) === undefined ? 'cancelled' : counted
    const pauseReason = status === 'paused' ? (batch.pauseReason ?? 'spend_cap') : null
    const ended = status === 'completed' || status === 'cancelled'
    const finishedAt = ended ? (batch.finishedAt ?? Date.now()) : null
    update.run(
      ...[status, pauseReason, batch.maxCostUsd, batch.maxTokens, batch.total, batch.succeeded, batch.failed],
      ...[batch.inputTokens, batch.outputTokens, batch.costUsd, batch.unpriced, JSON.stringify(batch.outcomes)],
      JSON.stringify(batch.answeredBy),
      ...[batch.startedAt, finishedAt, batch.delivery, batch.id],
    )
    return { ...batch, status, pauseReason, finishedAt }
  }

  /** Inside a write: changes a batch that has one of the statuses, and lets its status follow from its counters. */
  function change(batchId: string, from: readonly BatchStatus[], next: (batch: Batch) => Batch): Batch | undefined {
    const batch = read(batchId)
    return batch && from.includes(batch.status) ? save(next(batch)) : undefined
  }

  /** Inside a write: adds what items ended with, if anything, and lets the status follow. */
  function settle(batchId: string, tally?: Tally): void {
    change(batchId, batchStatuses, batch => (tally ? addTally(batch, tally) : batch))
  }

  const batchRows = {
    createBatch: async batch =>
      write(() => {
        const earlier = batch.idempotencyKey && selectByIdempotencyKey.get(batch.key, batch.idempotencyKey)
        if (earlier) return toBatch(earlier)!
        insert.run(
          ...[batch.id, batch.key, batch.idempotencyKey, batch.traceparent, batch.settings, batch.delivery],
          ...[batch.maxCostUsd, batch.maxTokens, batch.createdAt],
        )
        return read(batch.id)!
      }),
    sealBatch: async batchId =>
      write(() =>
        change(batchId, ['validating'], batch => ({ ...batch, status: 'in_progress', startedAt: Date.now() })),
      ),
    readBatch: async batchId => read(batchId),
    listBatches: async ({ after = null, key = null, keys, limit }) => {
      const known = keys ? JSON.stringify(keys) : null
      return page.all(key, known, known, after, after, limit).map(row => toBatch(row)!)
    },
    runnableBatches: async delivery => runnable.all(delivery).map(row => row.id as string),
    readDepth: async () => depth.all() as unknown as BatchDepth[],
    pauseBatch: async (batchId, pauseReason) =>
      write(() => change(batchId, ['in_progress'], batch => ({ ...batch, status: 'paused', pauseReason }))),
    resumeBatch: async (batchId, cap) =>
      write(() =>
        change(batchId, ['paused'], batch => ({ ...batch, ...cap, status: 'in_progress', pauseReason: null })),
      ),
    deliverBatch: async (batchId, delivery) => write(() => change(batchId, unended, batch => ({ ...batch, delivery }))),
    cancelBatch: async batchId => write(() => change(batchId, unended, batch => ({ ...batch, status: 'cancelling' }))),
  } satisfies Partial<BatchStore>
  return { change, settle, batchRows }
}

function toBatch(row: Record<string, unknown> | undefined): Batch | undefined {
  if (row === undefined) return undefined
  const { outcomes, answeredBy } = row as Record<string, string>
  return { ...(row as unknown as Batch), outcomes: JSON.parse(outcomes!), answeredBy: JSON.parse(answeredBy!) }
}

/** Old batches go in slices, so that no write holds up the others for long. */
export function createDeletion({ connection, write }: Database) {
  const mark = connection.prepare(`update batch set deleted_at = ?, idempotency_key = null where deleted_at is null
    and ((status in ('completed', 'cancelled') and finished_at < ?) or (status = 'validating' and created_at < ?))`)
  const selectMarked = connection.prepare('select id from batch where deleted_at is not null limit 1')
  const deleteRows = ['review', 'result', 'item', 'document'].map(table =>
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
  } satisfies Partial<BatchStore>
}
