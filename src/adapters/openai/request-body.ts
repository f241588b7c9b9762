import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import { responseFormat } from '../../domain/reply-format.ts'
import type { ChatCall } from '../../services/ports.ts'
import type { ProviderProfile } from './provider-profiles.ts'

/** What goes over the wire for a call: the static part first, the document last. */
export function requestBody(call: ChatCall, profile: ProviderProfile): ChatCompletionCreateParamsNonStreaming {
  const format = responseFormat(call.schema, call.format)
  return {
    model: call.model,
    ...(format === undefined
      ? {}
      : { response_format: format as ChatCompletionCreateParamsNonStreaming['response_format'] & {} }),
    temperature: call.temperature,
    [profile.tokenParameter]: call.tokenCap,
    ...(profile.cacheKey ? { prompt_cache_key: call.cacheKey } : {}),
    messages: call.messages.map(({ role, content }) => ({ role, content })),
  }
}
