import {
  crashLoop,
  type FinishedItem,
  itemStates,
  mostCrashes,
  type Tally,
  tallyOf,
  totalUsageOf,
} from '../../core/batch/batch.ts'
import type { Lease, LeasedItem, LeaseStore } from '../../core/stores/batch-store.ts'
import { steadyNow } from '../../core/time/steady-clock.ts'
import type { Database } from './database.ts'

interface LeaseEndings {
  /** Inside a write: all that a worker holds is ready again. */
  release(worker: string, options: { refund: boolean }): void
  releaseAll(): void
}

export function createLeases(
  { connection, write }: Database,
  { settle, leaseMs }: { settle: (batchId: string, tally?: Tally) => void; leaseMs: number },
): LeaseStore & LeaseEndings {
  const join = connection.prepare('insert into worker values (?, ?)')
  const touch = connection.prepare('update worker set seen = ? where id = ?')
  const known = connection.prepare('select 1 from worker where id = ?')
  const deleteSilent = connection.prepare('delete from worker where seen < ? returning id')
  const leave = connection.prepare('delete from worker where id = ?')
  const wake = connection.prepare('update item set state = 0, ready_at = null where state = 5 and ready_at <= ?')
  const claim = connection.prepare(`update item set state = 1, worker = ?, attempts = attempts + 1
    where batch_id = ? and seq in (select seq from item where batch_id = ? and state = 0 order by seq limit ?)
      and exists (select 1 from batch where id = ? and status = 'in_progress')
    returning seq, attempts, replies`)
  const selectDocument = connection.prepare('select custom_id, content from document where batch_id = ? and seq = ?')
  const finish = connection.prepare(`update item set state = ?, worker = null, replies = null
    where batch_id = ? and seq = ? and state = 1 and worker = ?`)
  const insertResult = connection.prepare('insert into result values (?, ?, ?, ?, ?, ?)')
  const giveBack = connection.prepare(`update item
    set state = ?, worker = null, ready_at = ?, attempts = attempts - ?, replies = coalesce(?, replies)
    where batch_id = ? and seq = ? and state = 1 and worker = ?`)
  const heldBy = connection.prepare(
    'select batch_id, seq, attempts from item where state = 1 and worker = ? order by batch_id, seq',
  )

  function finishItems({ worker, batchId }: Lease, items: readonly FinishedItem[]): number[] {
    const accepted = items.filter(item => {
      const state = item.succeeded ? itemStates.succeeded : itemStates.failed
      if (finish.run(state, batchId, item.seq, worker).changes === 0) return false
      insertResult.run(batchId, item.seq, item.customId, Number(item.succeeded), item.outcome, item.output)
      return true
    })
    if (accepted.length > 0) settle(batchId, tallyOf(accepted))
    return accepted.map(item => item.seq)
  }

  function release(worker: string, { refund }: { refund: boolean }): void {
    const held = heldBy.all(worker) as unknown as { batch_id: string; seq: number; attempts: number }[]
    for (const { batch_id: batchId, seq, attempts } of held) {
      if (!refund && attempts >= mostCrashes) {
        const customId = selectDocument.get(batchId, seq)?.custom_id as string
        finishItems({ worker, batchId }, [{ ...crashLoop, seq, customId }])
      } else giveBack.run(itemStates.ready, null, Number(refund), null, batchId, seq, worker)
    }
    for (const batchId of new Set(held.map(item => item.batch_id))) settle(batchId)
  }

  function releaseSilent(before: number): void {
    for (const { id } of deleteSilent.all(before)) release(id as string, { refund: false })
  }

  return {
    release,
    // Nobody else can be alive behind the exclusive lock, so at the start every lease is a dead one.
    releaseAll: () =>
      write(() => {
        releaseSilent(Number.MAX_SAFE_INTEGER)
        // Nor can it be known by what clock they were told to wait.
        wake.run(Number.MAX_SAFE_INTEGER)
      }),
    joinWorker: async worker =>
      write(() => {
        join.run(worker, steadyNow())
      }),
    heartbeat: async worker =>
      write(() => {
        const alive = touch.run(steadyNow(), worker).changes === 1
        releaseSilent(steadyNow() - leaseMs)
        wake.run(steadyNow())
        return alive
      }),
    leaveWorker: async worker =>
      write(() => {
        release(worker, { refund: true })
        leave.run(worker)
      }),
    claimItems: async ({ worker, batchId }, limit) =>
      write(() => {
        if (known.get(worker) === undefined) return []
        const claimed = claim.all(worker, batchId, batchId, limit, batchId) as Pick<
          LeasedItem,
          'seq' | 'attempts' | 'replies'
        >[]
        return claimed
          .sort((left, right) => left.seq - right.seq)
          .map((item): LeasedItem => {
            const document = selectDocument.get(batchId, item.seq) as { custom_id: string; content: string }
            return { batchId, ...item, customId: document.custom_id, document: document.content }
          })
      }),
    finishItems: async (lease, items) => write(() => finishItems(lease, items)),
    giveBackItems: async ({ worker, batchId }, items) =>
      write(() => {
        const given = items.filter(({ seq, delayMs, refund, replies = null }) => {
          const state = delayMs > 0 ? itemStates.waiting : itemStates.ready
          const readyAt = delayMs > 0 ? steadyNow() + delayMs : null
          return giveBack.run(state, readyAt, Number(refund), replies, batchId, seq, worker).changes === 1
        })
        settle(batchId, { ...tallyOf([]), ...totalUsageOf(given) })
      }),
  }
}
