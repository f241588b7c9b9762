import { setTimeout as sleep } from 'node:timers/promises'
import type { ItemResult } from '../core/batch/batch.ts'
import type { BatchStore, ResultPage } from '../core/stores/batch-store.ts'

export interface ResultOptions extends Pick<ResultPage, 'outcomes' | 'succeeded'> {
  readonly details: boolean
}

const rowsPerPage = 1000

/** The results of a batch as NDJSON, a page at a time, so that a reader who is slow holds up nothing but himself. */
export async function* readResults(
  store: BatchStore,
  batchId: string,
  { details, ...filter }: ResultOptions,
): AsyncGenerator<string> {
  for (let after = -1; ; ) {
    const rows = await store.readResults(batchId, { ...filter, after, limit: rowsPerPage })
    const last = rows.at(-1)
    if (last === undefined) return
    yield rows.map(row => lineOf(row, details)).join('')
    if (rows.length < rowsPerPage) return
    after = last.seq
  }
}

// Stored JSON is passed on as it is: a million lines are not parsed to be written again.
function lineOf({ customId, succeeded, output }: ItemResult, details: boolean): string {
  if (!succeeded) return `{"id":${customId},"error":${output}}\n`
  return `{"id":${customId},${details ? output.slice(1) : withoutDetails(output)}\n`
}

function withoutDetails(output: string): string {
  // Inside a JSON string these quotes would be escaped, so this finds the key and nothing else.
  const end = output.indexOf(',"details":')
  return end === -1 ? output.slice(1) : `${output.slice(1, end)}}`
}

export interface FollowOptions extends ResultOptions {
  /** So many results are left out: those that were read before a connection broke. */
  readonly offset: number
  /** How often it is looked whether more has ended, in milliseconds. */
  readonly interval: number
  readonly signal: AbortSignal
}

/** Results in the order of the upload, each as soon as all before it are there, until the batch has ended. */
export async function* followResults(
  store: Pick<BatchStore, 'readBatch' | 'readResults'>,
  batchId: string,
  { details, offset, outcomes, succeeded, interval, signal }: FollowOptions,
): AsyncGenerator<string> {
  const isWanted = (row: ItemResult) =>
    (outcomes?.includes(row.outcome) ?? true) && (succeeded === undefined || succeeded === row.succeeded)
  let after = -1
  let toSkip = offset
  let limit = rowsPerPage
  // Without a filter and without gaps the result that comes next stands in that very place of the upload.
  const first = await store.readBatch(batchId)
  if (outcomes === undefined && succeeded === undefined && first?.status !== 'cancelled') {
    after = offset - 1
    toSkip = 0
  }
  while (!signal.aborted) {
    // Asked before its rows: what it had come to when it ended is in them.
    const ended = (await store.readBatch(batchId))?.finishedAt !== null
    const rows = await store.readResults(batchId, { after, limit })
    const gap = ended ? -1 : rows.findIndex((row, index) => row.seq !== after + 1 + index)
    const ready = gap === -1 ? rows : rows.slice(0, gap)
    const wanted = ready.filter(isWanted)
    const fresh = wanted.slice(toSkip)
    if (fresh.length > 0) yield fresh.map(row => lineOf(row, details)).join('')
    toSkip = Math.max(0, toSkip - wanted.length)
    after = ready.at(-1)?.seq ?? after
    if (ended && rows.length < limit) return
    const more = gap === -1 && rows.length === limit
    // While one item is waited for, the thousands behind it need not be read.
    limit = more || ready.length > 0 ? rowsPerPage : 1
    if (!more) await sleep(interval, undefined, { signal }).catch(() => undefined)
  }
}
