import type { Choices } from '../domain/choices.ts'
import type { Details } from '../domain/classification.ts'
import type { TokenProbability } from '../domain/confidence.ts'
import type { KnownAnswer } from '../domain/known-answer.ts'
import type { Outcome } from '../domain/outcome.ts'
import type { Message } from '../domain/prompt/prompt.ts'
import type { TagList } from '../domain/tag-list.ts'
import type { UpstreamFailure } from '../domain/upstream-failure.ts'
import type { Attempt, Usage } from '../domain/usage.ts'
import type { WireForm } from '../domain/wire-form.ts'
import type { WireSchema } from '../domain/wire-schema.ts'
import type { BatchDepth, MaybePromise } from './ports/store.ts'

export type { MaybePromise } from './ports/store.ts'

/**
 * One call of a model. Remote models read `messages`; a local one may read `text` and `choices` instead. Both are made
 * when they are read.
 */
export interface ChatCall {
  readonly model: string
  readonly messages: () => readonly Message[]
  readonly schema: WireSchema
  readonly form: WireForm
  readonly temperature: number
  /** The most tokens the reply may have. */
  readonly tokenCap: number
  /** Same for all calls that share their fixed part: lets a provider route them to the same prompt cache. */
  readonly cacheKey: string
  readonly text: () => string
  readonly tagList: TagList
  readonly choices: Choices
  readonly maxTags: number
  /** Whether token probabilities are wanted. */
  readonly logprobs: boolean
}

export interface ChatReply {
  readonly text: string
  /** What the model that answered is called by its endpoint. */
  readonly model: string
  readonly finish: 'stop' | 'length' | 'content_filter' | 'refusal'
  readonly usage: Usage
  /** The tokens of `text` with their probabilities; undefined where the endpoint gives none. */
  readonly tokens: readonly TokenProbability[] | undefined
  readonly headers: Headers | undefined
}

export type ChatResult =
  | { readonly ok: true; readonly reply: ChatReply }
  | { readonly ok: false; readonly failure: UpstreamFailure }

/** A model behind one endpoint. A failed call is a value; only an abort by `signal` is thrown. */
export interface ChatModel {
  /** What the endpoint is called in answers, logs and metrics. */
  readonly endpoint: string
  /** The model that is asked when the prompt names none. */
  readonly model: string
  /** What is thought of how a model wants to be asked, before it is asked. */
  initialForm(model: string): WireForm
  complete(call: ChatCall, options: { signal: AbortSignal; traceparent?: string }): Promise<ChatResult>
}

/** What a number of tokens costs, in US dollars; null when the model has no known price. */
export interface Prices {
  cost(model: string, usage: Usage): number | null
}

/** What is not counted, but looked at when somebody asks. */
export interface ExposedState {
  readonly load: { readonly working: number; readonly waiting: number }
  /** Undefined where there are no batches, or the store does not answer. */
  readonly batches: { readonly depth: readonly BatchDepth[]; readonly inFlight: number } | undefined
}

/** What is counted for operators. No label holds what a stranger wrote. */
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
  classification(measured: {
    readonly outcome: Outcome
    readonly attempts: readonly Attempt[]
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

export interface StoredAnswer {
  readonly answer: KnownAnswer
  /** The milliseconds for which it still holds. */
  readonly left: number
}

/** Where validated answers outlive the process. It never fails a request: what goes wrong is a miss. */
export interface AnswerStore {
  get(key: string): MaybePromise<StoredAnswer | undefined>
  set(key: string, answer: KnownAnswer): void
}
