import type { Batch } from '../../core/batch/batch.ts'
import { isProviderFailure, type ProviderBatch, type ProviderBatches } from '../../core/model/provider-batches.ts'
import type { BatchStore, LeaseStore } from '../../core/stores/batch-store.ts'
import type { Submission, SubmissionStore } from '../../core/stores/submission-store.ts'
import { contextOf } from '../run/item-ending.ts'
import type { Collector } from './collect.ts'
import type { Look } from './provider-runner.ts'

export interface SubmissionsOptions {
  readonly store: BatchStore & LeaseStore & SubmissionStore
  /** Undefined when no endpoint is configured. */
  readonly provider: ProviderBatches | undefined
  readonly collector: Collector | undefined
  /** The first wait before the provider is asked again; it grows with the age of the submission. */
  readonly pollMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

const slowestPoll = 10
const shareOfAge = 10
const mostReadings = 3

/** Whether nobody waits for it any more: it is to end with what was paid for by then. */
const isUnwanted = (batch: Batch | undefined): boolean =>
  batch === undefined || batch.status === 'cancelling' || batch.status === 'cancelled' || batch.delivery === 'live'

/** Sees a submission through, from wherever it stands, to its end. */
export function createSubmissions({ store, provider, collector, pollMs, log }: SubmissionsOptions) {
  const lookedAt = new Map<string, number>()
  const readings = new Map<string, number>()
  /** Looked for once at the provider, and not found. */
  const unconfirmed = new Set<string>()

  const waitOf = ({ createdAt }: Submission) =>
    Math.min(pollMs * slowestPoll, Math.max(pollMs, (Date.now() - createdAt) / shareOfAge))

  async function close({ id }: Submission, owner: string, { refund } = { refund: true }): Promise<Look> {
    await store.closeSubmission(id, owner, { refund })
    lookedAt.delete(id)
    readings.delete(id)
    unconfirmed.delete(id)
    return 'ended'
  }

  /** The process ended between asking for a batch and hearing of it: was it created? */
  async function confirm(
    submission: Submission,
    inputFile: string,
    { provider, owner, signal }: Asking,
  ): Promise<Look> {
    const mark = { key: submission.id, inputFile }
    const record = async ({ id }: ProviderBatch): Promise<Look> => {
      await store.changeSubmission(submission.id, owner, { providerBatch: id })
      lookedAt.delete(submission.id)
      unconfirmed.delete(submission.id)
      return 'waiting'
    }
    const created = await provider.find(mark, { signal })
    if (created) return record(created)
    // A list may be a little behind, and a request on its way longer than its sender lives: the next look decides.
    if (!unconfirmed.has(submission.id)) {
      unconfirmed.add(submission.id)
      return 'waiting'
    }
    // Without its file nothing can be created any more, also not by a sender who was thought dead.
    await provider.deleteFile(inputFile, { signal })
    const late = await provider.find(mark, { signal })
    return late ? record(late) : close(submission, owner)
  }

  async function follow(submission: Submission, batch: Batch | undefined, asking: Following): Promise<Look> {
    const { provider, collector, owner, signal } = asking
    const found = await provider.read(submission.providerBatch!, { signal }).catch(error => {
      if (isUnwanted(batch) && isProviderFailure(error) && error.failure.status === 404) return undefined
      throw error
    })
    if (found === undefined) return close(submission, owner)
    if (found.phase === 'running' || found.phase === 'cancelling') {
      if (found.phase === 'running' && isUnwanted(batch)) await provider.cancel(found.id, { signal })
      return 'waiting'
    }
    const { unreadable, unknown } = await collector.read(submission, found, { ...contextOf(batch), signal })
    const reading = (readings.get(submission.id) ?? 0) + 1
    readings.set(submission.id, reading)
    if (unreadable + unknown > 0)
      log.warn({ batch: submission.batchId, unreadable, unknown }, 'lines of the provider that are none of ours')
    // A line that was cut was paid for: perhaps it is whole the next time.
    if (unreadable > 0 && reading < mostReadings) return 'waiting'
    if (found.phase === 'ended') await collector.settleRest(submission)
    for (const file of [submission.inputFile!, ...found.files])
      await provider.deleteFile(file, { signal }).catch(error => {
        if (signal.aborted) throw error
        log.warn({ err: error, batch: submission.batchId }, 'a file at the provider could not be deleted')
      })
    await close(submission, owner)
    return found.phase === 'refused' ? { refused: found.reason } : 'ended'
  }

  /** Takes it a step further, when it is time to. @throws ProviderFailure */
  return async (submission: Submission, { owner, signal }: { owner: string; signal: AbortSignal }): Promise<Look> => {
    const { id, inputFile, providerBatch, endpoint, batchId } = submission
    // Whoever was filling the file has died before anything was asked of the provider.
    if (inputFile === null) return close(submission, owner, { refund: false })
    const batch = await store.readBatch(batchId)
    const wait = isUnwanted(batch) ? pollMs : waitOf(submission)
    const now = performance.now()
    if (now - (lookedAt.get(id) ?? Number.NEGATIVE_INFINITY) < wait) return 'waiting'
    lookedAt.set(id, now)
    if (provider === undefined || collector === undefined || provider.endpoint !== endpoint) {
      log.warn({ batch: batchId, endpoint }, 'a batch is at an endpoint that is not configured any more')
      return isUnwanted(batch) ? close(submission, owner) : 'waiting'
    }
    const asking = { provider, collector, owner, signal }
    return providerBatch === null ? confirm(submission, inputFile, asking) : follow(submission, batch, asking)
  }
}

interface Asking {
  readonly provider: ProviderBatches
  readonly owner: string
  readonly signal: AbortSignal
}

interface Following extends Asking {
  readonly collector: Collector
}
