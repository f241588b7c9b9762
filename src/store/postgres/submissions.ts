import type { LeasedItem } from '../../core/stores/batch-store.ts'
import type { Submission, SubmissionStore } from '../../core/stores/submission-store.ts'
import type { Database } from './database.ts'
import { me } from './lease-statements.ts'
import type { Query } from './schema.ts'

const columns = `id, batch_id as "batchId", endpoint, asked, input_file as "inputFile",
  provider_batch as "providerBatch", reserved_tokens as "reservedTokens", reserved_usd as "reservedUsd",
  created_at as "createdAt", changed_at as "changedAt"`

/** A worker that is never taken for dead, and what is in its hands. */
const open = `
  with ${me} = $4 for key share),
  joined as (insert into worker select $1, 'infinity' from me returning id)
  insert into submission (id, batch_id, owner, endpoint) select joined.id, $2, me.id, $3 from joined, me returning id`

const change = `
  with ${me} = $2 for key share)
  update submission set asked = coalesce($3, asked), input_file = coalesce($4, input_file),
    provider_batch = coalesce($5, provider_batch), reserved_tokens = coalesce($6, reserved_tokens),
    reserved_usd = coalesce($7, reserved_usd), changed_at = now_ms()
  from me where submission.id = $1 and submission.owner = me.id returning submission.id`

const adopt = `
  with ${me} = $1 for key share)
  update submission set owner = me.id from me
  where submission.ctid = any(array(
    select orphan.ctid from submission orphan
    where not exists (select 1 from worker where worker.id = orphan.owner) for update skip locked))`

const held = `
  select item.batch_id as "batchId", item.seq, item.attempts, item.replies, document.custom_id as "customId",
    document.content as document
  from item join document using (batch_id, seq)
  where item.batch_id = $1 and item.worker = $2 and item.state = 1 and ($3::int[] is null or item.seq = any($3))
  order by item.seq limit $4`

export function createSubmissions(
  { query, transaction }: Database,
  release: (on: Query, options: { worker: string; refund: boolean }) => Promise<void>,
): SubmissionStore {
  return {
    openSubmission: async ({ id, batchId, endpoint }, owner) =>
      (await query(open, [id, batchId, endpoint, owner])).length === 1,
    changeSubmission: async (id, owner, { asked, inputFile, providerBatch, reservedTokens, reservedUsd }) => {
      const values = [asked, inputFile, providerBatch, reservedTokens, reservedUsd].map(value => value ?? null)
      return (await query(change, [id, owner, ...values])).length === 1
    },
    adoptSubmissions: async owner => {
      await query(adopt, [owner])
      return query<Submission>(
        `select ${columns} from submission where owner = $1 and owner in (select id from worker) order by created_at, id`,
        [owner],
      )
    },
    submissionsOf: batchId =>
      query<Submission>(`select ${columns} from submission where batch_id = $1 order by created_at, id`, [batchId]),
    heldItems: ({ batchId, worker }, { seqs, limit }) =>
      query<LeasedItem>(held, [batchId, worker, seqs ?? null, limit]),
    closeSubmission: (id, owner, { refund }) =>
      transaction(async on => {
        await on('select 1 from worker where id = $1 for update', [id])
        const removed = await on('delete from submission where id = $1 and owner = $2 returning id', [id, owner])
        if (removed.length === 0) return false
        await release(on, { worker: id, refund })
        return true
      }),
  }
}
