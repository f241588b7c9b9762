import { z } from 'zod'
import { faultNames } from './fault-names.ts'

/** A refusal of the request. `{keyword}`, `{parameter}`, `{path}`, `{count}`, `{value}` and `{model}` are filled in. */
export const Rejection = z.strictObject({
  status: z.int().min(200).max(599).default(400),
  message: z.string(),
  type: z.string().default('invalid_request_error'),
  code: z.union([z.string(), z.int()]).nullable().default(null),
  param: z.string().nullable().default(null),
  body: z.json().optional().describe('The whole body, where the error shape of the dialect does not fit.'),
  unless: z
    .record(z.string(), z.array(z.json()))
    .optional()
    .describe('The request passes when one of these fields holds one of these values; null stands for absent.'),
})
export type Rejection = z.infer<typeof Rejection>

/** enforced: a grammar holds it. shaped: valid JSON, content on the model's word. ignored: as if it was not sent. */
export const Handling = z.union([z.enum(['enforced', 'shaped', 'ignored']), Rejection])
export type Handling = z.infer<typeof Handling>

export const Style = z.enum([
  'plain',
  'string_ids',
  'float_ids',
  'objects',
  'labelled',
  'joined',
  'top_level_array',
  'fenced',
  'prose',
  'names',
  'fenced_names',
])
export type Style = z.infer<typeof Style>

const ResponseFormat = z.strictObject({
  json_schema: Handling,
  loose_json_schema: Handling.optional().describe('With `strict` false or absent; like json_schema when not said.'),
  strict_field: Rejection.optional().describe('The field `strict` itself is refused.'),
  json_object: Handling,
  json_word: Rejection.optional().describe('json_object without the word JSON in the messages.'),
  require_parameters: Rejection.optional().describe(
    'provider.require_parameters, and something asked is ignored here.',
  ),
})

const SchemaLimits = z.strictObject({
  keywords: z.record(z.string(), Rejection).default({}).describe('Keywords refused in a schema.'),
  strict_only: z.boolean().default(true).describe('Keywords and limits count under strict alone.'),
  closed_objects: Rejection.optional().describe('An object without additionalProperties false.'),
  enum_limit: z.strictObject({ values: z.int(), rejection: Rejection }).optional(),
})

const Tools = z.strictObject({
  rejection: Rejection.optional().describe('Tools at all.'),
  object: Handling.describe('tool_choice naming the function.'),
  required: Handling,
  auto: Handling,
  integer_enum: Rejection.optional().describe('An enum of integers in the parameters of a function.'),
})

const Parameters = z.strictObject({
  rejected: z.record(z.string(), Rejection).default({}),
  known: z.array(z.string()).optional().describe('With `unknown`: every other field is refused.'),
  unknown: Rejection.optional(),
  ignored: z.array(z.string()).default([]),
  non_streaming: Rejection.optional(),
  logprobs: z.enum(['given', 'ignored']).default('ignored'),
})

const Replies = z.strictObject({
  styles: z.array(Style).min(1).default(['plain']).describe('Of what nothing constrains; the document picks one.'),
  off_list: z.boolean().default(false).describe('An unconstrained reply carries one id that is on no list.'),
  think: z.enum(['none', 'tags', 'closing_tag', 'reasoning_content', 'reasoning']).default('none'),
  content: z.enum(['text', 'parts', 'thinking_parts']).default('text'),
  finish_reason: z.string().nullable().default('stop'),
  reasoning_tokens: z.int().default(0).describe('Spent before the reply, out of the token limit.'),
  fingerprint: z.string().nullable().default(null),
})

const Usage = z.strictObject({
  spelling: z.enum(['openai', 'deepseek', 'beside', 'plain', 'none']).default('openai'),
  cached_from: z.int().default(1024),
  cached_step: z.int().default(128),
  cache_key_needed: z.boolean().default(false),
  schema_in_prompt: z.boolean().default(false),
  context_tokens: z.int().optional(),
  context_rejection: Rejection.optional().describe('Absent: what does not fit is cut off in silence.'),
})

