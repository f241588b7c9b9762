import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Ending } from './batch-item-run.ts'
import type { BatchStore, Lease, LeaseStore } from './ports/store.ts'

export interface EndedItem {
  /** Names the item in flight. */
  readonly key: string
  readonly lease: Lease
  readonly ending: Ending
}

export interface EndingsWriterOptions {
  readonly store: BatchStore & LeaseStore
  readonly log: Pick<Console, 'warn'>
  /** The store knows of these now. */
  readonly onWritten: (keys: readonly string[]) => void
  /** An ending was given up: the store still holds its item for us. */
  readonly onDoubt: () => void
}

const firstPauseMs = 100
const longestPauseMs = 5_000

/** Writes down how items ended: one write at a time, with all that has ended during the one before. */
export function createEndingsWriter({ store, log, onWritten, onDoubt }: EndingsWriterOptions) {
  const closing = new AbortController()
  let waiting: EndedItem[] = []
  let writing: Promise<void> | undefined

  async function writeGroup(lease: Lease, items: readonly EndedItem[]): Promise<void> {
    const finished = items.flatMap(({ ending }) => (ending.kind === 'finished' ? [ending.item] : []))
    const returned = items.flatMap(({ ending }) => (ending.kind === 'returned' ? [ending.item] : []))
    const pauses = items.some(({ ending }) => ending.kind === 'returned' && ending.because === 'key')
    if (pauses) await store.pauseBatch(lease.batchId, 'upstream_auth')
    if (finished.length > 0) await store.finishItems(lease, finished)
    if (returned.length > 0) await store.giveBackItems(lease, returned)
  }

  /** Repeats until the store takes it: what it has taken already, it refuses the second time. */
  async function persist(lease: Lease, items: readonly EndedItem[]): Promise<void> {
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
      try {
        return await writeGroup(lease, items)
      } catch (error) {
        log.warn({ err: error, items: items.length }, 'answers could not be stored; trying again')
        if (closing.signal.aborted) return onDoubt()
        await sleep(pause, undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      await turn()
      const taken = waiting
      waiting = []
      const groups = Map.groupBy(taken, ({ lease }) => `${lease.worker} ${lease.batchId}`)
      for (const items of groups.values()) {
        await persist(items[0]!.lease, items)
        onWritten(items.map(({ key }) => key))
      }
    }
    writing = undefined
  }

  return {
    write(item: EndedItem): void {
      waiting.push(item)
      writing ??= writeAll()
    },
    /** Writes what is waiting, and does not insist. */
    async close(): Promise<void> {
      closing.abort()
      await writing
    },
  }
}
