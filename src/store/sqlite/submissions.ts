import type { LeasedItem } from '../../core/stores/batch-store.ts'
import type { Submission, SubmissionStore } from '../../core/stores/submission-store.ts'
import type { Database } from './database.ts'

const columns = `id, batch_id as batchId, endpoint, asked, input_file as inputFile, provider_batch as providerBatch,
  reserved_tokens as reservedTokens, reserved_usd as reservedUsd, created_at as createdAt, changed_at as changedAt`

/** Of a worker that is never taken for dead. */
const always = Number.MAX_SAFE_INTEGER

export function createSubmissions(
  { connection, write }: Database,
  release: (worker: string, options: { refund: boolean }) => void,
): SubmissionStore {
  const join = connection.prepare('insert into worker values (?, ?)')
  const leave = connection.prepare('delete from worker where id = ?')
  const known = connection.prepare('select 1 from worker where id = ?')
  const insert = connection.prepare(`insert into submission (id, batch_id, owner, endpoint, created_at, changed_at)
    values (?, ?, ?, ?, ?, ?)`)
  const update = connection.prepare(`update submission set asked = coalesce(?, asked),
    input_file = coalesce(?, input_file), provider_batch = coalesce(?, provider_batch),
    reserved_tokens = coalesce(?, reserved_tokens), reserved_usd = coalesce(?, reserved_usd), changed_at = ?
    where id = ? and owner = ? and owner in (select id from worker)`)
  const adopt = connection.prepare('update submission set owner = ? where owner not in (select id from worker)')
  const ofOwner = connection.prepare(`select ${columns} from submission where owner = ? order by created_at, id`)
  const ofBatch = connection.prepare(`select ${columns} from submission where batch_id = ? order by created_at, id`)
  const remove = connection.prepare('delete from submission where id = ? and owner = ?')
  const held = connection.prepare(`select batch_id as batchId, seq, attempts, replies, custom_id as customId,
      content as document
    from item join document using (batch_id, seq)
    where batch_id = ? and worker = ? and state = 1 and (? is null or seq in (select value from json_each(?)))
    order by seq limit ?`)

  return {
    openSubmission: async ({ id, batchId, endpoint }, owner) =>
      write(() => {
        if (known.get(owner) === undefined) return false
        join.run(id, always)
        insert.run(id, batchId, owner, endpoint, Date.now(), Date.now())
        return true
      }),
    changeSubmission: async (id, owner, change) =>
      write(() => {
        const { asked, inputFile, providerBatch, reservedTokens, reservedUsd } = change
        const values = [asked, inputFile, providerBatch, reservedTokens, reservedUsd].map(value => value ?? null)
        return update.run(...values, Date.now(), id, owner).changes === 1
      }),
    adoptSubmissions: async owner =>
      write(() => {
        if (known.get(owner) === undefined) return []
        adopt.run(owner)
        return ofOwner.all(owner) as unknown as Submission[]
      }),
    submissionsOf: async batchId => ofBatch.all(batchId) as unknown as Submission[],
    heldItems: async ({ batchId, worker }, { seqs, limit }) => {
      const wanted = seqs ? JSON.stringify(seqs) : null
      return held.all(batchId, worker, wanted, wanted, limit) as unknown as LeasedItem[]
    },
    closeSubmission: async (id, owner, { refund }) =>
      write(() => {
        if (remove.run(id, owner).changes === 0) return false
        release(id, { refund })
        leave.run(id)
        return true
      }),
  }
}