const RateLimit = z.strictObject({
  message: z.string().default('Rate limit reached. Please try again in {wait}.'),
  code: z.union([z.string(), z.int()]).nullable().default('rate_limit_exceeded'),
  type: z.string().default('requests'),
  headers: z.enum(['none', 'durations', 'seconds', 'epoch_ms', 'rfc3339']).default('none'),
  wait: z.enum(['retry-after', 'retry-after-ms', 'retry-delay', 'none']).default('retry-after'),
})

const Quirk = z.strictObject({
  on: z.enum(['json_schema', 'loose_json_schema', 'json_object', 'tool', 'prompt']),
  after: z.int().min(1).describe('How many sound replies lie between two spoiled ones.'),
  play: z.enum(faultNames),
})

const Expectation = z.strictObject({
  outcome: z.enum(['ok', 'refused', 'blocked', 'upstream_unavailable', 'upstream_config', 'upstream_auth']),
  format: z
    .strictObject({
      type: z.enum(['json_schema', 'tool', 'json_object', 'prompt']),
      strict: z.boolean().optional(),
      enum: z.boolean().optional(),
      omitted: z.array(z.string()).optional(),
    })
    .optional(),
  enforced: z.boolean().default(false).describe('Whether nothing but allowed ids can come back on that rung.'),
  repairs: z.array(z.string()).default([]).describe('Parameter repairs on the way, in order.'),
  at_least_tags: z.int().default(1).describe('The shortest list for which this holds.'),
  at_most_tags: z.int().optional().describe('The longest one; no limit when not said.'),
  first_calls: z.int().describe('Upstream calls for the first document.'),
  next_calls: z.int(),
})
export type Expectation = z.infer<typeof Expectation>

const Decisions = z.strictObject({
  contract: z.enum(['openai', 'systemone']),
  most: z.strictObject({ questions: z.int().optional(), choices: z.int().optional() }).default({}),
  too_many_questions: z
    .string()
    .default(
      "Invalid 'questions': array too long. Expected an array with maximum length {limit}, but got an array with length {count} instead.",
    ),
  too_many_choices: z
    .string()
    .default(
      "Invalid 'questions[0].choices': array too long. Expected an array with maximum length {limit}, but got an array with length {count} instead.",
    ),
  elsewhere: z.number().default(0.02).describe('The probability of a tag that the text does not name.'),
  counted: z.boolean().default(true).describe('Whether it counts tokens; else it says 0.'),
  decimals: z.int().optional().describe('To how many places probabilities are rounded.'),
  cost_per_token: z.number().optional().describe('Told with the usage as its cost.'),
  rejection: Rejection.optional().describe('The model is none that decides.'),
})

export const Dialect = z.strictObject({
  about: z.string(),
  model: z.string().default('fake-model').describe('The model the list offers and the reply names when none is asked.'),
  error_shape: z.enum(['openai', 'bare', 'string', 'array', 'openrouter', 'detail']).default('openai'),
  headers: z.record(z.string(), z.string()).default({}),
  response_format: ResponseFormat,
  schema: SchemaLimits.prefault({}),
  tools: Tools,
  parameters: Parameters.prefault({}),
  replies: Replies.prefault({}),
  usage: Usage.prefault({}),
  rate_limit: RateLimit.prefault({}),
  batches: z.enum(['none', 'openai', 'foreign']).default('none').describe('Whose Batch API it has.'),
  decisions: Decisions.optional().describe('How its decision models answer, where it has some.'),
  quirks: z.array(Quirk).default([]),
  fault: z.enum(faultNames).optional().describe('Every request meets it.'),
  expect: Expectation,
  models: z
    .record(z.string(), z.record(z.string(), z.json()))
    .default({})
    .describe('Model names that behave otherwise: what is written here is laid over the dialect.'),
})
export type Dialect = z.infer<typeof Dialect>
