import type { Attempt } from './usage.ts'

interface OutcomeRow {
  /** HTTP status of the answer. */
  readonly status: number
  /** Whether the same request may do better later. */
  readonly retryable: boolean
  readonly title: string
}

/** Every way a request can end. An empty list of tags is an answer (`none_apply`), never a disguise for a failure. */
export const outcomes = {
  ok: { status: 200, retryable: false, title: 'Tags were found' },
  none_apply: { status: 200, retryable: false, title: 'Nothing on the list fits' },
  invalid_request: { status: 400, retryable: false, title: 'The request is not valid' },
  unauthorized: { status: 401, retryable: false, title: 'The request has no key that is known' },
  forbidden: { status: 403, retryable: false, title: 'This request is not allowed' },
  not_found: { status: 404, retryable: false, title: 'There is nothing at this address' },
  unknown_prompt: { status: 404, retryable: false, title: 'There is no prompt of this name' },
  unknown_batch: { status: 404, retryable: false, title: 'There is no batch of this id' },
  method_not_allowed: { status: 405, retryable: false, title: 'The address does not take this method' },
  request_timeout: { status: 408, retryable: true, title: 'The request did not arrive in time' },
  conflict: { status: 409, retryable: false, title: 'The state of things does not allow it' },
  not_calibrated: { status: 409, retryable: false, title: 'Nobody measured when the embedded ranker is right' },
  too_large: { status: 413, retryable: false, title: 'The request is over a limit' },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    title: 'The body is of a type, charset or content-encoding that is not taken',
  },
  unusable_text: { status: 422, retryable: false, title: 'The text holds nothing to classify' },
  refused: { status: 422, retryable: false, title: 'The model refused' },
  blocked: { status: 422, retryable: false, title: 'A content filter stopped the model' },
  rate_limited: { status: 429, retryable: true, title: 'The key is used too often' },
  budget_exhausted: { status: 429, retryable: true, title: 'The key has spent its budget of the day' },
  headers_too_large: { status: 431, retryable: false, title: 'The headers of the request are too long' },
  client_closed: { status: 499, retryable: true, title: 'The client left before its answer' },
  internal: { status: 500, retryable: true, title: 'Something broke in the service' },
  crash_loop: { status: 500, retryable: true, title: 'The service stopped whenever it held this item' },
  invalid_reply: { status: 502, retryable: true, title: 'The model gave no usable reply' },
  truncated: { status: 502, retryable: true, title: 'The reply of the model was cut short' },
  upstream_auth: { status: 502, retryable: false, title: 'The model endpoint does not accept the key' },
  upstream_config: { status: 502, retryable: false, title: 'The model endpoint is not configured right' },
  upstream_unavailable: { status: 503, retryable: true, title: 'The model endpoint is not available' },
  overloaded: { status: 503, retryable: true, title: 'The service has all the work it takes' },
  stopping: { status: 503, retryable: true, title: 'The service is stopping' },
  storage_unavailable: { status: 503, retryable: true, title: 'The database is not available' },
  deadline: { status: 504, retryable: true, title: 'The time of the request ran out' },
} as const satisfies Record<string, OutcomeRow>

export type Outcome = keyof typeof outcomes
export type ErrorCode = Exclude<Outcome, 'ok' | 'none_apply'>

export const errorCodes = Object.keys(outcomes).filter(code => outcomes[code as Outcome].status !== 200) as ErrorCode[]

export interface Fault {
  /** JSON pointer into what was sent. */
  readonly pointer: string
  readonly message: string
}

export interface ServiceErrorOptions {
  readonly faults?: readonly Fault[]
  /** When to come back, in seconds. */
  readonly retryAfter?: number
  /** What was asked of the model before it failed. */
  readonly attempts?: readonly Attempt[]
  readonly cause?: unknown
}

/** A request that ended without an answer. The message is fit for any client: no document, reply or key in it. */
export class ServiceError extends Error {
  readonly code: ErrorCode
  readonly faults: readonly Fault[]
  readonly retryAfter: number | undefined
  readonly attempts: readonly Attempt[]

  constructor(code: ErrorCode, message: string, options: ServiceErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ServiceError'
    this.code = code
    this.faults = options.faults ?? []
    this.retryAfter = options.retryAfter
    this.attempts = options.attempts ?? []
  }

  withAttempts(attempts: readonly Attempt[]): ServiceError {
    const { code, message, faults, retryAfter, cause } = this
    return new ServiceError(code, message, {
      faults,
      attempts,
      cause,
      ...(retryAfter === undefined ? {} : { retryAfter }),
    })
  }
}

/** What was thrown as a failure that a client may be told of: one that nobody foresaw is `internal`. */
export const asServiceError = (
  thrown: unknown,
  message = 'Something broke in the service; its log says more under this request id.',
): ServiceError => (thrown instanceof ServiceError ? thrown : new ServiceError('internal', message, { cause: thrown }))
