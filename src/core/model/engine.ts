import type { ErrorCode } from '../outcome.ts'
import type { EncodedText, LearnedExamples } from '../ranking.ts'
import type { Choices } from '../tags/choices.ts'
import type { ListedTag, TagList } from '../tags/tag-list.ts'
import type { Usage } from '../usage.ts'
import type { Message, Questions, ScoredTag } from './question.ts'
import type { WireSchema } from './reply-schema.ts'
import type { WireForm } from './wire-form.ts'

export interface TokenProbability {
  readonly text: string
  /** Natural logarithm. */
  readonly logprob: number
  /** What could have stood in its place, itself included; empty where the endpoint tells none. */
  readonly alternatives: readonly { readonly text: string; readonly logprob: number }[]
}

/** What one call asks of a decision model: whether each of these tags fits, and which of them fits best. */
export interface QuestionPart {
  readonly tags: readonly ListedTag[]
  readonly withChoice: boolean
}

/**
 * One call of a model. One that writes reads `messages`; one that decides reads `text` and `questions`; the embedded
 * ranker reads `text` and `tagList`. All three are made when they are read.
 */
export interface EngineCall {
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
  /** What the embedded ranker learned from beside the examples of the prompt. */
  readonly learned?: LearnedExamples | undefined
  /** What a sentence encoder says of the text; undefined where none does. */
  readonly encoded?: EncodedText | undefined
  /** How the prompt words what it asks of a decision model; undefined where it does not say. */
  readonly questions?: Questions | undefined
  /** What of the choices this call is about; all of them where it is left out. */
  readonly part?: QuestionPart | undefined
}

interface Reply {
  /** What the model that answered is called by its endpoint. */
  readonly model: string
  readonly finish: 'stop' | 'length' | 'content_filter' | 'refusal'
  readonly usage: Usage
  /** What the endpoint says the call cost, in US dollars; undefined where it says nothing. */
  readonly cost?: number | undefined
  readonly headers: Headers | undefined
}

export interface TextReply extends Reply {
  readonly text: string
  /** The tokens of `text` with their probabilities; undefined where the endpoint gives none. */
  readonly tokens: readonly TokenProbability[] | undefined
}

export interface ScoreReply extends Reply {
  readonly scores: readonly ScoredTag[]
  /** How the tags fare against each other, where that was asked: it orders those of equal probability. */
  readonly shares?: ReadonlyMap<ListedTag, number> | undefined
  /** Tags about which the model refused to say anything. */
  readonly refused: readonly ListedTag[]
  /** Tags that were asked about and got no usable answer. */
  readonly missing: readonly ListedTag[]
  /** Told by the ranker alone: whether it could read the text. */
  readonly textRead?: boolean | undefined
}

export type EngineReply = TextReply | ScoreReply
export const isScores = (reply: EngineReply): reply is ScoreReply => 'scores' in reply

/** The text of a reply to a question that only a model that writes can answer. */
export function textOf(reply: EngineReply): string {
  if (isScores(reply)) throw new RangeError('An engine that scores was asked for a text.')
  return reply.text
}

/** Why a call of a model gave no completion. `text` and `body` are for matching only: they may quote the prompt. */
export interface UpstreamFailure {
  readonly kind: 'status' | 'timeout' | 'network' | 'malformed'
  readonly status: number | undefined
  /** The endpoint's own word for the error, such as `model_not_found`. */
  readonly code: string | undefined
  readonly text: string
  readonly body: unknown
  readonly headers: Headers | undefined
  /** What failed below, as the system calls it, such as `ENOTFOUND`. */
  readonly below?: string | undefined
}

/** What a failure means for the request, and whether the same call may be made again. */
export interface Verdict {
  readonly code: ErrorCode
  readonly retry: boolean
  /** What is wrong and which setting mends it, fit for any client. */
  readonly message: string
}

/** In one word what happened, for lists of attempts and for metrics. */
export function nameOf({ kind, status }: UpstreamFailure): string {
  return kind === 'status' && status !== undefined ? `http_${status}` : kind
}

export type EngineResult<R extends EngineReply = EngineReply> =
  | { readonly ok: true; readonly reply: R }
  | { readonly ok: false; readonly failure: UpstreamFailure }
export type TextResult = EngineResult<TextReply>

/** A model behind one endpoint. A failed call is a value; only an abort by `signal` is thrown. */
export interface Engine<R extends EngineReply = EngineReply> {
  /** What the endpoint is called in answers, logs and metrics. */
  readonly endpoint: string
  /** The model that is asked when the prompt names none. */
  readonly model: string
  /** A chat model reads messages and writes text; a decision model reads questions, the ranker the list: both score. */
  readonly reads: 'messages' | 'questions' | 'list'
  /** What is thought of how a model wants to be asked, before it is asked. */
  initialForm(model: string): WireForm
  complete(call: EngineCall, options: { signal: AbortSignal; traceparent?: string }): Promise<EngineResult<R>>
}

export type EmbeddingResult =
  | {
      readonly ok: true
      /** One for each text, in their order. */
      readonly vectors: readonly Float32Array[]
      readonly model: string
      readonly usage: Usage
      /** What the endpoint says the call cost, in US dollars; undefined where it says nothing. */
      readonly cost: number | undefined
    }
  | { readonly ok: false; readonly failure: UpstreamFailure }

/** A model that makes vectors of texts. Makes one call; repeating it is not its business. */
export interface EmbeddingModel {
  readonly endpoint: string
  readonly model: string
  embed(texts: readonly string[]): Promise<EmbeddingResult>
}
