import { z } from 'zod'
import { BatchEstimate, BatchReport, UploadReport } from '../core/batch/batch-report.ts'
import type { BatchEntry, BatchSettings } from '../core/batch/batch-settings.ts'
import { type CallOptions, type Connection, json, ndjson } from './connection.ts'
import { createReaders, pathOf, type ResultOptions } from './readers.ts'

const Page = z.object({ data: z.array(BatchReport), has_more: z.boolean() })
const Retried = BatchReport.extend({ retried: z.int() })

export interface CreateOptions extends CallOptions {
  /** What holds for all items where an item does not say otherwise. */
  readonly settings?: BatchSettings | undefined
  /** The same again goes on with an upload, or finds the batch. One is made up when none is given. */
  readonly idempotencyKey?: string | undefined
}

export interface UploadOptions extends CallOptions {
  /** As text too, for the service to judge. */
  readonly settings?: Readonly<
    Partial<
      Record<
        'prompt' | 'max_tags' | 'delivery' | 'endpoint' | 'max_cost_usd' | 'max_tokens' | 'strict',
        string | number | undefined
      >
    >
  >
  readonly idempotencyKey?: string | undefined
  /** That of the file, where it is neither UTF-8 nor begins with a byte order mark. */
  readonly charset?: string | undefined
}

export interface ListOptions extends CallOptions {
  /** The id of the last batch of the page before. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

export type Resumption = Pick<BatchSettings, 'max_cost_usd' | 'max_tokens' | 'delivery'>

const ndjsonIn = (charset?: string) =>
  charset === undefined ? ndjson : { 'content-type': `${ndjson['content-type']}; charset="${charset}"` }

export function createBatchCalls(connection: Connection) {
  const { read } = connection
  const { results, watch } = createReaders(connection)
  // Not made again when the answer is lost: the second might be told that there is nothing left to do.
  const act = { method: 'POST', repeatable: false } as const

  const cancel = (id: string, options: CallOptions = {}) =>
    read(pathOf(id, '/cancel'), BatchReport, { ...options, ...act })

  /**
   * Sends items as they come, in parts that are sent again until they are there: a lost connection loses nothing, and
   * no more than a part is held in memory.
   */
  async function create(
    items: Iterable<BatchEntry> | AsyncIterable<BatchEntry>,
    { settings = {}, idempotencyKey, signal }: CreateOptions = {},
  ): Promise<UploadReport> {
    const headers = { ...ndjson, 'idempotency-key': idempotencyKey ?? madeUpKey() }
    let offset = 0
    let batch: UploadReport | undefined
    try {
      for await (const { body, count, isLast } of partsOf(items, settings)) {
        const query = { offset, more: !isLast }
        batch = await read('/batches', UploadReport, { method: 'POST', query, headers, body, signal })
        // It was complete before, under this key.
        if (batch.status !== 'validating') break
        offset += count
      }
      return batch!
    } catch (error) {
      // Nobody could find it again to go on with it.
      if (batch && idempotencyKey === undefined) await cancel(batch.id).catch(() => undefined)
      throw error
    }
  }

  return {
    create,
    /** One request with a file of NDJSON or a JSON array as it is. A stream cannot be sent twice, so it is not retried. */
    upload: (
      body: string | Blob | ReadableStream<Uint8Array>,
      { settings: query = {}, idempotencyKey, charset, signal }: UploadOptions = {},
    ): Promise<UploadReport> =>
      read('/batches', UploadReport, {
        ...{ method: 'POST', query, body, signal, patient: true, repeatable: idempotencyKey !== undefined },
        headers: { ...ndjsonIn(charset), ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }) },
      }),
    /** What a batch of this file would cost: nothing is stored, and no model asked. */
    estimate: (
      body: string | Blob | ReadableStream<Uint8Array>,
      { settings: query = {}, charset, signal }: Omit<UploadOptions, 'idempotencyKey'> = {},
    ): Promise<BatchEstimate> =>
      read('/batches/estimate', BatchEstimate, {
        ...{ method: 'POST', query, body, signal, patient: true, repeatable: false, headers: ndjsonIn(charset) },
      }),
    get: (id: string, options: CallOptions = {}) => read(pathOf(id), BatchReport, options),
    /** A page, newest first. */
    list: ({ after, limit, signal }: ListOptions = {}) => read('/batches', Page, { query: { after, limit }, signal }),
    cancel,
    pause: (id: string, options: CallOptions = {}) => read(pathOf(id, '/pause'), BatchReport, { ...options, ...act }),
    /** One that met its cap needs a higher one; with a delivery, one that runs is sent that way from now on. */
    resume: (id: string, { signal, ...terms }: CallOptions & Resumption = {}) =>
      read(pathOf(id, '/resume'), BatchReport, { ...act, ...json(terms), signal }),
    /** Tries the failed items again, or those of some outcomes alone, and says how many. */
    retry: (id: string, { outcome, signal }: CallOptions & Pick<ResultOptions, 'outcome'> = {}) =>
      read(pathOf(id, '/retry'), Retried, { ...act, signal, query: { outcome: outcome?.toString() } }),
    results,
    watch,
  }
}

/** By `getRandomValues`, as browsers keep `randomUUID` from pages without TLS. */
const madeUpKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')

interface Part {
  /** NDJSON. */
  readonly body: string
  /** How many items it holds. */
  readonly count: number
  readonly isLast: boolean
}

const mostItems = 500
const mostCharacters = 1_000_000

/** Items as uploads that are small enough to be kept until the service has said that it has them. */
async function* partsOf(
  items: Iterable<BatchEntry> | AsyncIterable<BatchEntry>,
  settings: BatchSettings,
): AsyncGenerator<Part, undefined> {
  const header = Object.keys(settings).length > 0 ? `${JSON.stringify({ batch: settings })}\n` : ''
  let body = header
  let count = 0
  for await (const item of items) {
    // Only now is it known that the part before was not the last.
    if (count === mostItems || body.length > mostCharacters) {
      yield { body, count, isLast: false }
      body = ''
      count = 0
    }
    body += `${JSON.stringify(item)}\n`
    count += 1
  }
  yield { body, count, isLast: true }
}
