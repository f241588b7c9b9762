import type { JsonObject } from './schema-reading.ts'
import { tokensOf } from './tokens.ts'
import type { WildFault } from './wild-fault.ts'

/** The model says nothing, and gives this reason. */
const filtered = (finishReason: string, source: string): WildFault => ({
  source,
  spoil: draft => ({ ...draft, channel: 'content', text: '', finishReason }),
})

/** The reply stops before its end, and gives this reason. */
const cut = (finishReason: string, source: string): WildFault => ({
  source,
  spoil: draft => ({ ...draft, text: withoutEnd(draft.text), finishReason }),
})

/** A reply that is cut inside its thinking, with a draft in it that is not the answer. */
const draftIn = (opening: string, source: string): WildFault => ({
  source,
  spoil: draft => ({
    ...draft,
    channel: 'content',
    text: `${opening}Perhaps ${draftOf(draft.text)}? But the text never speaks of that, so it is wrong, and I should`,
    finishReason: 'length',
  }),
})

/** The stream breaks off with this frame; a whole answer says the same beside an empty choice. */
const errorFrame = (frame: JsonObject | string, beside: JsonObject, source: string): WildFault => ({
  source,
  stream: chunks => [...chunks.slice(0, 2), frame],
  whole: body => ({
    ...body,
    ...beside,
    choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'error' }],
  }),
})

const disconnected = { code: 502, message: 'Provider disconnected' }

/** What `reasoning_beside` tells, on top of the tokens of its completion. */
export const reasoningBeside = 2_400

/** What becomes of an answer that was on its way. */
export const wildReplies = {
  finish_safety: filtered('SAFETY', 'ai.google.dev, FinishReason'),
  finish_recitation: filtered('RECITATION', 'ai.google.dev, FinishReason'),
  finish_prohibited: filtered('PROHIBITED_CONTENT', 'ai.google.dev, FinishReason'),
  finish_blocklist: filtered('BLOCKLIST', 'ai.google.dev, FinishReason'),
  finish_spii: filtered('SPII', 'ai.google.dev, FinishReason'),
  finish_sensitive: filtered('sensitive', 'Zhipu (bigmodel.cn), finish_reason'),
  finish_filtered: filtered('content_filtered', 'Amazon Bedrock Converse, stopReason'),
  finish_guardrail: filtered('guardrail_intervened', 'Amazon Bedrock Converse, stopReason'),

  cut_max_tokens: cut('max_tokens', 'Anthropic, stop_reason; UKGovernmentBEIS/inspect_ai#5143'),
  cut_upper_case: cut('MAX_TOKENS', 'ai.google.dev, FinishReason; Cohere, finish_reason'),
  cut_model_length: cut('model_length', 'Mistral openapi, finish_reason'),
  cut_max_output: cut('max_output_tokens', 'OpenAI Responses, incomplete_details, as gateways pass it on'),
  cut_at_the_cap: {
    ...cut('stop', 'BerriAI/litellm#25825: a reply that was cut is told as "stop"'),
    count: (usage, cap) => ({ ...usage, completion_tokens: cap, total_tokens: Number(usage.prompt_tokens) + cap }),
  },

  draft_in_think: draftIn('<think>', 'DeepSeek R1, Qwen3; dgtlmoon/changedetection.io#4349'),
  draft_in_reasoning: draftIn('<reasoning>', 'fine-tuned models; jundot/omlx#2607'),
  draft_in_analysis: draftIn('<|channel|>analysis<|message|>', 'gpt-oss, harmony format'),
  draft_in_prose: draftIn('First idea: ', 'models that think without a mark'),

  error_frame: errorFrame(
    { id: 'x', error: disconnected, choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] },
    { error: disconnected },
    'openrouter.ai/docs/api/reference/errors-and-debugging: errors in streams',
  ),
  error_frame_text: errorFrame(
    { error: 'upstream timed out' },
    { error: 'upstream timed out' },
    'langchain-ai/langchainjs#11579',
  ),
  error_frame_limit: errorFrame(
    { error: { code: 429, message: 'too many requests' } },
    { error: { code: 429, message: 'too many requests' } },
    'aaif-goose/goose#8027',
  ),
  error_event: errorFrame(
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    { error: { type: 'overloaded_error', message: 'Overloaded' } },
    'docs.anthropic.com, streaming: error events',
  ),
  error_finish: {
    source: 'Mistral openapi and OpenRouter: finish_reason "error"',
    spoil: draft => ({ ...draft, text: withoutEnd(draft.text), finishReason: 'error' }),
  },

  one_call_a_tag: {
    source: 'vercel/ai#8328, endolith/open-interpreter#315',
    whole: body => mapMessage(body, message => ({ ...message, tool_calls: callsOf(message) })),
    stream: chunks => {
      const { head, args, name } = streamedCall(chunks)
      // Nothing was called where the reply is its content.
      if (args === '') return [...chunks]
      const calls = callsOf({ tool_calls: [{ id: 'call', type: 'function', function: { name, arguments: args } }] })
      const last = chunks.findLast(({ choices }) => Array.isArray(choices) && choices.length > 0)!
      const frames = calls.map((call, index) => ({
        ...head,
        choices: [{ index: 0, delta: { tool_calls: [{ index, ...call }] }, finish_reason: null }],
      }))
      return [...frames, last, ...chunks.filter(({ choices }) => Array.isArray(choices) && choices.length === 0)]
    },
  },
  reasoning_beside: {
    source: 'xAI; UKGovernmentBEIS/inspect_ai#5528, vercel/ai#12425: total = prompt + completion + reasoning',
    count: usage => ({
      ...usage,
      total_tokens: Number(usage.prompt_tokens) + Number(usage.completion_tokens) + reasoningBeside,
      completion_tokens_details: { reasoning_tokens: reasoningBeside },
    }),
  },
} as const satisfies Record<string, WildFault>

/** The first tokens of a text, so that no JSON in it closes. */
function withoutEnd(text: string): string {
  const tokens = tokensOf(text)
  return tokens.slice(0, Math.max(1, tokens.length - 3)).join('')
}

/** The same answer with another tag in it: the first one, where that is not what it holds. */
const draftOf = (text: string): string => (/\[1\b/.test(text) ? '{"tags":[2]}' : '{"tags":[1]}')

type Message = JsonObject & { readonly tool_calls?: readonly JsonObject[] }

function mapMessage(body: JsonObject, change: (message: Message) => JsonObject): JsonObject {
  const [choice] = body.choices as [JsonObject & { message: Message }]
  return { ...body, choices: [{ ...choice, message: change(choice.message) }] }
}

/** A call for each tag of the first one; none where nothing was called. */
function callsOf({ tool_calls }: Message): JsonObject[] {
  const [call] = tool_calls ?? []
  if (!call) return []
  const { name, arguments: args } = call.function as { name: string; arguments: string }
  const { tags } = JSON.parse(args) as { tags: unknown[] }
  return tags.map((tag, index) => ({
    ...call,
    id: `${call.id}_${index}`,
    function: { name, arguments: JSON.stringify({ tags: [tag] }) },
  }))
}

function streamedCall(chunks: readonly JsonObject[]): { head: JsonObject; args: string; name: string } {
  let args = ''
  let name = ''
  for (const { choices } of chunks) {
    const [choice] = choices as { delta?: { tool_calls?: { function: { name?: string; arguments?: string } }[] } }[]
    const call = choice?.delta?.tool_calls?.[0]?.function
    args += call?.arguments ?? ''
    name ||= call?.name ?? ''
  }
  const { choices: _choices, ...head } = chunks[0]!
  return { head, args, name }
}
