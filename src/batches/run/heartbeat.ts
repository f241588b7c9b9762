import { setTimeout as sleep } from 'node:timers/promises'
import type { LeaseStore } from '../batch-store.ts'

export interface HeartbeatOptions {
  readonly store: Pick<LeaseStore, 'heartbeat'>
  readonly intervalMs: number
  /** Undefined while there is none. */
  readonly worker: () => string | undefined
  /** Its items are run by others: it was silent for longer than its lease. */
  readonly onLost: (worker: string) => void
}

export interface Heartbeat {
  start(): void
  /** Not before the last item has ended: until then others would take it for dead, and pay for it again. */
  stop(): Promise<void>
}

/** Renews the lease of a worker until it is stopped. A store that does not answer says nothing about the lease. */
export function createHeartbeat({ store, intervalMs, worker, onLost }: HeartbeatOptions): Heartbeat {
  const stopping = new AbortController()
  const { signal } = stopping
  let beating: Promise<void> | undefined

  async function beat(): Promise<void> {
    while (!signal.aborted) {
      await sleep(intervalMs, undefined, { signal }).catch(() => undefined)
      const held = worker()
      if (held === undefined || signal.aborted) continue
      const alive = await store.heartbeat(held).catch(() => true)
      if (!alive && held === worker()) onLost(held)
    }
  }

  return {
    start: () => {
      beating ??= beat()
    },
    async stop() {
      stopping.abort()
      await beating
    },
  }
}
