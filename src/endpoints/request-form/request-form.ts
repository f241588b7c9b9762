import type { ReplyFormat } from '../../core/reply-format.ts'

/** Parameters that a request can do without. */
export const optionalParameters = [
  'temperature',
  'logprobs',
  'prompt_cache_key',
  'prompt_cache_options',
  'reasoning_effort',
  'stream_options',
] as const
export type OptionalParameter = (typeof optionalParameters)[number]

/** How a request is put on the wire: what an endpoint was found, or is thought, to take. */
export interface WireForm {
  readonly format: ReplyFormat
  readonly toolChoice: 'named' | 'required' | 'auto'
  /** The parameter that limits the reply; null sends no limit. */
  readonly tokenParameter: 'max_tokens' | 'max_completion_tokens' | null
  readonly refusedTokenParameters: readonly string[]
  readonly omitted: readonly OptionalParameter[]
  readonly reasoningEffort: string | null
  readonly stream: boolean
  /** Whether the system message is sent at the head of the user message. */
  readonly systemInUser: boolean
  /** A reply needs room to think: what that takes comes on top of the token cap. */
  readonly thinks: boolean
}
