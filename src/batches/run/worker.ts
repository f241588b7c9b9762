import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LeaseStore } from '../../core/stores/batch-store.ts'

/** Works on batches until it is told to stop. */
export interface Runner {
  start(): void
  /** There may be something new to do. */
  wake(): void
  /** Starts nothing more, and resolves when what runs has ended and is written down, or the grace time is over. */
  drain(options: { graceMs: number }): Promise<void>
  /** Gives back what has not ended. */
  leave(): Promise<void>
}

export interface WorkerOptions {
  readonly store: Pick<LeaseStore, 'joinWorker' | 'heartbeat' | 'leaveWorker'>
  /** How often this worker says that it is alive; well below the lease of the store. */
  readonly heartbeatMs: number
  /** One round of work under this id; the next begins when it has ended. */
  readonly round: (id: string) => Promise<void>
  /** A round failed; the next one waits a while. */
  readonly onTrouble: (error: unknown) => void
  /** What this worker held is run by others: it was silent for longer than its lease. The next round has a new id. */
  readonly onLost: (id: string) => void
  readonly log: Pick<Console, 'warn'>
}

export interface Worker {
  start(): void
  /** There may be something new to do. */
  wake(): void
  /** Until then, or until it is woken or stopped; whether all that time went by. */
  wait(milliseconds: number): Promise<boolean>
  /** Aborted when it is told to stop. */
  readonly stopping: AbortSignal
  /** Starts no further round, and resolves when the last one has ended. */
  stop(): Promise<void>
  /** Gives back all that it holds and goes on under a new id. */
  startOver(): Promise<void>
  /**
   * Gives back all that it holds. Until then it says that it is alive: so it is called when the last item has ended,
   * as others would take a silent worker for dead, and pay for its items again.
   */
  leave(): Promise<void>
}

const troubleMs = 1_000

/** The life of a worker: it joins, works round by round, renews its lease all the while, and leaves. */
export function createWorker({ store, heartbeatMs, round, onTrouble, onLost, log }: WorkerOptions): Worker {
  const stopping = new AbortController()
  const leaving = new AbortController()
  let id: string | undefined
  let nudge = Promise.withResolvers<undefined>()
  let working: Promise<void> | undefined
  let beating: Promise<void> | undefined

  async function wait(milliseconds: number): Promise<boolean> {
    const timer = new AbortController()
    const signal = AbortSignal.any([timer.signal, stopping.signal])
    const isOver = await Promise.race([nudge.promise, sleep(milliseconds, true, { signal }).catch(() => undefined)])
    timer.abort()
    nudge = Promise.withResolvers()
    return isOver === true
  }

  async function join(): Promise<string> {
    const joined = randomUUID()
    await store.joinWorker(joined)
    id = joined
    return joined
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await round(id ?? (await join()))
      } catch (error) {
        onTrouble(error)
        await wait(troubleMs)
      }
    }
  }

  /** A store that does not answer says nothing about the lease. */
  async function beat(): Promise<void> {
    const { signal } = leaving
    while (!signal.aborted) {
      await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined)
      const held = id
      if (held === undefined || signal.aborted) continue
      const isAlive = await store.heartbeat(held).catch(() => true)
      if (isAlive || held !== id) continue
      id = undefined
      onLost(held)
    }
  }

  return {
    start() {
      working ??= work()
      beating ??= beat()
    },
    wake: () => nudge.resolve(undefined),
    wait,
    stopping: stopping.signal,
    async stop() {
      stopping.abort()
      nudge.resolve(undefined)
      await working
    },
    async startOver() {
      if (id !== undefined) await store.leaveWorker(id)
      id = undefined
    },
    async leave() {
      leaving.abort()
      await beating
      if (id === undefined) return
      await store.leaveWorker(id).catch(error => log.warn({ err: error }, 'the lease of this worker has to run out'))
    },
  }
}
