import { crashLoop, itemStates, mostCrashes } from '../../core/batch/batch.ts'
import type { LeasedItem, LeaseStore } from '../../core/stores/batch-store.ts'
import { columnsOf, type Database } from './database.ts'
import { claim, finish, giveBack, wake } from './lease-statements.ts'
import type { Query } from './schema.ts'

interface HeldItem {
  readonly batchId: string
  readonly seq: number
  readonly customId: string
}

interface LeaseEndings {
  /** Inside a transaction: all that a worker holds is ready again, and the worker is gone. */
  release(on: Query, options: { worker: string; refund: boolean }): Promise<void>
}

export function createLeases(
  { query, transaction }: Database,
  { leaseMs }: { leaseMs: number },
): LeaseStore & LeaseEndings {
  // Claimed rows leave dead entries at the front of the index of ready ones: start behind them, until a beat or a
  // short claim says to look again from the first.
  const cursors = new Map<string, number>()
  // A worker is silent by the clock of this process that nobody sets: the time of day may jump here and at the server.
  const heardOf = new Map<string, { readonly seen: string; readonly at: number }>()

  const finishOn =
    (on: Query): LeaseStore['finishItems'] =>
    async ({ worker, batchId }, items) => {
      const columns = [
        ...columnsOf(items, 'seq', 'customId', 'succeeded', 'outcome', 'output'),
        ...columnsOf(items, 'inputTokens', 'outputTokens', 'costUsd', 'answeredBy'),
      ]
      const rows = await on<{ seq: number }>(finish, [batchId, worker, ...columns])
      return rows.map(row => row.seq)
    }

  /** Inside a transaction that has locked the worker's row. */
  async function release(on: Query, { worker, refund }: { worker: string; refund: boolean }): Promise<void> {
    const spent = refund
      ? []
      : await on<HeldItem>(
          `select batch_id as "batchId", seq, custom_id as "customId" from item join document using (batch_id, seq)
            where item.state = 1 and item.worker = $1 and item.attempts >= $2 order by batch_id, seq`,
          [worker, mostCrashes],
        )
    for (const { batchId, seq, customId } of spent)
      await finishOn(on)({ worker, batchId }, [{ ...crashLoop, seq, customId }])
    await on(
      `update item set state = ${itemStates.ready}, worker = null, attempts = attempts - $2
        where state = 1 and worker = $1`,
      [worker, Number(refund)],
    )
    await on('delete from worker where id = $1', [worker])
    await on(`update batch set status = status where status = 'cancelling'`)
  }

  /** The workers whose last heartbeat is the same as a lease ago. What a look finds may be as old as its beginning. */
  async function findSilent(): Promise<{ id: string; seen: string }[]> {
    const begun = performance.now()
    const workers = await query<{ id: string; seen: string }>(
      `select id, seen::text from worker where seen <> 'infinity'`,
    )
    for (const id of heardOf.keys()) if (!workers.some(worker => worker.id === id)) heardOf.delete(id)
    for (const { id, seen } of workers)
      if (heardOf.get(id)?.seen !== seen) heardOf.set(id, { seen, at: performance.now() })
    return workers.filter(({ id }) => begun - heardOf.get(id)!.at > leaseMs)
  }

  async function releaseSilent(): Promise<void> {
    const silent = await findSilent()
    if (silent.length === 0) return
    await transaction(async on => {
      const dead = await on<{ id: string }>(
        `select id from worker join unnest($1::text[], $2::text[]) as silent (id, seen) using (id)
          where worker.seen::text = silent.seen order by id for update of worker skip locked`,
        [silent.map(({ id }) => id), silent.map(({ seen }) => seen)],
      )
      for (const { id } of dead) await release(on, { worker: id, refund: false })
    })
  }

  const claimAfter =
    (cursor: number): LeaseStore['claimItems'] =>
    async ({ worker, batchId }, limit) => {
      const items = await query<Omit<LeasedItem, 'batchId'>>(claim, [batchId, limit, worker, cursor])
      if (items.length < limit) cursors.delete(batchId)
      else cursors.set(batchId, items.at(-1)?.seq ?? -1)
      return items.map(item => ({ batchId, ...item }))
    }

  return {
    release,
    joinWorker: async worker => {
      await query('insert into worker values ($1, clock_timestamp())', [worker])
      await findSilent()
    },
    heartbeat: async worker => {
      try {
        const touched = await query('update worker set seen = clock_timestamp() where id = $1 returning id', [worker])
        await releaseSilent()
        await query(wake)
        cursors.clear()
        return touched.length === 1
      } catch (error) {
        // Nobody is heard while the database does not answer: all have a whole lease again once it does.
        heardOf.clear()
        throw error
      }
    },
    leaveWorker: worker =>
      transaction(async on => {
        await on('select 1 from worker where id = $1 for update', [worker])
        await release(on, { worker, refund: true })
      }),
    claimItems: async (lease, limit) => {
      const cursor = cursors.get(lease.batchId) ?? -1
      const items = await claimAfter(cursor)(lease, limit)
      return items.length > 0 || cursor === -1 ? items : claimAfter(-1)(lease, limit)
    },
    finishItems: finishOn(query),
    giveBackItems: async ({ worker, batchId }, items) => {
      const refunds = items.map(item => Number(item.refund))
      const used = columnsOf(items, 'inputTokens', 'outputTokens', 'costUsd', 'replies')
      await query(giveBack, [batchId, worker, ...columnsOf(items, 'seq', 'delayMs'), refunds, ...used])
      cursors.delete(batchId)
    },
  }
}
