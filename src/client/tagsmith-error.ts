import { type ErrorCode, outcomes } from '../core/outcome.ts'
import type { Problem } from '../core/problem.ts'

/**
 * The codes of the service, and what may end a call on the way: no connection or one that broke, no word in time, an
 * answer that is not the service's own.
 */
export type TagsmithErrorCode = ErrorCode | 'unreachable' | 'timeout' | 'unexpected_answer'

export interface TagsmithErrorOptions {
  readonly status?: number | undefined
  readonly problem?: Problem | undefined
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

/**
 * Every failure of a call but the caller's own abort. A class of its own beside the service's, as here half of the
 * faults are on the way, and callers tell it apart by `instanceof`.
 */
export class TagsmithError extends Error {
  readonly code: TagsmithErrorCode
  /** Undefined when there was no answer. */
  readonly status: number | undefined
  /** What the service said, as it said it. */
  readonly problem: Problem | undefined
  /** In seconds, where the answer told it. */
  readonly retryAfter: number | undefined
  /** Whether the same call may do better later. */
  readonly retryable: boolean

  constructor(code: TagsmithErrorCode, message: string, options: TagsmithErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'TagsmithError'
    this.code = code
    this.status = options.status
    this.problem = options.problem
    this.retryAfter = options.retryAfter
    this.retryable = code in outcomes ? outcomes[code as ErrorCode].retryable : (options.status ?? 500) >= 500
  }
}

/** Whether what was under way broke off, and not what was asked. */
export const isLost = (error: unknown): boolean =>
  error instanceof TagsmithError && (error.code === 'unreachable' || error.code === 'timeout')
