import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { ServiceError } from '../../core/outcome.ts'
import type { BatchStore, Lease, LeaseStore } from '../../core/stores/batch-store.ts'
import { type Ending, failed } from './item-ending.ts'

export interface EndedItem {
  /** Names the item in progress. */
  readonly key: string
  readonly lease: Lease
  readonly customId: string
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

/**
 * Writes down how items ended, under the lease that they are held by, and tells the places of those that this ended.
 * Twice does no harm: what the store has taken already, it passes over the second time.
 */
export async function writeEndings(
  store: Pick<BatchStore & LeaseStore, 'pauseBatch' | 'finishItems' | 'giveBackItems'>,
  lease: Lease,
  endings: readonly Ending[],
): Promise<readonly number[]> {
  const finished = endings.flatMap(ending => (ending.kind === 'finished' ? [ending.item] : []))
  const returned = endings.flatMap(ending => (ending.kind === 'returned' ? [ending] : []))
  const pause = returned.find(ending => ending.pause !== undefined)?.pause
  if (pause) await store.pauseBatch(lease.batchId, pause)
  const ended = finished.length > 0 ? await store.finishItems(lease, finished) : []
  const items = returned.map(({ item }) => item)
  if (items.length > 0) await store.giveBackItems(lease, items)
  return ended
}

/** What ended under one lease. */
interface Group {
  readonly lease: Lease
  waiting: EndedItem[]
  /** What the store has not taken yet, though it was asked to. */
  refused: readonly EndedItem[]
  writing: Promise<void> | undefined
}

const firstPauseMs = 100
const longestPauseMs = 5_000
const triesOfOne = 3

/**
 * Writes down how items ended. Each batch has a writer of its own, which takes with every write all that has ended
 * during the one before, so that a batch whose endings are not taken holds up no other.
 */
export function createEndingsWriter({ store, log, onWritten, onDoubt }: EndingsWriterOptions) {
  const closing = new AbortController()
  const groups = new Map<string, Group>()

  async function writeOnce(lease: Lease, items: readonly EndedItem[]): Promise<void> {
    await writeEndings(
      store,
      lease,
      items.map(({ ending }) => ending),
    )
    onWritten(items.map(({ key }) => key))
  }

  /** One by one, as one of them may be what the store does not take; that one fails in the end. */
  async function writeSingly({ lease, refused }: Group, tries: number): Promise<EndedItem[]> {
    const left: EndedItem[] = []
    for (const item of refused) {
      try {
        await writeOnce(lease, [item])
      } catch (error) {
        left.push(isAboutStore(error) || tries < triesOfOne ? item : { ...item, ending: notStorable(item) })
      }
    }
    return left
  }

  async function persist(group: Group, items: readonly EndedItem[]): Promise<void> {
    let left = items
    let pause = firstPauseMs
    for (let tries = 1; left.length > 0; tries += 1) {
      try {
        await writeOnce(group.lease, left)
        break
      } catch (error) {
        log.warn({ err: error, items: left.length }, 'answers could not be stored; trying again')
        group.refused = left
        if (!isAboutStore(error)) left = await writeSingly(group, tries)
        group.refused = left
        if (left.length > 0 && closing.signal.aborted) return onDoubt()
        if (left.length > 0) await sleep(pause, undefined, { signal: closing.signal }).catch(() => undefined)
        pause = Math.min(longestPauseMs, pause * 2)
      }
    }
    group.refused = []
  }

  async function writeAll(key: string, group: Group): Promise<void> {
    while (group.waiting.length > 0) {
      await turn()
      const taken = group.waiting
      group.waiting = []
      await persist(group, taken)
    }
    groups.delete(key)
  }

  return {
    write(item: EndedItem): void {
      const { worker, batchId } = item.lease
      const key = `${worker} ${batchId}`
      const group: Group = groups.get(key) ?? { lease: item.lease, waiting: [], refused: [], writing: undefined }
      groups.set(key, group)
      group.waiting.push(item)
      group.writing ??= writeAll(key, group)
    },
    /** How many items of each batch have ended that the store does not take. */
    refused(): ReadonlyMap<string, number> {
      const stuck = [...groups.values()].filter(group => group.refused.length > 0)
      return new Map(stuck.map(({ lease, waiting, refused }) => [lease.batchId, waiting.length + refused.length]))
    },
    /** Writes what is waiting, and does not insist. */
    async close(): Promise<void> {
      closing.abort()
      await Promise.all([...groups.values()].map(({ writing }) => writing))
    },
  }
}

/** Whether it was the database that could not be reached or written to, rather than what was written. */
const isAboutStore = (error: unknown): boolean => (error as Error).name === 'StoreError'

/** What became of an item whose answer the database takes in no form. It was paid for all the same. */
function notStorable({ customId, ending: { item } }: EndedItem): Ending {
  const error = new ServiceError('internal', 'The answer could not be stored; the log of the service says why.')
  const { seq, inputTokens, outputTokens, costUsd } = item
  return failed({ seq, customId }, error, { inputTokens, outputTokens, costUsd })
}
