import { APIConnectionError, APIConnectionTimeoutError, APIError, OpenAI } from 'openai'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'
import type { ChatModel, ChatResult } from '../../services/ports.ts'
import { profileOf } from './provider-profiles.ts'
import { readCompletion } from './read-completion.ts'
import { requestBody } from './request-body.ts'

export interface OpenAiChatModelOptions {
  readonly baseUrl: string
  /** Undefined for servers that ask for none. */
  readonly apiKey: string | undefined
  readonly model: string
  /** The most time one call may take, in milliseconds. */
  readonly timeout: number
}

/** Any endpoint that speaks chat completions, through the openai SDK. Makes one call; repeating it is not its business. */
export function createOpenAiChatModel({ baseUrl, apiKey, model, timeout }: OpenAiChatModelOptions): ChatModel {
  const profile = profileOf(baseUrl)
  const client = new OpenAI({
    baseURL: baseUrl,
    apiKey: apiKey ?? 'none',
    // Left out, each of these would be taken from an OPENAI_* variable and sent to whoever runs the endpoint.
    organization: null,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    logLevel: 'off',
    maxRetries: 0,
    timeout,
  })
  return {
    endpoint: new URL(baseUrl).host,
    model,
    async complete(call, { signal }): Promise<ChatResult> {
      try {
        const { data, response } = await client.chat.completions
          .create(requestBody(call, profile), { signal })
          .withResponse()
        return readCompletion(data, { model: call.model, headers: response.headers })
      } catch (error) {
        if (signal.aborted) throw signal.reason
        return { ok: false, failure: failureOf(error) }
      }
    },
  }
}

/** @throws what is no failure of the endpoint but a fault of ours */
function failureOf(error: unknown): UpstreamFailure {
  const nothing = { status: undefined, code: undefined, text: '', body: undefined, headers: undefined }
  if (error instanceof APIConnectionTimeoutError) return { ...nothing, kind: 'timeout' }
  if (error instanceof APIConnectionError) return { ...nothing, kind: 'network' }
  if (error instanceof APIError && error.status !== undefined) {
    const { status, headers, message } = error
    const code = [error.code, error.type].find(word => typeof word === 'string' && word !== '')
    return { kind: 'status', status, code: code ?? undefined, text: message, body: error.error, headers }
  }
  // A body that is not the JSON its content type promises, or that broke off.
  if (error instanceof SyntaxError) return { ...nothing, kind: 'malformed', status: 200 }
  if (error instanceof TypeError) return { ...nothing, kind: 'network' }
  throw error
}
