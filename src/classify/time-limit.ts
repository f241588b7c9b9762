import { ServiceError } from '../core/outcome.ts'
import type { Attempt } from '../core/usage.ts'

export interface TimeLimit {
  /** Whether the time ran out before anything else ended the work. */
  isOver(): boolean
  end(): void
}

/** Aborts work when its time is over. `AbortSignal.timeout` cannot be ended, and another signal is one more to follow. */
export function limitTime(controller: AbortController, milliseconds: number): TimeLimit {
  let over = false
  const timer = setTimeout(() => {
    over = !controller.signal.aborted
    controller.abort(new DOMException('The time is over.', 'TimeoutError'))
  }, milliseconds)
  return { isOver: () => over, end: () => clearTimeout(timer) }
}

interface Circumstances {
  readonly signal: AbortSignal
  readonly limit: TimeLimit
  readonly attempts: readonly Attempt[]
}

/** An abort is told apart by whose it was; a failure carries what was asked, as that was paid for. */
export function explained(error: unknown, { signal, limit, attempts }: Circumstances): unknown {
  const late = () => new ServiceError('deadline', tooLate(attempts), { retryAfter: 1 })
  // An endpoint may find that the time is over before the timer fires; only here is it known what was asked by then.
  const isFoundLate = error instanceof ServiceError && error.code === 'deadline' && attempts.length > 0
  const reason = limit.isOver() ? late() : signal.aborted ? signal.reason : isFoundLate ? late() : error
  return reason instanceof ServiceError ? reason.withAttempts(attempts) : reason
}

/** A request whose calls were broken off has no use for more time of its own: the next call would end as they did. */
const tooLate = (attempts: readonly Attempt[]): string =>
  attempts.some(({ result }) => result === 'timeout')
    ? 'The model endpoint did not answer in time: a call took longer than UPSTREAM_TIMEOUT_MS, and the request longer than REQUEST_TIMEOUT_MS. Raise both for a model that is slow, or has to be loaded first.'
    : 'The request took longer than REQUEST_TIMEOUT_MS.'
