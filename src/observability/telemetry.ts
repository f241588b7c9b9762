import type { BatchDepth } from '../core/batch/batch.ts'
import type { Details } from '../core/classification.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Attempt } from '../core/usage.ts'

/** What is not counted, but looked at when somebody asks. */
export interface ExposedState {
  readonly load: { readonly working: number; readonly waiting: number }
  /** Models that are left alone as they do nothing but fail, and for how many callers. */
  readonly leftAlone: readonly { readonly endpoint: string; readonly model: string; readonly callers: number }[]
  /** Models that their provider will take away. */
  readonly shutdowns: readonly { readonly endpoint: string; readonly model: string; readonly daysLeft: number }[]
  /** Undefined where there are no batches, or the store does not answer. */
  readonly batches: { readonly depth: readonly BatchDepth[]; readonly inProgress: number } | undefined
}

/** What is counted for operators. No label holds what a client wrote. */
export interface Metrics {
  /** A request over HTTP; times in milliseconds. */
  request(measured: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly elapsed: number
    readonly problem: Outcome | undefined
    /** Undefined when no model was asked. */
    readonly modelTime: number | undefined
  }): void
  /** A call of a model, once wherever it was made; `before` is the one that it had to follow. */
  attempt(attempt: Attempt, before: Attempt | undefined): void
  classification(measured: {
    readonly outcome: Outcome
    /** Undefined when there was no answer. */
    readonly details: Details | undefined
    /** Whether the answer was known; undefined when there was none. */
    readonly cache?: string
  }): void
  invalidReply(reason: string): void
  /** An item of a batch that ended here. */
  batchItem(outcome: string): void
  /** All of it, as a scraper reads it. */
  expose(state: ExposedState): Promise<{ type: string; text: string }>
}

export type SpanAttributes = Record<string, string | number | string[]>

/** A piece of work in a trace. */
export interface Span {
  /** What whoever is asked for this work is told, as W3C Trace Context writes it. */
  readonly traceparent: string
  set(attributes: SpanAttributes): void
  fail(type: string): void
  end(): void
  /** What is started inside is part of this. */
  within<Result>(work: () => Result): Result
}

export interface Tracing {
  start(
    name: string,
    options: {
      readonly kind: 'server' | 'client' | 'internal'
      readonly attributes: SpanAttributes
      /** The span of the caller, where one was sent. */
      readonly traceparent?: string | undefined
      /** A span that this has to do with, though it is no part of it. */
      readonly link?: string | undefined
    },
  ): Span
  /** Sends what is left. */
  close(): Promise<void>
}
