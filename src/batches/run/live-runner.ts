import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { CircuitState } from '../../core/model/endpoint.ts'
import type { ErrorCode } from '../../core/outcome.ts'
import type { BatchStore, LeasedItem, LeaseStore } from '../../core/stores/batch-store.ts'
import { steadyNow } from '../../core/time/steady-clock.ts'
import { shareSlots } from './fair-share.ts'
import { type BatchContext, contextOf, type Ending, type ItemRun, isCongestion } from './item-ending.ts'
import { createWorker, type Runner } from './worker.ts'
import { createEndingsWriter } from './write-endings.ts'

export interface RunnerOptions {
  readonly store: BatchStore & LeaseStore
  readonly runItem: ItemRun
  /** Of all endpoints that the items of a batch would be asked of. */
  readonly circuitOf: (context: BatchContext) => CircuitState
  /** Finds out whether such an endpoint is back, and lets its circuit know. */
  readonly probe: (context: BatchContext) => Promise<boolean>
  /** Whether the batches of this key wait, as its budget is spent. */
  readonly isHeld: (key: string) => boolean
  /** How many items of the batches of this key may be in progress at once; undefined for any number. */
  readonly mostOf: (key: string) => number | undefined
  /** How many items are in progress at the most. */
  readonly concurrency: number
  readonly heartbeatMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

export interface BatchRunner extends Runner {
  /** How many items are in progress here. */
  inProgress(): number
}

interface RunningItem {
  readonly batchId: string
  readonly abort: AbortController
}

const pollMs = 250
/** Before another item of a batch finds out whether an outage goes on, until the circuit knows. */
const outageMs = 1_000
const stopPollMs = 20
/** In which a call that is cut tells what it was. */
const abortMs = 200

/** Takes items from the store and runs them, a bounded number at a time, until it is stopped. */
export function createBatchRunner(options: RunnerOptions): BatchRunner {
  const { store, runItem, circuitOf, probe, isHeld, mostOf, concurrency, heartbeatMs, log } = options
  const known = new Map<string, BatchContext>()
  const dryUntil = new Map<string, number>()
  const runningItems = new Map<string, RunningItem>()
  // Set when the store and we may disagree about who holds what: then all is given back before anything is taken.
  let inDoubt = false
  // One item at first, so that one that takes the process down is soon alone when it does; one more for each that is
  // answered, and at the start with time, so that none that stalls holds up the others; half as many when the endpoint
  // has no time. An item that fails by itself changes nothing.
  let allowed = 1
  let isStart = true
  /** Batches whose last item was answered, and the one that was served last. */
  const proven = new Set<string>()
  let lastServed = ''

  const worker = createWorker({
    ...{ store, heartbeatMs, round, log },
    onTrouble(error) {
      // A claim that failed may have been granted unseen.
      inDoubt = true
      log.warn({ err: error }, 'the batches wait for the database')
    },
    onLost(held) {
      log.warn({ worker: held }, 'this worker was silent for too long: its items are run by others')
      for (const { abort } of runningItems.values()) abort.abort()
    },
  })
  const endings = createEndingsWriter({
    store,
    log,
    onWritten: ended => {
      for (const key of ended) runningItems.delete(key)
      worker.wake()
    },
    onDoubt: () => {
      inDoubt = true
    },
  })

  /** No item is claimed while its endpoint is down; a probe finds out when it is back. */
  function isServed(context: BatchContext): boolean {
    const circuit = circuitOf(context)
    if (circuit === 'half_open') void probe(context).then(isUp => isUp && worker.wake())
    return circuit === 'closed'
  }

  async function runnable(): Promise<string[]> {
    const batchIds = await store.runnableBatches('live')
    for (const kept of [known, proven]) for (const id of kept.keys()) if (!batchIds.includes(id)) kept.delete(id)
    for (const id of batchIds) if (!known.has(id)) known.set(id, contextOf(await store.readBatch(id)))
    for (const [id, until] of dryUntil) if (until <= steadyNow()) dryUntil.delete(id)
    const refused = endings.refused()
    const mayRun = (context: BatchContext) => !isHeld(context.account) && isServed(context)
    const next = batchIds.indexOf(lastServed) + 1
    return [...batchIds.slice(next), ...batchIds.slice(0, next)].filter(
      id => !dryUntil.has(id) && !refused.has(id) && mayRun(known.get(id)!),
    )
  }

  const runningByBatch = () =>
    new Map([...Map.groupBy(runningItems.values(), ({ batchId }) => batchId)].map(([id, held]) => [id, held.length]))

  const accountOf = (batchId: string) => known.get(batchId)?.account ?? ''

  async function takeItems(held: string, slots: number): Promise<number> {
    let taken = 0
    // What only fails takes its time: others, also those to come, find most of the slots free.
    const most = (id: string) => (proven.has(id) ? concurrency : Math.max(1, Math.floor(concurrency / 4)))
    const share = { slots, inProgress: runningByBatch(), most, accountOf, mostOfAccount: mostOf }
    for (const [batchId, count] of shareSlots(await runnable(), share)) {
      const context = known.get(batchId)!
      lastServed = batchId
      const items = await store.claimItems({ worker: held, batchId }, count)
      if (items.length < count) dryUntil.set(batchId, steadyNow() + pollMs)
      taken += items.length
      for (const item of items) {
        // What was granted while the service was told to stop goes back with the lease.
        if (worker.stopping.aborted) break
        void run(held, item, context)
        // Where neither the model nor the store leaves the process, nothing else would ever be served.
        await turn()
      }
    }
    return taken
  }

  async function run(held: string, item: LeasedItem, context: BatchContext): Promise<void> {
    const key = `${held} ${item.batchId} ${item.seq}`
    const abort = new AbortController()
    runningItems.set(key, { batchId: item.batchId, abort })
    const ending = await runItem(item, { ...context, signal: abort.signal })
    if (ending === undefined) {
      runningItems.delete(key)
      return worker.wake()
    }
    heed(ending, item)
    endings.write({ key, lease: { worker: held, batchId: item.batchId }, customId: item.customId, ending })
  }

  function heed(ending: Ending, { batchId }: LeasedItem): void {
    const because = ending.kind === 'returned' ? ending.because : undefined
    if (because === 'congestion' || because === 'outage') {
      // Items that an outage ends together teach one lesson.
      if (because === 'congestion' || !dryUntil.has(batchId)) allowed = Math.max(1, Math.floor(allowed / 2))
      if (because === 'outage') dryUntil.set(batchId, steadyNow() + outageMs)
      isStart = false
    }
    const hasFailed = ending.kind === 'finished' && isCongestion(ending.item.outcome as ErrorCode)
    if (hasFailed || because === 'failure' || because === 'outage') proven.delete(batchId)
    else if (because !== 'congestion') {
      proven.add(batchId)
      allowed = Math.min(concurrency, allowed + 1)
    }
  }

  async function round(held: string): Promise<void> {
    // Items that have ended take no slot, also when the store does not take how they ended.
    const refused = [...endings.refused().values()].reduce((sum, count) => sum + count, 0)
    const running = runningItems.size - refused
    if (inDoubt && running <= 0) {
      await worker.startOver()
      inDoubt = false
      return
    }
    const slots = inDoubt ? 0 : allowed - running
    if (slots > 0 && (await takeItems(held, slots)) > 0) return
    if ((await worker.wait(pollMs)) && isStart && runningItems.size > 0) allowed = Math.min(concurrency, allowed + 1)
  }

  return {
    start: worker.start,
    wake: worker.wake,
    inProgress: () => runningItems.size,
    async drain({ graceMs }) {
      void worker.stop()
      const haveEnded = async (within: number) => {
        const end = performance.now() + within
        while (runningItems.size > 0 && performance.now() < end) await sleep(stopPollMs)
      }
      await haveEnded(graceMs)
      if (runningItems.size > 0) log.info({ items: runningItems.size }, 'items in progress go back to their batches')
      for (const { abort } of runningItems.values()) abort.abort()
      await haveEnded(abortMs)
    },
    async leave() {
      await Promise.all([worker.stop(), endings.close()])
      await worker.leave()
    },
  }
}
