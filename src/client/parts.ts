import type { BatchEntry, BatchSettings } from '../domain/batch-settings.ts'

export interface Part {
  /** NDJSON. */
  readonly body: string
  /** How many items it holds. */
  readonly count: number
  readonly isLast: boolean
}

const mostItems = 500
const mostCharacters = 1_000_000

/** Items as uploads that are small enough to be kept until the service has said that it has them. */
export async function* partsOf(
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
