import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchStore } from '../core/stores/batch-store.ts'
import type { CacheStore } from '../core/stores/cache-store.ts'

interface SweepOptions {
  /** Removes up to so many rows of what is old and says how many; 0 when there is nothing left to remove. */
  readonly deleteSlice: (limit: number) => Promise<number>
  readonly intervalMs: number
  /** Of what, for the log. */
  readonly what: string
  readonly log: Pick<Console, 'warn'>
}

/** A slice is one step of this process, in which nothing else is served: a few milliseconds. */
const rowsPerSlice = 500
const betweenSlicesMs = 20

/** Deletes what is old, now and then, in slices with pauses between them, until it is stopped. */
function startSweep({ deleteSlice, intervalMs, what, log }: SweepOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)

  async function deleteOld(): Promise<void> {
    while (!signal.aborted && (await deleteSlice(rowsPerSlice)) > 0) await pause(betweenSlicesMs)
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      await deleteOld().catch(error => log.warn({ err: error }, `old ${what} could not be deleted`))
      await pause(intervalMs)
    }
  }

  const working = work()
  return {
    stop: async () => {
      stopping.abort()
      await working
    },
  }
}

export interface SweepsOptions extends Pick<SweepOptions, 'log'> {
  readonly store: Pick<BatchStore, 'deleteSlice'> & Pick<CacheStore, 'trimCache'>
  /** How long ended batches and uploads nobody went on with are kept, in milliseconds. */
  readonly batchesMs: number
  /** How long cached answers are kept, and how many. */
  readonly answersMs: number
  readonly mostAnswers: number
}

/** Keeps the store within its bounds. */
export function startSweeps({ store, batchesMs, answersMs, mostAnswers, log }: SweepsOptions) {
  const batches = (limit: number) => {
    const before = Date.now() - batchesMs
    return store.deleteSlice({ endedBefore: before, uploadedBefore: before, limit })
  }
  const answers = (limit: number) =>
    store.trimCache({ writtenBefore: Date.now() - answersMs, most: mostAnswers, limit })
  const sweeps = [
    startSweep({ deleteSlice: batches, intervalMs: 3_600_000, what: 'batches', log }),
    startSweep({ deleteSlice: answers, intervalMs: 60_000, what: 'answers', log }),
  ]
  return { stop: () => Promise.all(sweeps.map(sweep => sweep.stop())) }
}
