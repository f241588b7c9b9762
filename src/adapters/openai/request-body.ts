import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions'
import type { ChatCall } from '../../services/ports.ts'
import type { ProviderProfile } from './provider-profiles.ts'

/** What goes over the wire for a call: the static part first, the document last. */
export function requestBody(call: ChatCall, profile: ProviderProfile): ChatCompletionCreateParamsNonStreaming {
  return {
    model: call.model,
    response_format: {
      type: 'json_schema',
      json_schema: { name: 'assigned_tags', strict: true, schema: call.schema as unknown as Record<string, unknown> },
    },
    temperature: call.temperature,
    [profile.tokenParameter]: call.tokenCap,
    ...(profile.cacheKey ? { prompt_cache_key: call.cacheKey } : {}),
    messages: call.messages.map(({ role, content }) => ({ role, content })),
  }
}
