import type { Batch } from '../../core/batch/batch.ts'
import type { BatchStore } from '../../core/stores/batch-store.ts'
import type { Database } from './database.ts'
import { batchColumns } from './schema.ts'

const worthAnalysing = 5000
const unended = `'validating', 'in_progress', 'paused'`

export function createBatchRows({ query }: Database) {
  const one = async (text: string, values: readonly unknown[]) => (await query<Batch>(text, values))[0]
  const change = (assignments: string, { from, values }: { from: string; values: readonly unknown[] }) =>
    one(
      `update batch set ${assignments} where id = $1 and status in (${from}) and deleted_at is null
        returning ${batchColumns}`,
      values,
    )

  return {
    createBatch: async batch => {
      const { id, key, idempotencyKey, traceparent, settings, delivery, maxCostUsd, maxTokens, createdAt } = batch
      const created = await one(
        `insert into batch
            (id, key, idempotency_key, traceparent, settings, max_cost_usd, max_tokens, created_at, delivery)
          values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
          on conflict (key, idempotency_key) do nothing returning ${batchColumns}`,
        [id, key, idempotencyKey, traceparent, settings, maxCostUsd, maxTokens, createdAt, delivery],
      )
      if (created) return created
      const earlier = await one(`select ${batchColumns} from batch where key = $1 and idempotency_key = $2`, [
        key,
        idempotencyKey,
      ])
      return earlier!
    },
    sealBatch: async batchId => {
      const batch = await change(`status = 'in_progress', started_at = now_ms()`, {
        from: `'validating'`,
        values: [batchId],
      })
      // Without statistics of what was just loaded, each claim would sort all that is ready.
      if (batch && batch.total >= worthAnalysing) await query('analyze item')
      return batch
    },
    readBatch: batchId => one(`select ${batchColumns} from batch where id = $1 and deleted_at is null`, [batchId]),
    listBatches: ({ after, key, keys, limit }) =>
      query(
        `select ${batchColumns} from batch
          where deleted_at is null and (key = coalesce($3, key) or key <> all($4::text[]))
            and ($1::text is null or (created_at, id) < (select created_at, id from batch where id = $1))
          order by created_at desc, id desc limit $2`,
        [after ?? null, limit, key ?? null, keys ?? null],
      ),
    runnableBatches: async delivery => {
      const rows = await query<{ id: string }>(
        `select id from batch where status = 'in_progress' and delivery = $1 and deleted_at is null
          order by created_at, id`,
        [delivery],
      )
      return rows.map(row => row.id)
    },
    readDepth: () =>
      query(
        `select status, count(*) as batches, sum(total - succeeded - failed) as items from batch
          where status in ('validating', 'in_progress', 'paused', 'cancelling') and deleted_at is null group by status`,
      ),
    pauseBatch: (batchId, reason) =>
      change(`status = 'paused', pause_reason = $2`, { from: `'in_progress'`, values: [batchId, reason] }),
    resumeBatch: (batchId, { maxCostUsd, maxTokens }) =>
      change(`status = 'in_progress', pause_reason = null, max_cost_usd = $2, max_tokens = $3`, {
        from: `'paused'`,
        values: [batchId, maxCostUsd, maxTokens],
      }),
    deliverBatch: (batchId, delivery) => change(`delivery = $2`, { from: unended, values: [batchId, delivery] }),
    cancelBatch: batchId => change(`status = 'cancelling'`, { from: unended, values: [batchId] }),
  } satisfies Partial<BatchStore>
}

const mark = `update batch set deleted_at = now_ms(), idempotency_key = null where deleted_at is null
  and ((status in ('completed', 'cancelled') and finished_at < $1) or (status = 'validating' and created_at < $2))`

const rowsOf = (table: string) => `delete from ${table} where ctid = any(array(
  select ctid from ${table} where batch_id = $1 limit $2 for update skip locked)) returning 1`

/** Old batches go in slices, so that no statement holds up the others for long. */
export function createDeletion({ query }: Database) {
  return {
    deleteSlice: async ({ endedBefore, uploadedBefore, limit }) => {
      await query(mark, [endedBefore, uploadedBefore])
      const [marked] = await query<{ id: string }>('select id from batch where deleted_at is not null limit 1')
      if (marked === undefined) return 0
      for (const table of ['review', 'result', 'item', 'document']) {
        const deleted = (await query(rowsOf(table), [marked.id, limit])).length
        if (deleted > 0) return deleted
      }
      return (await query('delete from batch where id = $1 returning 1', [marked.id])).length
    },
  } satisfies Partial<BatchStore>
}
