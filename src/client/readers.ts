import { BatchReport } from '../core/batch/batch-report.ts'
import { FailedItem } from '../core/batch/batch-results.ts'
import { Answer, DetailedAnswer } from '../core/classification.ts'
import { type CallOptions, type Connection, checked, parsed, pause } from './connection.ts'
import { isLost } from './tagsmith-error.ts'

export interface ResultOptions extends CallOptions {
  /** Only these outcomes. */
  readonly outcome?: string | readonly string[] | undefined
  /** Only items with an answer, or only those without. */
  readonly status?: 'completed' | 'failed' | undefined
  readonly details?: boolean | undefined
  /** False gives what has ended so far, and is not made again when the connection breaks; true unless told. */
  readonly follow?: boolean | undefined
}

const reconnectMs = 1_000
const hasEnded = ({ status }: BatchReport) => status === 'completed' || status === 'cancelled'

export const pathOf = (id: string, rest = '') => `/batches/${encodeURIComponent(id)}${rest}`

/** What a batch has to tell while it runs, over as many connections as it takes. */
export function createReaders({ read, lines }: Connection) {
  /** In the order of the upload, each as soon as all before it are there. */
  function results(id: string, options: ResultOptions & { details: true }): AsyncGenerator<DetailedAnswer | FailedItem>
  function results(id: string, options?: ResultOptions & { details?: false }): AsyncGenerator<Answer | FailedItem>
  async function* results(
    id: string,
    { outcome, status, details, follow = true, signal }: ResultOptions = {},
  ): AsyncGenerator<Answer | DetailedAnswer | FailedItem> {
    const query = { outcome: outcome?.toString(), status, details, ...(follow && { follow }) }
    for (let count = 0; ; ) {
      // Asked first: what a batch that had ended then has come to is all there in the answer.
      const isWhole = !follow || hasEnded(await read(pathOf(id), BatchReport, { signal }))
      const before = count
      const answer = await lines(pathOf(id, '/results'), {
        query: { ...query, ...(follow && { offset: count }) },
        signal,
      })
      try {
        for await (const line of answer) {
          const result = readResult(line)
          count += 1
          yield result
        }
        if (isWhole) return
      } catch (error) {
        if (!follow || !isLost(error)) throw error
      }
      if (count === before) await pause(reconnectMs, signal)
    }
  }

  /** Each state of the batch until it has ended. */
  async function* watch(id: string, { signal }: CallOptions = {}): AsyncGenerator<BatchReport, undefined> {
    for (let lastId: string | undefined; ; ) {
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
      const answer = await lines(pathOf(id, '/events'), { headers, signal })
      try {
        for await (const event of eventsIn(answer)) {
          const batch = checked(BatchReport, parsed(event.data))
          lastId = event.id
          yield batch
          if (hasEnded(batch)) return
        }
      } catch (error) {
        if (!isLost(error)) throw error
      }
      await pause(reconnectMs, signal)
    }
  }

  return { results, watch }
}

function readResult(line: string): Answer | DetailedAnswer | FailedItem {
  const value = parsed(line)
  if (typeof value === 'object' && value !== null) {
    if ('error' in value) return checked(FailedItem, value)
    if ('details' in value) return checked(DetailedAnswer, value)
  }
  return checked(Answer, value)
}

interface ServerSentEvent {
  readonly id: string | undefined
  readonly data: string
}

/** Server-sent events, as far as the service writes them: one `id`, one line of `data`, comments in between. */
async function* eventsIn(lines: AsyncIterable<string>): AsyncGenerator<ServerSentEvent, undefined> {
  let id: string | undefined
  let data: string | undefined
  for await (const line of lines) {
    if (line.startsWith('id: ')) id = line.slice('id: '.length)
    if (line.startsWith('data: ')) data = line.slice('data: '.length)
    if (line !== '' || data === undefined) continue
    yield { id, data }
    data = undefined
  }
}
