/** How a reply ended: by the model, by a limit, by a filter, by a refusal, or by a fault of the endpoint. */
export type Ending = 'stop' | 'length' | 'content_filter' | 'refusal' | 'error'

interface Row extends Partial<Readonly<Record<Ending, readonly string[]>>> {
  readonly source: string
}

/** What providers, and the gateways that hand their words on, write as `finish_reason`. */
export const finishReasonRows: readonly Row[] = [
  {
    source: 'platform.openai.com/docs/api-reference/chat/object; Responses API: incomplete_details.reason',
    stop: ['stop', 'tool_calls', 'function_call'],
    length: ['length', 'max_output_tokens'],
    content_filter: ['content_filter'],
  },
  {
    source: 'docs.anthropic.com/en/api/handling-stop-reasons',
    stop: ['end_turn', 'stop_sequence', 'tool_use'],
    length: ['max_tokens', 'model_context_window_exceeded'],
    refusal: ['refusal'],
  },
  {
    source: 'cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#FinishReason',
    stop: ['STOP', 'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE'],
    length: ['MAX_TOKENS'],
    content_filter: [
      'SAFETY',
      'RECITATION',
      'LANGUAGE',
      'BLOCKLIST',
      'PROHIBITED_CONTENT',
      'SPII',
      'MODEL_ARMOR',
      'IMAGE_SAFETY',
      'IMAGE_PROHIBITED_CONTENT',
      'IMAGE_RECITATION',
    ],
  },
  {
    source: 'docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html: stopReason',
    stop: ['end_turn', 'malformed_model_output', 'malformed_tool_use'],
    content_filter: ['guardrail_intervened', 'content_filtered'],
  },
  { source: 'docs.mistral.ai/api: FinishReasonEnum', length: ['model_length'], error: ['error'] },
  {
    source: 'docs.cohere.com/reference/chat: finish_reason',
    stop: ['COMPLETE', 'TOOL_CALL'],
    length: ['ERROR_LIMIT'],
    content_filter: ['ERROR_TOXIC'],
    error: ['USER_CANCEL', 'TIMEOUT'],
  },
  { source: 'api-docs.deepseek.com/api/create-chat-completion', error: ['insufficient_system_resource', 'aborted'] },
  {
    source: 'docs.z.ai/api-reference/llm/chat-completion: finish_reason',
    content_filter: ['sensitive'],
    error: ['network_error'],
  },
  {
    source: 'ibm.github.io/watsonx-ai-node-sdk: TextChatResultChoice.FinishReason, TextGenResult.StopReason',
    stop: ['eos_token'],
    length: ['token_limit'],
    error: ['time_limit', 'cancelled', 'not_finished'],
  },
  { source: 'docs.together.ai/reference/chat-completions: finish_reason', stop: ['eos'] },
  { source: 'openrouter.ai/docs/api-reference/overview: finish_reason, native_finish_reason', error: ['error'] },
  { source: 'cloud.baidu.com/doc/WENXINWORKSHOP: finish_reason', stop: ['normal'] },
  { source: 'docs.vllm.ai, vllm/v1/engine: FinishReason', error: ['abort', 'error'] },
]

/** Spelled alike whether in capitals, in camel case, or with the name of the enumeration before it. */
const fold = (word: string) =>
  word
    .toLowerCase()
    .replace(/[^a-z]/g, '')
    .replace(/^finishreason/, '')

const endings = new Map(
  finishReasonRows.flatMap(({ source, ...words }) =>
    Object.entries(words).flatMap(([ending, spellings]) =>
      spellings.map((word): [string, Ending] => [fold(word), ending as Ending]),
    ),
  ),
)

/**
 * What a finish reason means; undefined for one that no row has. `FinishReason.SAFETY` is how Python prints one, and
 * Gemini's compatible endpoint writes `content_filter: RECITATION`.
 */
export function endingOf(reason: string): Ending | undefined {
  const parts = [reason, ...reason.split(/[:.]/)]
  return parts.map(part => endings.get(fold(part))).find(ending => ending !== undefined)
}
