import { z } from 'zod'

/** How the schema of the reply is sent to an endpoint; the prompt is the same whichever it is. */
export const ReplyFormat = z
  .strictObject({
    type: z
      .enum(['json_schema', 'tool', 'json_object', 'prompt', 'local'])
      .describe(
        '`response_format: json_schema`, a forced tool, `response_format: json_object`, the prompt alone; `local` when no endpoint was asked.',
      ),
    strict: z.boolean().describe('Whether `strict` was sent.'),
    enum: z.boolean().describe('Whether the schema that was sent holds the closed list.'),
    omitted: z.array(z.string()).describe('Schema keywords that the endpoint does not take.'),
  })
  .meta({ id: 'ReplyFormat' })
export type ReplyFormat = z.infer<typeof ReplyFormat>

export const strictestFormat: ReplyFormat = { type: 'json_schema', strict: true, enum: true, omitted: [] }

/** Parameters that a request can do without. */
export const optionalParameters = [
  'temperature',
  'logprobs',
  'prompt_cache_key',
  'prompt_cache_options',
  'reasoning_effort',
  'parallel_tool_calls',
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
