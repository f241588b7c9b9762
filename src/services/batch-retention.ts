import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchStore } from './ports/store.ts'

export interface RetentionOptions {
  readonly store: Pick<BatchStore, 'deleteSlice'>
  /** How long ended batches, uploads nobody went on with, and cached answers are kept, in milliseconds. */
  readonly keepMs: number
  readonly intervalMs: number
  readonly log: Pick<Console, 'warn'>
}

const rowsPerSlice = 2_000
const betweenSlicesMs = 20

/** Deletes what is old, now and then, in slices with pauses between them, until it is stopped. */
export function startRetention({ store, keepMs, intervalMs, log }: RetentionOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)

  async function deleteOld(): Promise<void> {
    const before = Date.now() - keepMs
    const rule = { endedBefore: before, uploadedBefore: before, cachedBefore: before, limit: rowsPerSlice }
    while (!signal.aborted && (await store.deleteSlice(rule)) > 0) await pause(betweenSlicesMs)
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      await deleteOld().catch(error => log.warn({ err: error }, 'old batches could not be deleted'))
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
