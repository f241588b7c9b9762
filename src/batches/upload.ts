import { randomUUID } from 'node:crypto'
import type { Batch } from '../core/batch/batch.ts'
import type { BatchSettings } from '../core/batch/batch-settings.ts'
import { readPieces } from '../core/lines/entry.ts'
import { createIgnoredFields, type IgnoredFields, type UploadWarning } from '../core/lines/ignored-fields.ts'
import type { Piece } from '../core/lines/pieces.ts'
import { createSplitter } from '../core/lines/split.ts'
import { ServiceError } from '../core/outcome.ts'
import type { BatchStore, NewItem } from '../core/stores/batch-store.ts'
import { createPieces, ownTurn } from '../core/time/event-loop-turns.ts'
import { readHeader, readItem } from './upload-entries.ts'

export interface Upload {
  /** Who sends it. */
  readonly key: string
  /** The same again continues the same batch, or finds it when it is complete. */
  readonly idempotencyKey: string | undefined
  /** The span of the request. */
  readonly traceparent?: string | undefined
  /** As the request has them; what the first entry of the body says goes before. */
  readonly settings: BatchSettings
  /** The place in the batch of the first item of this body. */
  readonly offset: number
  /** Whether another part of the batch comes after this body. */
  readonly goesOn: boolean
  /** Whether a field that is not known makes its item fail; it is left out and counted otherwise. */
  readonly strict: boolean
  readonly body: AsyncIterable<Uint8Array>
}

export interface UploadOptions {
  readonly store: BatchStore
  /** @throws ServiceError when no item could be run under these settings */
  readonly check: (settings: BatchSettings) => Promise<void>
  /** The longest entry, in bytes. */
  readonly entryLimit: number
  /** The most items of a batch. */
  readonly itemLimit: number
}

export interface Receipt {
  readonly batch: Batch
  /** False when the batch was complete before. */
  readonly received: boolean
  readonly warnings: readonly UploadWarning[]
}

const chunkItems = 250
const chunkCharacters = 1_000_000

/** Takes uploads of any size: each chunk is on disk before the next is read, and none is kept. */
export function createUploads({ store, check, entryLimit, itemLimit }: UploadOptions) {
  async function open(
    { key, idempotencyKey = null, traceparent = null, offset }: OpenUpload,
    settings: BatchSettings,
  ): Promise<Batch> {
    await check(settings)
    const { delivery = 'live', max_cost_usd: maxCostUsd = null, max_tokens: maxTokens = null } = settings
    const written = JSON.stringify(settings)
    const id = `batch_${randomUUID().replaceAll('-', '')}`
    const createdAt = Date.now()
    const batch = await store.createBatch({
      ...{ id, key, idempotencyKey, traceparent, settings: written, delivery, maxCostUsd, maxTokens, createdAt },
    })
    // What goes on with an upload need not repeat the settings that its first part had.
    const isLaterPart = offset > 0 && Object.keys(settings).length === 0
    if (batch.settings !== written && !isLaterPart)
      throw new ServiceError('conflict', `This Idempotency-Key was used for ${batch.id}, which has other settings.`)
    if (offset > batch.total)
      throw new ServiceError('conflict', `${batch.id} holds ${batch.total} items: send on from that offset.`)
    return batch
  }

  /** Looks before, so that nothing is added to another upload, and after, as two may come at the same time. */
  async function append(batch: Batch, items: readonly NewItem[]): Promise<void> {
    const mayBeThere = batch.idempotencyKey !== null && items.length > 0
    if (mayBeThere && (await store.holdsOthers(batch.id, items))) throw anotherUpload(batch)
    if (items.length > 0 && batch.status === 'validating') {
      const appended = await store.appendItems(batch.id, items)
      if (appended === undefined) throw new ServiceError('conflict', `${batch.id} is not being uploaded any more.`)
      if (mayBeThere && (await store.holdsOthers(batch.id, items))) throw anotherUpload(batch)
    }
    // The embedded store answers within the tick: without a pause an upload would be all that is served.
    await ownTurn()
  }

  /** Into a batch that is complete, nothing: its items are compared alone. @throws ServiceError conflict */
  async function fill(batch: Batch, pieces: AsyncIterable<Piece>, { upload, ignored }: Filling): Promise<void> {
    let seq = upload.offset
    let items: NewItem[] = []
    let characters = 0
    const pause = createPieces()
    for await (const piece of pieces) {
      await pause()
      if (seq >= itemLimit)
        throw new ServiceError('too_large', `A batch holds at most BATCH_ITEM_LIMIT items, which is ${itemLimit}.`)
      items.push(readItem(piece, { seq, limit: entryLimit, ignored: upload.strict ? undefined : ignored }))
      seq += 1
      characters += piece.text?.length ?? 0
      if (items.length < chunkItems && characters < chunkCharacters) continue
      await append(batch, items)
      items = []
      characters = 0
    }
    await append(batch, items)
    if (batch.idempotencyKey === null || isCancelled(batch)) return
    const { total = seq } = (await store.readBatch(batch.id)) ?? {}
    if (seq < total ? !upload.goesOn : seq > total) throw anotherUpload(batch)
  }

  async function receive(upload: Upload, pieces: AsyncGenerator<Piece, undefined>): Promise<Receipt> {
    if (upload.goesOn && upload.idempotencyKey === undefined)
      throw new ServiceError(
        'invalid_request',
        'An upload in parts takes an Idempotency-Key, which keeps them together.',
      )
    const { value: first } = await pieces.next()
    if (first === undefined) throw new ServiceError('invalid_request', 'The body holds no item.')
    const header = readHeader(first)
    const batch = await open(upload, { ...upload.settings, ...header })
    const ignored = createIgnoredFields()
    try {
      await fill(batch, header ? pieces : withFirst(first, pieces), { upload, ignored })
      const received = batch.status === 'validating'
      const sealed = received && !upload.goesOn ? await store.sealBatch(batch.id) : undefined
      const now = sealed ?? (await store.readBatch(batch.id))
      return { batch: now ?? batch, received, warnings: ignored.warnings() }
    } catch (error) {
      // Without a key nobody could find the batch again to go on with it.
      if (upload.idempotencyKey === undefined) await store.cancelBatch(batch.id).catch(() => undefined)
      throw error
    }
  }

  /** @throws ServiceError */
  return async (upload: Upload): Promise<Receipt> => {
    const splitter = createSplitter({ limit: entryLimit })
    const pieces = readPieces(upload.body, splitter, { isBeginning: upload.offset === 0 })
    try {
      return await receive(upload, pieces)
    } finally {
      // Lets go of the body, also where none or a part of it was read.
      await pieces.return(undefined)
    }
  }
}

const isCancelled = ({ status }: Batch) => status === 'cancelled' || status === 'cancelling'

const anotherUpload = ({ id }: Batch) =>
  new ServiceError('conflict', `This Idempotency-Key was used for ${id}, which holds other items: use another key.`)

interface Filling {
  readonly upload: Upload
  readonly ignored: IgnoredFields
}

type OpenUpload = Pick<Upload, 'key' | 'offset'> & {
  readonly idempotencyKey?: string | null | undefined
  readonly traceparent?: string | null | undefined
}

async function* withFirst(first: Piece, rest: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  yield first
  yield* rest
}
