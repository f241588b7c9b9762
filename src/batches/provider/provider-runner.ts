import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, PauseReason } from '../../core/batch/batch.ts'
import { isProviderFailure } from '../../core/model/provider-batches.ts'
import type { BatchStore, LeaseStore } from '../../core/stores/batch-store.ts'
import type { Submission, SubmissionStore } from '../../core/stores/submission-store.ts'
import { steadyNow } from '../../core/time/steady-clock.ts'
import { createWorker, type Runner } from '../run/worker.ts'

/** What a look at a submission has come to. */
export type Look = 'waiting' | 'ended' | { readonly refused: string | undefined }

/** `wait`: there is more to submit, though not now. */
export type Submitted = 'submitted' | 'nothing' | 'wait'

interface Turn {
  readonly owner: string
  readonly signal: AbortSignal
}

export interface ProviderRunnerOptions {
  readonly store: BatchStore & LeaseStore & SubmissionStore
  /** Takes a submission a step further, when it is time to. @throws ProviderFailure */
  readonly look: (submission: Submission, turn: Turn) => Promise<Look>
  /** Undefined when there is no endpoint to submit to. */
  readonly submit: ((batch: Batch, turn: Turn) => Promise<Submitted>) | undefined
  /** Whether the batches of this key wait, as its budget is spent. */
  readonly isHeld: (key: string) => boolean
  readonly heartbeatMs: number
  readonly pollMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

/** More files of one batch wait until some of them are through. */
const mostSubmissions = 16
const tickMs = 1_000
const restPolls = 10
/** The provider has taken as much as it takes at once. */
const isCrowded = (reason: string | undefined) => /limit|quota/i.test(reason ?? '')

/** Hands batches to the provider, file by file, and sees them through: one thing after the other, until it is stopped. */
export function createProviderRunner(options: ProviderRunnerOptions): Runner {
  const { store, look, submit, isHeld, heartbeatMs, pollMs, log } = options
  const graceIsOver = new AbortController()
  const dryUntil = new Map<string, number>()
  const restUntil = new Map<string, number>()
  let lost = new AbortController()

  const worker = createWorker({
    ...{ store, heartbeatMs, round, log },
    onTrouble(error) {
      if (!worker.stopping.aborted) log.warn({ err: error }, 'the batches at the provider are looked at again later')
    },
    onLost() {
      // What it was in the middle of is somebody else's by now.
      lost.abort()
      lost = new AbortController()
    },
  })

  const rest = (batchId: string) => restUntil.set(batchId, steadyNow() + pollMs * restPolls)

  async function pause(batchId: string, reason: PauseReason, why: string): Promise<void> {
    if (await store.pauseBatch(batchId, reason)) log.warn({ batch: batchId, why }, 'a batch is paused')
  }

  /** What the provider's failure means for the batch: it is tried again later, or waits until somebody mends it. */
  async function handle(batchId: string, error: unknown): Promise<void> {
    if (!isProviderFailure(error)) throw error
    const { code, retry } = error.verdict
    log.warn({ err: error, batch: batchId }, 'the provider did not do what was asked for a batch')
    rest(batchId)
    if (code === 'upstream_auth') return pause(batchId, 'upstream_auth', error.message)
    if (!retry) return pause(batchId, 'provider_refused', error.message)
  }

  async function lookAfter(owner: string, signal: AbortSignal): Promise<void> {
    for (const submission of await store.adoptSubmissions(owner)) {
      if (worker.stopping.aborted) return
      const { batchId } = submission
      try {
        const found = await look(submission, { owner, signal })
        if (found === 'waiting') continue
        dryUntil.delete(batchId)
        restUntil.delete(batchId)
        if (found === 'ended') continue
        rest(batchId)
        if (!isCrowded(found.refused)) await pause(batchId, 'provider_refused', found.refused ?? 'no reason was given')
      } catch (error) {
        if (signal.aborted) throw error
        await handle(batchId, error)
      }
    }
  }

  async function submitReady(batchId: string, owner: string, signal: AbortSignal): Promise<void> {
    if (submit === undefined) return pause(batchId, 'provider_refused', 'no model endpoint is configured')
    const later = Math.max(restUntil.get(batchId) ?? 0, dryUntil.get(batchId) ?? 0)
    if (later > steadyNow()) return
    try {
      while (!worker.stopping.aborted) {
        const batch = await store.readBatch(batchId)
        if (batch?.status !== 'in_progress' || batch.delivery !== 'provider' || isHeld(batch.key)) return
        if ((await store.submissionsOf(batchId)).length >= mostSubmissions) return
        const submitted = await submit(batch, { owner, signal })
        if (submitted === 'nothing') return void dryUntil.set(batchId, steadyNow() + pollMs)
        if (submitted === 'wait') return void rest(batchId)
      }
    } catch (error) {
      if (signal.aborted) throw error
      await handle(batchId, error)
    }
  }

  async function round(owner: string): Promise<void> {
    const signal = AbortSignal.any([graceIsOver.signal, lost.signal])
    await lookAfter(owner, signal)
    const runnable = await store.runnableBatches('provider')
    for (const known of [dryUntil, restUntil])
      for (const batchId of known.keys()) if (!runnable.includes(batchId)) known.delete(batchId)
    for (const batchId of runnable) await submitReady(batchId, owner, signal)
    await worker.wait(Math.min(tickMs, pollMs))
  }

  return {
    start: worker.start,
    wake() {
      dryUntil.clear()
      worker.wake()
    },
    async drain({ graceMs }) {
      const timer = new AbortController()
      const grace = sleep(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)
      await Promise.race([worker.stop(), grace])
      timer.abort()
      graceIsOver.abort()
    },
    async leave() {
      await worker.stop()
      await worker.leave()
    },
  }
}
