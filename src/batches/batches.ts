import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { Owner } from '../core/api-key.ts'
import { type Batch, type Delivery, isOverCap, type SpendCap } from '../core/batch/batch.ts'
import { type BatchReport, type Circumstances, reportBatch, type UploadReport } from '../core/batch/batch-report.ts'
import { type BatchItem, type ItemPage, reportItem } from '../core/batch/batch-results.ts'
import type { BatchSettings } from '../core/batch/batch-settings.ts'
import { ServiceError } from '../core/outcome.ts'
import type { ResultPage, ReviewStore } from '../core/stores/batch-store.ts'
import { createEstimates, type EstimateOptions } from './estimate.ts'
import { type FollowOptions, followResults, type ResultOptions, readResults } from './results.ts'
import { createReviews } from './reviews.ts'
import type { BatchRunner } from './run/live-runner.ts'
import { createUploads, type Upload, type UploadOptions } from './upload.ts'
import { requestOf } from './upload-entries.ts'

export interface BatchesOptions extends UploadOptions, EstimateOptions {
  readonly store: UploadOptions['store'] & ReviewStore
  /** The runner, as far as the batches have to know it. */
  readonly runner: Pick<BatchRunner, 'wake' | 'inProgress'>
  readonly circuitOf: (batch: Batch) => BatchReport['circuit']
  /** @throws ServiceError when the batch cannot go this way */
  readonly checkDelivery: (batch: Batch, delivery: Delivery) => Promise<void>
  /** When a key that has spent its budget may go on. */
  readonly heldUntil: (key: string) => number | undefined
  /** What was measured of the embedded ranker, of a batch in which it answers in place of the model. */
  readonly cheapOf: (batch: Batch) => Circumstances['cheap']
  /** How often a watched batch is looked at, in milliseconds. */
  readonly watchInterval: number
}

export interface BatchEvent {
  /** Same as long as nothing has moved, so that a watcher who comes back is not told again. */
  readonly id: string
  readonly batch: BatchReport
}

export type Batches = ReturnType<typeof createBatches>

const batchId = /^[\w-]{1,100}$/
const retrySlice = 1000
const notEnded = 'not at its end'

