import type { Dialect } from './dialect.ts'
import { logprobsOf } from './logprobs.ts'
import type { JsonObject } from './schema-reading.ts'
import type { Draft } from './stand-in.ts'
import { tokensOf } from './tokens.ts'

export interface Prompt {
  readonly tokens: number
  readonly cachedTokens: number
}

export interface Completion {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly draft: Draft
  readonly logprobs: ReturnType<typeof logprobsOf> | undefined
  readonly usage: JsonObject | undefined
}

/** The most tokens of a reply that the request asks for. */
export const limitIn = (body: JsonObject, { parameters }: Dialect): number => {
  const names = ['max_completion_tokens', 'max_tokens'].filter(name => !parameters.ignored.includes(name))
  const limit = names.map(name => body[name]).find(value => typeof value === 'number')
  return limit ?? Number.POSITIVE_INFINITY
}

function usageOf({ usage, replies }: Dialect, prompt: Prompt, completionTokens: number): JsonObject | undefined {
  if (usage.spelling === 'none') return undefined
  const counted = {
    prompt_tokens: prompt.tokens,
    completion_tokens: completionTokens,
    total_tokens: prompt.tokens + completionTokens,
  }
  if (usage.spelling === 'plain') return counted
  if (usage.spelling === 'deepseek')
    return {
      ...counted,
      prompt_tokens_details: { cached_tokens: prompt.cachedTokens },
      prompt_cache_hit_tokens: prompt.cachedTokens,
      prompt_cache_miss_tokens: prompt.tokens - prompt.cachedTokens,
    }
  const details = {
    prompt_tokens_details: { cached_tokens: prompt.cachedTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: replies.reasoning_tokens },
  }
  if (usage.spelling !== 'beside') return { ...counted, ...details }
  return { ...counted, completion_tokens: Math.max(0, completionTokens - replies.reasoning_tokens), ...details }
}

/** Counts the draft, cuts it where the token limit falls, and adds what the request asked to know. */
export function complete(
  id: string,
  body: JsonObject,
  draft: Draft,
  { dialect, prompt }: { dialect: Dialect; prompt: Prompt },
): Completion {
  const thinking = body.reasoning_effort === 'none' ? 0 : dialect.replies.reasoning_tokens
  const room = Math.max(0, limitIn(body, dialect) - thinking)
  let tokens = tokensOf(draft.text)
  if (tokens.length > room) {
    tokens = tokens.slice(0, room)
    draft.text = tokens.join('')
    draft.finishReason = 'length'
  }
  const counted = tokens.length + Math.min(thinking, limitIn(body, dialect))
  const asked = body.logprobs === true && dialect.parameters.logprobs === 'given' && draft.channel === 'content'
  const alternatives = typeof body.top_logprobs === 'number' ? body.top_logprobs : 0
  return {
    id,
    created: Math.floor(Date.now() / 1000),
    model: typeof body.model === 'string' ? body.model : dialect.model,
    draft,
    logprobs: asked ? logprobsOf(tokens, alternatives) : undefined,
    usage: usageOf(dialect, prompt, counted),
  }
}

function contentOf(draft: Draft, shape: Dialect['replies']['content']): unknown {
  if (draft.channel === 'tool' || draft.refusal !== undefined) return null
  const text = { type: 'text', text: draft.text }
  if (shape === 'parts') return [text]
  if (shape === 'thinking_parts')
    return [{ type: 'thinking', thinking: [{ type: 'text', text: 'The list has {"tags":[0]} in it.' }] }, text]
  return draft.text
}

const toolCall = (id: string, draft: Draft) => ({
  id: `call_${id}`,
  type: 'function',
  function: { name: draft.toolName, arguments: draft.text },
})

const reasoningIn = (draft: Draft, { replies }: Dialect): JsonObject =>
  draft.reasoning === undefined ? {} : { [replies.think]: draft.reasoning }

const envelope = (completion: Completion, object: string, dialect: Dialect) => ({
  id: completion.id,
  object,
  created: completion.created,
  model: completion.model,
  ...(dialect.replies.fingerprint === null ? {} : { system_fingerprint: dialect.replies.fingerprint }),
})

export function wholeBody(completion: Completion, dialect: Dialect): JsonObject {
  const { draft, id, logprobs, usage } = completion
  const message = {
    role: 'assistant',
    content: contentOf(draft, dialect.replies.content),
    ...(draft.channel === 'tool' && draft.refusal === undefined ? { tool_calls: [toolCall(id, draft)] } : {}),
    refusal: draft.refusal ?? null,
    ...reasoningIn(draft, dialect),
  }
  return {
    ...envelope(completion, 'chat.completion', dialect),
    choices: [{ index: 0, message, logprobs: logprobs ?? null, finish_reason: draft.finishReason }],
    ...(usage === undefined ? {} : { usage }),
  }
}

/** The same completion as the chunks of a stream; the last one carries the usage when it was asked for. */
export function* chunksOf(completion: Completion, dialect: Dialect, withUsage: boolean): Generator<JsonObject> {
  const { draft, id, logprobs, usage } = completion
  const head = envelope(completion, 'chat.completion.chunk', dialect)
  const chunk = (delta: JsonObject, finish: string | null = null, extra: JsonObject = {}) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish, ...extra }],
    ...(withUsage ? { usage: null } : {}),
  })
  yield chunk({ role: 'assistant', content: '' })
  if (draft.reasoning !== undefined) yield chunk(reasoningIn(draft, dialect))
  if (draft.refusal !== undefined) yield chunk({ refusal: draft.refusal })
  else if (draft.channel === 'tool') {
    const call = toolCall(id, draft)
    yield chunk({ tool_calls: [{ index: 0, ...call, function: { ...call.function, arguments: '' } }] })
    for (const token of tokensOf(draft.text))
      yield chunk({ tool_calls: [{ index: 0, function: { arguments: token } }] })
  } else
    for (const [index, token] of tokensOf(draft.text).entries())
      yield chunk({ content: token }, null, logprobs ? { logprobs: { content: [logprobs.content[index]] } } : {})
  yield chunk({}, draft.finishReason)
  if (withUsage && usage !== undefined) yield { ...head, choices: [], usage }
}
