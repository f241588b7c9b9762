import type { ItemResult } from '../domain/batch.ts'
import type { BatchStore, ResultPage } from './ports/store.ts'

export interface ResultOptions extends Pick<ResultPage, 'outcomes' | 'succeeded'> {
  readonly details: boolean
}

export const rowsPerPage = 1000

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
export function lineOf({ customId, succeeded, output }: ItemResult, details: boolean): string {
  if (!succeeded) return `{"id":${customId},"error":${output}}\n`
  return `{"id":${customId},${details ? output.slice(1) : withoutDetails(output)}\n`
}

/** What an item ended with; `withoutDetails` knows that the details come last. */
export const answerOutput = (tags: unknown, details: unknown): string => JSON.stringify({ tags, details })

function withoutDetails(output: string): string {
  // Inside a JSON string these quotes would be escaped, so this finds the key and nothing else.
  const end = output.indexOf(',"details":')
  return end === -1 ? output.slice(1) : `${output.slice(1, end)}}`
}
