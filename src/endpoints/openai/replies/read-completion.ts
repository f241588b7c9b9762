import { z } from 'zod'
import type { Usage } from '../../domain/usage.ts'
import type { ChatReply, ChatResult } from '../../services/ports.ts'

/** Also nothing, which to zod is something else. */
const anything = z.unknown().optional()
const ContentPart = z.object({ type: z.string().nullish(), text: z.string().nullish() })
const WireMessage = z.object({
  content: z.union([z.string(), z.array(ContentPart)]).nullish(),
  refusal: anything,
  tool_calls: anything,
})
const WireChoice = z.object({ message: WireMessage, finish_reason: anything, logprobs: anything })

/** Only the choice has to be there; what else is read is tolerated in any form, and taken where it is the right one. */
const WireCompletion = z.object({
  model: anything,
  choices: z.tuple([WireChoice], z.unknown()),
  usage: anything,
})
type WireCompletion = z.infer<typeof WireCompletion>

const ToolCalls = z.array(z.object({ function: z.object({ arguments: anything }).nullish() }))

const WireLogprobs = z.object({
  content: z.array(
    z.object({
      token: z.string(),
      logprob: z.number(),
      top_logprobs: z
        .array(z.object({ token: z.string(), logprob: z.number() }))
        .nullish()
        .catch(null),
    }),
  ),
})

const ErrorEnvelope = z.object({
  error: z.union([
    z.string(),
    z.object({ message: z.string().nullish(), code: anything, status: anything, type: anything }),
  ]),
})

/** Reads what an endpoint sent with status 200: a completion, an error in disguise, or something else. */
export function readCompletion(
  body: unknown,
  { model, headers }: { model: string; headers: Headers | undefined },
): ChatResult {
  const value = typeof body === 'string' ? parseJson(body) : body
  const completion = WireCompletion.safeParse(value)
  if (completion.success) return { ok: true, reply: readReply(completion.data, model, headers) }
  const envelope = ErrorEnvelope.safeParse(value)
  if (!envelope.success) {
    const text = typeof body === 'string' ? body.slice(0, 2_000) : ''
    return { ok: false, failure: { kind: 'malformed', status: 200, code: undefined, text, body: value, headers } }
  }
  const { error } = envelope.data
  const status = typeof error === 'string' ? Number.NaN : Number(error.code ?? error.status)
  const known = status >= 400 && status < 600
  return {
    ok: false,
    failure: {
      kind: known ? 'status' : 'malformed',
      status: known ? status : 200,
      code: typeof error === 'object' && typeof error.code === 'string' ? error.code : undefined,
      text: typeof error === 'string' ? error : (error.message ?? ''),
      body: value,
      headers,
    },
  }
}

function readReply(
  { model, choices, usage }: WireCompletion,
  askedModel: string,
  headers: Headers | undefined,
): ChatReply {
  const [{ message, finish_reason, logprobs }] = choices
  return {
    text: textOf(message),
    model: wordOf(model) ?? askedModel,
    finish: finishOf(wordOf(finish_reason), message.refusal),
    usage: readUsage(usage),
    tokens: readTokens(logprobs),
    headers,
  }
}

const wordOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function readTokens(logprobs: unknown): ChatReply['tokens'] {
  if (logprobs === undefined || logprobs === null) return undefined
  const tokens = WireLogprobs.safeParse(logprobs).data?.content ?? []
  if (tokens.length === 0) return undefined
  return tokens.map(({ token, logprob, top_logprobs }) => ({
    text: token,
    logprob,
    alternatives: (top_logprobs ?? []).map(other => ({ text: other.token, logprob: other.logprob })),
  }))
}

function finishOf(reason: string | undefined, refusal: unknown): ChatReply['finish'] {
  if (wordOf(refusal) !== undefined) return 'refusal'
  if (reason === 'length' || reason === 'model_length') return 'length'
  return reason === 'content_filter' || reason === 'refusal' ? reason : 'stop'
}

/** The content; the text parts of it where it comes in parts; or the arguments of a tool that was called instead. */
function textOf({ content, tool_calls }: z.infer<typeof WireMessage>): string {
  const text = Array.isArray(content)
    ? content.map(part => (part.type === 'text' || part.type == null ? (part.text ?? '') : '')).join('')
    : (content ?? '')
  if (text.trim() !== '') return text
  const args = ToolCalls.safeParse(tool_calls).data?.[0]?.function?.arguments
  if (args === undefined || args === null) return text
  return typeof args === 'string' ? args : JSON.stringify(args)
}

function readUsage(wire: unknown): Usage {
  const usage = fieldsOf(wire)
  const prompt = fieldsOf(usage.prompt_tokens_details)
  return {
    input_tokens: countOf(usage.prompt_tokens),
    cached_input_tokens: countOf(prompt.cached_tokens) ?? countOf(usage.prompt_cache_hit_tokens),
    cache_write_tokens: countOf(prompt.cache_write_tokens),
    output_tokens: countOf(usage.completion_tokens),
    reasoning_tokens: countOf(fieldsOf(usage.completion_tokens_details).reasoning_tokens),
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const countOf = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : null

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
