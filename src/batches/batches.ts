import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { type Batch, type Delivery, isOverCap, type SpendCap } from '../domain/batch.ts'
import { createPace } from '../domain/batch-pace.ts'
import { type BatchReport, reportBatch } from '../domain/batch-report.ts'
import { ServiceError } from '../domain/outcome.ts'
import { createEstimates, type EstimateOptions } from './batch-estimate.ts'
import { type FollowOptions, followResults } from './batch-following.ts'
import { type ResultOptions, readResults } from './batch-results.ts'
import type { BatchRunner } from './batch-runner.ts'
import { createUploads, type Upload, type UploadOptions } from './batch-upload.ts'

export interface BatchesOptions extends UploadOptions, EstimateOptions {
  /** The runner, as far as the batches have to know it. */
  readonly runner: Pick<BatchRunner, 'wake' | 'circuit' | 'inFlight'>
  /** @throws ServiceError when the batch cannot go this way */
  readonly checkDelivery: (batch: Batch, delivery: Delivery) => Promise<void>
  /** When a key that has spent its budget may go on. */
  readonly heldUntil: (key: string) => number | undefined
  /** How often a watched batch is looked at, in milliseconds. */
  readonly watchInterval: number
}

/** Whose batches are meant: a batch is seen by the key that made it alone. */
export interface Owner {
  readonly key: string
}

export interface BatchEvent {
  /** Same as long as nothing has moved, so that a watcher who comes back is not told again. */
  readonly id: string
  readonly batch: BatchReport
}

export type Batches = ReturnType<typeof createBatches>

const retrySlice = 1000
const notEnded = 'not at its end'

export function createBatches({ runner, heldUntil, watchInterval, checkDelivery, ...options }: BatchesOptions) {
  const { store } = options
  const receive = createUploads(options)
  const pace = createPace()

  const report = (batch: Batch) => {
    const itemsPerSecond = pace.of(batch.id, { at: Date.now(), ended: batch.succeeded + batch.failed })
    if (batch.finishedAt !== null) pace.forget(batch.id)
    return reportBatch(batch, { circuit: runner.circuit, itemsPerSecond, heldUntil: heldUntil(batch.key) })
  }

  async function find(id: string, { key }: Owner): Promise<Batch> {
    const batch = await store.readBatch(id)
    if (batch === undefined || batch.key !== key)
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
    async submit(upload: Upload): Promise<{ batch: BatchReport; received: boolean }> {
      const { batch, received } = await receive(upload)
      runner.wake()
      return { batch: report(batch), received }
    },
    /** What a batch would cost that is not sent yet. */
    estimate: createEstimates(options),
    /** For operators: how much is to be done, and how much is being done here. */
    state: async () => ({ depth: await store.readDepth(), inFlight: runner.inFlight() }),
    read: async (id: string, owner: Owner) => report(await find(id, owner)),
    async list({ key, after, limit }: Owner & { after?: string | undefined; limit: number }) {
      const batches = await store.listBatches({ key, ...(after !== undefined && { after }), limit: limit + 1 })
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
    async retry(id: string, owner: Owner): Promise<BatchReport & { retried: number }> {
      const { status } = await find(id, owner)
      if (!['in_progress', 'paused', 'completed'].includes(status))
        throw new ServiceError('conflict', `The batch is ${status}: its failed items are not tried again.`)
      let retried = 0
      for (let slice = retrySlice; slice === retrySlice; retried += slice) {
        slice = await store.retryFailed(id, retrySlice)
        runner.wake()
        await turn()
      }
      return { ...report(await find(id, owner)), retried }
    },
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
