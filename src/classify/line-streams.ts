import { setTimeout as sleep } from 'node:timers/promises'
import type { Admission, Quotas } from '../accounting/index.ts'
import { type ApiKey, anonymous } from '../core/api-key.ts'
import { BatchEntry } from '../core/batch/batch-settings.ts'
import type { ClassifyRequest, DocumentId } from '../core/classification.ts'
import type { Classifier, LineResult, LineStream, LineStreams } from '../core/classifier.ts'
import { readEntry, readPieces } from '../core/lines/entry.ts'
import { createLineSplitter } from '../core/lines/pieces.ts'
import { asServiceError, ServiceError } from '../core/outcome.ts'
import { createPieces } from '../core/time/event-loop-turns.ts'
import type { Metrics } from '../observability/index.ts'
import { asReady } from './as-ready.ts'

export interface LineStreamsOptions {
  readonly classifier: Classifier
  readonly admission: Admission
  readonly quotas: Quotas
  readonly metrics: Pick<Metrics, 'classification'>
  /** The longest line, in bytes. */
  readonly lineLimit: number
  /** How many calls an endpoint is asked at once, at the most. */
  readonly callsAtOnce: number
}

/** A line that may be worked on, or that failed before. */
type Admitted = { readonly line: number; readonly id: DocumentId | undefined } & (
  | { readonly request: ClassifyRequest; readonly leave: () => void }
  | { readonly error: ServiceError }
)

/** A few lines stand ready, so that the endpoint does not wait while the next one is read. */
const linesPerCall = 1.25
const beforeAskingAgain = 100

/** Many texts in one request. A line takes its turn behind the requests that came alone, and holds nothing until then. */
export function createLineStreams(options: LineStreamsOptions): LineStreams {
  const { classifier, admission, quotas, metrics, lineLimit, callsAtOnce } = options
  const linesAtOnce = Math.ceil(callsAtOnce * linesPerCall)
  // All streams together hold up other requests no longer than one of them would.
  const pause = createPieces()

  /** Waits until the key may have one more. @throws ServiceError budget_exhausted */
  async function allowed(key: ApiKey, { within, signal }: { within: boolean; signal: AbortSignal }) {
    for (;;) {
      try {
        return quotas.enter(key, { asks: true, within })
      } catch (error) {
        // A line may come later, where a request has to be refused.
        if (!(error instanceof ServiceError) || error.code !== 'rate_limited') throw error
        await sleep(beforeAskingAgain, undefined, { signal })
      }
    }
  }

  /** The place that the stream itself has with its key serves one line at a time. */
  function createDoor({ apiKey }: LineStream, signal: AbortSignal) {
    let ownPlaceIsFree = true
    return async (): Promise<() => void> => {
      const within = ownPlaceIsFree
      const leaveKey = apiKey && (await allowed(apiKey, { within, signal }))
      if (within) ownPlaceIsFree = false
      const leave = () => {
        leaveKey?.()
        if (within) ownPlaceIsFree = true
      }
      const place = await admission.spareTurn(signal).catch(error => {
        leave()
        throw error
      })
      return () => {
        leave()
        place.leave()
      }
    }
  }

  async function* admit(stream: LineStream, signal: AbortSignal, onTaken: (line: number) => void) {
    const enter = createDoor(stream, signal)
    for await (const piece of readPieces(stream.body, createLineSplitter({ limit: lineLimit }))) {
      await pause()
      signal.throwIfAborted()
      stream.onRead()
      const line = piece.number
      const entry = readEntry(piece, { schema: BatchEntry, limit: lineLimit, ignored: stream.ignored })
      let admitted: Admitted
      if ('error' in entry) admitted = { line, id: entry.id, error: entry.error }
      else {
        const { custom_id: _, ...value } = entry.value
        const named = entry.id === undefined ? value : { ...value, id: entry.id }
        const request = { ...stream.defaults, ...named, ...(stream.afresh && { cache: false }) }
        admitted = await enter().then(
          leave => ({ line, id: entry.id, request, leave }),
          error => {
            if (signal.aborted) throw signal.reason
            return { line, id: entry.id, error: asServiceError(error) }
          },
        )
      }
      onTaken(line)
      yield admitted
    }
  }

  async function work(
    admitted: Admitted,
    { apiKey, signal, wantConfidence, endpoint }: LineStream,
  ): Promise<LineResult> {
    const { line, id = null } = admitted
    if ('error' in admitted) {
      metrics.classification({ outcome: admitted.error.code, details: undefined })
      return { line, id, error: admitted.error }
    }
    try {
      const result = await classifier.classify(admitted.request, {
        ...{ signal, account: apiKey?.name ?? anonymous, wantConfidence, endpoint },
        background: true,
      })
      return { line, id, result }
    } catch (thrown) {
      return { line, id, error: asServiceError(thrown) }
    } finally {
      admitted.leave()
    }
  }

  async function end(admitted: Admitted, stream: LineStream): Promise<LineResult> {
    const result = await work(admitted, stream)
    stream.onEnd(result)
    return result
  }

  return {
    async *run(stream) {
      const signal = AbortSignal.any([stream.signal, stream.closing])
      let next = 1
      const lines = admit(stream, signal, line => {
        next = line + 1
      })
      const most = Math.min(linesAtOnce, stream.apiKey?.limits.concurrency ?? linesAtOnce)
      try {
        yield* asReady(lines, line => end(line, stream), { most })
      } catch (thrown) {
        yield [{ line: next, id: null, error: asServiceError(thrown), isEnd: true }]
      }
    },
  }
}