export function createBatches({
  runner,
  circuitOf,
  heldUntil,
  cheapOf,
  watchInterval,
  checkDelivery,
  ...options
}: BatchesOptions) {
  const { store } = options
  const receive = createUploads(options)
  const pace = createPace()

  const report = (batch: Batch) => {
    const itemsPerSecond = pace.of(batch.id, { at: performance.now(), ended: batch.succeeded + batch.failed })
    if (batch.finishedAt !== null) pace.forget(batch.id)
    const [circuit, heldUntilThen, cheap] = [circuitOf(batch), heldUntil(batch.key), cheapOf(batch)]
    return reportBatch(batch, { circuit, itemsPerSecond, heldUntil: heldUntilThen, cheap })
  }

  async function find(id: string, { key, keys }: Owner): Promise<Batch> {
    // An address holds any characters, of which a store may not take some.
    const batch = batchId.test(id) ? await store.readBatch(id) : undefined
    const isOrphan = batch !== undefined && keys?.includes(batch.key) === false
    if (batch === undefined || !(batch.key === key || isOrphan))
      throw new ServiceError('unknown_batch', 'There is no batch of this id, or it has been deleted.')
    return batch
  }

  async function change(id: string, owner: Owner, { from, to }: Change): Promise<BatchReport> {
    await find(id, owner)
    const changed = await to()
    if (changed === undefined) {
      const { status } = await find(id, owner)
      throw new ServiceError('conflict', `The batch is ${status}; this takes one that is ${from}.`)
    }
    runner.wake()
    return report(changed)
  }

  return {
    async submit(upload: Upload): Promise<{ batch: UploadReport; received: boolean }> {
      const { batch, received, warnings } = await receive(upload)
      runner.wake()
      return { batch: { ...report(batch), ...(warnings.length > 0 && { warnings: [...warnings] }) }, received }
    },
    /** What a batch would cost that is not sent yet. */
    estimate: createEstimates(options),
    /** For operators: how much is to be done, and how much is being done here. */
    state: async () => ({ depth: await store.readDepth(), inProgress: runner.inProgress() }),
    read: async (id: string, owner: Owner) => report(await find(id, owner)),
    async list({ key, keys, after, limit }: Owner & { after?: string | undefined; limit: number }) {
      const batches = await store.listBatches({ key, keys, after, limit: limit + 1 })
      return { data: batches.slice(0, limit).map(report), has_more: batches.length > limit }
    },
    cancel: (id: string, owner: Owner) => change(id, owner, { from: notEnded, to: () => store.cancelBatch(id) }),
    pause: (id: string, owner: Owner) =>
      change(id, owner, { from: 'in_progress', to: () => store.pauseBatch(id, 'requested') }),
    /** A cap that is not given stays as it is. With a delivery, a batch that runs already goes that way from now on. */
    async resume(id: string, owner: Owner, { delivery, ...cap }: Resumption): Promise<BatchReport> {
      const batch = await find(id, owner)
      const { maxCostUsd, maxTokens } = { ...batch, ...cap }
      if (batch.status === 'paused' && isOverCap({ ...batch, maxCostUsd, maxTokens }))
        throw new ServiceError('conflict', 'The batch has spent its cap: resume it with a higher one.')
      if (delivery !== undefined) {
        await checkDelivery({ ...batch, maxCostUsd }, delivery)
        const delivered = await change(id, owner, { from: notEnded, to: () => store.deliverBatch(id, delivery) })
        if (delivered.status === 'in_progress') return delivered
      }
      return change(id, owner, { from: 'paused', to: () => store.resumeBatch(id, { maxCostUsd, maxTokens }) })
    },
    async retry(id: string, owner: Owner, outcomes?: readonly string[]): Promise<BatchReport & { retried: number }> {
      const { status } = await find(id, owner)
      if (!['in_progress', 'paused', 'completed'].includes(status))
        throw new ServiceError('conflict', `The batch is ${status}: its failed items are not tried again.`)
      let retried = 0
      for (let slice = retrySlice; slice === retrySlice; retried += slice) {
        slice = await store.retryFailed(id, retrySlice, outcomes)
        runner.wake()
        await turn()
      }
      return { ...report(await find(id, owner)), retried }
    },
    settings: async (id: string, owner: Owner): Promise<BatchSettings> => JSON.parse((await find(id, owner)).settings),
    /** What has ended so far, a page at a time. */
    async ended(id: string, owner: Owner, { limit, ...page }: ResultPage): Promise<ItemPage> {
      await find(id, owner)
      const rows = await store.readResults(id, { ...page, limit: limit + 1 })
      return { data: rows.slice(0, limit).map(reportItem), has_more: rows.length > limit }
    },
    /** One item with its text. */
    async item(id: string, owner: Owner, index: number): Promise<BatchItem> {
      const { settings } = await find(id, owner)
      const [document, [row]] = await Promise.all([
        store.readDocument(id, index),
        store.readResults(id, { after: index - 1, limit: 1 }),
      ])
      const ended = row?.seq === index ? reportItem(row) : undefined
      if (document === undefined && ended === undefined)
        throw new ServiceError('not_found', 'The batch has no item of this index.')
      // The list of the batch is told by itself, once for all items.
      const request = document === undefined ? null : requestOf(document, { ...JSON.parse(settings), tags: undefined })
      return { index, request, outcome: ended?.outcome ?? null, result: ended?.result ?? null }
    },
    ...createReviews({ store, find }),
    /** Pages of NDJSON in input order: what has ended so far. */
    async results(id: string, owner: Owner, filter: ResultOptions): Promise<AsyncIterable<string>> {
      await find(id, owner)
      return readResults(store, id, filter)
    },
    /** The same while it runs: each as soon as all before it are there, until the batch ends or the signal says so. */
    async follow(id: string, owner: Owner, options: FollowedResults): Promise<AsyncIterable<string>> {
      await find(id, owner)
      return followResults(store, id, { ...options, interval: watchInterval })
    },
    /** Tells when the batch has moved, until it ends or the signal says so. */
    async *watch(id: string, owner: Owner, { lastId, signal }: WatchOptions): AsyncGenerator<BatchEvent> {
      for (let told = lastId; !signal.aborted; ) {
        const batch = await find(id, owner)
        const eventId = eventIdOf(batch, heldUntil(batch.key) !== undefined)
        if (eventId !== told) yield { id: eventId, batch: report(batch) }
        told = eventId
        if (batch.finishedAt !== null) return
        await sleep(watchInterval, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

export interface Resumption extends Partial<SpendCap> {
  readonly delivery?: Delivery | undefined
}

export type FollowedResults = Omit<FollowOptions, 'interval'>

interface Change {
  readonly from: string
  readonly to: () => Promise<Batch | undefined>
}

export interface WatchOptions {
  readonly lastId: string | undefined
  readonly signal: AbortSignal
}

const eventIdOf = ({ status, total, succeeded, failed, inputTokens }: Batch, held: boolean) =>
  `${held && status === 'in_progress' ? 'held' : status}-${total}-${succeeded}-${failed}-${inputTokens}`

interface Sample {
  readonly at: number
  readonly ended: number
}

const ratedMs = 60_000
const sampleMs = 500

/** The rate of each batch that is looked at. */
function createPace() {
  const samples = new Map<string, Sample[]>()
  return {
    /** Items per second over the last minute, from what was seen at each call; null until there is a past to compare. */
    of(batchId: string, now: Sample): number | null {
      const seen = (samples.get(batchId) ?? []).filter(sample => sample.at > now.at - ratedMs)
      const [first] = seen
      const latest = seen.at(-1)
      if (latest === undefined || now.at - latest.at >= sampleMs) seen.push(now)
      samples.set(batchId, seen)
      if (first === undefined || now.at - first.at < sampleMs) return null
      return Math.max(0, (now.ended - first.ended) / ((now.at - first.at) / 1000))
    },
    forget: (batchId: string) => samples.delete(batchId),
  }
}
