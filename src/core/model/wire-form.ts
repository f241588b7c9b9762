import { z } from 'zod'
import type { ReplyFormat } from './reply-format.ts'

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

/** Nothing is checked by the endpoint. */
export const looseFormat = (type: 'json_object' | 'prompt'): ReplyFormat => ({
  type,
  strict: false,
  enum: false,
  omitted: [],
})

/** Of an engine that is sent no chat request: there is nothing to leave out, and nothing to put otherwise. */
export const fixedForm = (type: 'decisions' | 'systemone' | 'local'): WireForm => ({
  format: { type, strict: false, enum: true, omitted: [] },
  toolChoice: 'named',
  tokenParameter: null,
  refusedTokenParameters: [],
  omitted: [],
  reasoningEffort: null,
  stream: false,
  systemInUser: false,
  thinks: false,
})

/** A change of the form of a request, and what became of it. */
export const FormStep = z
  .strictObject({
    change: z.string().describe('What was changed in the request.'),
    reason: z
      .string()
      .describe('What made it necessary: the status, and which part of the request it was read to mean.'),
    kept_for: z
      .enum(['model', 'list', 'request', 'nothing'])
      .describe(
        'Whom it holds for: every request to the model, those with the same tag list, this request alone; `nothing` when it did not help.',
      ),
  })
  .meta({ id: 'FormStep' })
export type FormStep = z.infer<typeof FormStep>
