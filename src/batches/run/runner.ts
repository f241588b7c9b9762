import { randomUUID } from 'node:crypto'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { shareSlots } from '../domain/fair-share.ts'
import type { CircuitState, Outage } from '../domain/outage.ts'
import { createEndingsWriter } from './batch-endings.ts'
import { type BatchContext, contextOf, type ItemRun } from './batch-item-run.ts'
import type { BatchStore, LeasedItem, LeaseStore } from './ports/store.ts'

export interface RunnerOptions {
  readonly store: BatchStore & LeaseStore
  readonly runItem: ItemRun
  readonly outageOf: (endpoint: string | undefined) => Outage
  /** Whether the batches of this key wait, as its budget is spent. */
  readonly isHeld: (key: string) => boolean
  /** How many items are in flight at the most. */
  readonly concurrency: number
  /** How often this worker says that it is alive; well below the lease of the store. */
  readonly heartbeatMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

export interface BatchRunner {
  start(): void
  /** There may be something new to do. */
  wake(): void
  circuit(endpoint: string | undefined): CircuitState
  /** How many items are in flight here. */
  inFlight(): number
  /** Starts nothing more, lets what runs end for a part of the grace time, and gives back the rest. */
  stop(options: { graceMs: number }): Promise<void>
}

interface Flight {
  readonly item: LeasedItem
  readonly endpoint: string | undefined
  readonly abort: AbortController
}

const pollMs = 250
const troubleMs = 1_000
const stopPollMs = 20

/** Takes items from the store and runs them, a bounded number at a time, until it is stopped. */
export function createBatchRunner(options: RunnerOptions): BatchRunner {
  const { store, runItem, outageOf, isHeld, concurrency, heartbeatMs, log } = options
  const stopping = new AbortController()
  const known = new Map<string, BatchContext>()
  const dryUntil = new Map<string, number>()
  const flights = new Map<string, Flight>()
  let worker: string | undefined
  // Set when the store and we may disagree about who holds what: then all is given back before anything is taken.
  let inDoubt = false
  let nudge = Promise.withResolvers<void>()
  let working: Promise<unknown> | undefined
  // One item at first, so that one that takes the process down is soon alone when it does; one more for each that ends,
  // and half as many when the endpoint has no time.
  let allowed = 1

  const wake = () => nudge.resolve()
  const endings = createEndingsWriter({
    store,
    log,
    onWritten: ended => {
      for (const key of ended) flights.delete(key)
      wake()
    },
    onDoubt: () => {
      inDoubt = true
    },
  })

  async function wait(milliseconds: number): Promise<void> {
    const timer = new AbortController()
    const signal = AbortSignal.any([timer.signal, stopping.signal])
    await Promise.race([nudge.promise, sleep(milliseconds, undefined, { signal }).catch(() => undefined)])
    timer.abort()
    nudge = Promise.withResolvers()
  }

  async function join(): Promise<string> {
    const id = randomUUID()
    await store.joinWorker(id)
    worker = id
    return id
  }

  async function startOver(held: string): Promise<void> {
    await store.leaveWorker(held)
    worker = undefined
    inDoubt = false
  }

  function roomAt({ settings: { endpoint } }: BatchContext): number {
    const circuit = outageOf(endpoint).state(Date.now())
    if (circuit === 'closed') return Number.POSITIVE_INFINITY
    return circuit === 'half_open' && ![...flights.values()].some(flight => flight.endpoint === endpoint) ? 1 : 0
  }

  async function runnable(): Promise<string[]> {
    const batchIds = await store.runnableBatches('live')
    for (const id of known.keys()) if (!batchIds.includes(id)) known.delete(id)
    for (const id of batchIds) if (!known.has(id)) known.set(id, contextOf(await store.readBatch(id)))
    for (const [id, until] of dryUntil) if (until <= Date.now()) dryUntil.delete(id)
    const mayRun = (context: BatchContext) => !isHeld(context.account) && roomAt(context) > 0
    return batchIds.filter(id => !dryUntil.has(id) && mayRun(known.get(id)!))
  }

  const flightsOfBatches = () =>
    new Map([...Map.groupBy(flights.values(), ({ item }) => item.batchId)].map(([id, held]) => [id, held.length]))

  async function takeItems(held: string, slots: number): Promise<number> {
    let taken = 0
    for (const [batchId, share] of shareSlots(await runnable(), { slots, inFlight: flightsOfBatches() })) {
      const context = known.get(batchId)!
      const count = Math.min(share, roomAt(context))
      if (count <= 0) continue
      const items = await store.claimItems({ worker: held, batchId }, count)
      if (items.length < count) dryUntil.set(batchId, Date.now() + pollMs)
      taken += items.length
      for (const item of items) {
        void fly(held, item, context)
        // Where neither the model nor the store leaves the process, nothing else would ever be served.
        await turn()
      }
    }
    return taken
  }

  async function fly(held: string, item: LeasedItem, context: BatchContext): Promise<void> {
    const key = `${held} ${item.batchId} ${item.seq}`
    const abort = new AbortController()
    flights.set(key, { item, endpoint: context.settings.endpoint, abort })
    const ending = await runItem(item, { ...context, signal: abort.signal })
    if (ending === undefined) {
      flights.delete(key)
      return wake()
    }
    const congested = ending.kind === 'returned' && ending.because === 'congestion'
    allowed = congested ? Math.max(1, Math.floor(allowed / 2)) : Math.min(concurrency, allowed + 1)
    endings.write({ key, lease: { worker: held, batchId: item.batchId }, ending })
  }

  async function round(): Promise<void> {
    const held = worker ?? (await join())
    if (inDoubt && flights.size === 0) return startOver(held)
    const slots = inDoubt ? 0 : allowed - flights.size
    if (slots > 0 && (await takeItems(held, slots)) > 0) return
    await wait(pollMs)
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await round()
      } catch (error) {
        // A claim that failed may have been granted unseen.
        inDoubt = true
        log.warn({ err: error }, 'the batches wait for the database')
        await wait(troubleMs)
      }
    }
  }

  async function beat(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(heartbeatMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      const held = worker
      if (held === undefined || stopping.signal.aborted) continue
      const alive = await store.heartbeat(held).catch(() => true)
      if (alive || held !== worker) continue
      log.warn({ worker: held }, 'this worker was silent for too long: its items are run by others')
      worker = undefined
      for (const { abort } of flights.values()) abort.abort()
    }
  }

  return {
    start: () => {
      working ??= Promise.all([work(), beat()])
    },
    wake,
    circuit: endpoint => outageOf(endpoint).state(Date.now()),
    inFlight: () => flights.size,
    async stop({ graceMs }) {
      stopping.abort()
      wake()
      await working
      const end = Date.now() + graceMs * 0.6
      while (flights.size > 0 && Date.now() < end) await sleep(stopPollMs)
      if (flights.size > 0) log.info({ items: flights.size }, 'items in flight go back to their batches')
      for (const { abort } of flights.values()) abort.abort()
      await endings.close()
      if (worker === undefined) return
      await store
        .leaveWorker(worker)
        .catch(error => log.warn({ err: error }, 'the lease of this worker has to run out'))
    },
  }
}
