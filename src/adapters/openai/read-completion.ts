import { z } from 'zod'
import type { Usage } from '../../domain/usage.ts'
import type { ChatReply, ChatResult } from '../../services/ports.ts'

const count = z.int().min(0).nullish().catch(null)
const WireUsage = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  prompt_cache_hit_tokens: count,
  prompt_tokens_details: z.object({ cached_tokens: count, cache_write_tokens: count }).nullish().catch(null),
  completion_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(null),
})

const ContentPart = z.object({ type: z.string().nullish(), text: z.string().nullish() })
const WireMessage = z.object({
  content: z.union([z.string(), z.array(ContentPart)]).nullish(),
  refusal: z.string().nullish().catch(null),
  tool_calls: z
    .array(z.object({ function: z.object({ arguments: z.unknown() }).nullish() }))
    .nullish()
    .catch(null),
})

const WireToken = z.object({
  token: z.string(),
  logprob: z.number(),
  top_logprobs: z
    .array(z.object({ token: z.string(), logprob: z.number() }))
    .nullish()
    .catch(null),
})
const WireChoice = z.object({
  message: WireMessage,
  finish_reason: z.string().nullish().catch(null),
  logprobs: z
    .looseObject({ content: z.array(WireToken).nullish() })
    .nullish()
    .catch(null),
})

/** Tolerant in what it takes: only what is read is named, and only the choice has to be there. */
const WireCompletion = z.object({
  model: z.string().nullish().catch(null),
  choices: z.tuple([WireChoice], z.unknown()),
  usage: WireUsage.nullish().catch(null),
})
type WireCompletion = z.infer<typeof WireCompletion>

const ErrorEnvelope = z.object({
  error: z.union([
    z.string(),
    z.object({ message: z.string().nullish(), code: z.unknown(), status: z.unknown(), type: z.unknown() }),
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
    model: model || askedModel,
    finish: finishOf(finish_reason ?? 'stop', message.refusal),
    usage: readUsage(usage),
    tokens: readTokens(logprobs?.content),
    headers,
  }
}

function readTokens(content: readonly z.infer<typeof WireToken>[] | null | undefined): ChatReply['tokens'] {
  if (!content || content.length === 0) return undefined
  return content.map(({ token, logprob, top_logprobs }) => ({
    text: token,
    logprob,
    alternatives: (top_logprobs ?? []).map(other => ({ text: other.token, logprob: other.logprob })),
  }))
}

function finishOf(reason: string, refusal: string | null | undefined): ChatReply['finish'] {
  if (refusal) return 'refusal'
  if (reason === 'length' || reason === 'model_length') return 'length'
  return reason === 'content_filter' || reason === 'refusal' ? reason : 'stop'
}

/** The content; the text parts of it where it comes in parts; or the arguments of a tool that was called instead. */
function textOf({ content, tool_calls }: z.infer<typeof WireMessage>): string {
  const text = Array.isArray(content)
    ? content.map(part => (part.type === 'text' || part.type == null ? (part.text ?? '') : '')).join('')
    : (content ?? '')
  if (text.trim() !== '') return text
  const args = tool_calls?.[0]?.function?.arguments
  if (args === undefined || args === null) return text
  return typeof args === 'string' ? args : JSON.stringify(args)
}

function readUsage(usage: z.infer<typeof WireUsage> | null | undefined): Usage {
  return {
    input_tokens: usage?.prompt_tokens ?? null,
    cached_input_tokens: usage?.prompt_tokens_details?.cached_tokens ?? usage?.prompt_cache_hit_tokens ?? null,
    cache_write_tokens: usage?.prompt_tokens_details?.cache_write_tokens ?? null,
    output_tokens: usage?.completion_tokens ?? null,
    reasoning_tokens: usage?.completion_tokens_details?.reasoning_tokens ?? null,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
