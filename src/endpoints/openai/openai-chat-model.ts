import { OpenAI } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ChatModel, ChatResult } from '../../services/ports.ts'
import { clientOptions } from './client-options.ts'
import { failureOf } from './failures.ts'
import { LeanClient } from './lean-client.ts'
import { createLeanFetch } from './lean-fetch.ts'
import { extraOf, initialFormOf } from './provider-profiles.ts'
import { readCompletion } from './read-completion.ts'
import { readStream } from './read-stream.ts'
import { requestBody } from './request-body.ts'

export interface OpenAiChatModelOptions {
  readonly baseUrl: string
  /** Undefined for servers that ask for none. */
  readonly apiKey: string | undefined
  readonly model: string
  /** The most time one call may take, in milliseconds. */
  readonly timeout: number
  /** Whether Node's own `fetch` is used, which knows proxies. */
  readonly proxied?: boolean
}

const path = '/chat/completions'
const replyLimit = 16_777_216
/** Tells the SDK that a body is written already. */
const jsonBody = { 'content-type': 'application/json' }

/** Any endpoint that speaks chat completions, through the openai SDK. Makes one call; repeating it is not its business. */
export function createOpenAiChatModel(options: OpenAiChatModelOptions): ChatModel {
  const { baseUrl, apiKey, model, timeout, proxied = false } = options
  const extra = extraOf(baseUrl)
  const { origin } = new URL(baseUrl)
  const access = clientOptions({ baseUrl, apiKey, timeout })
  const lean = proxied
    ? undefined
    : new LeanClient({ ...access, fetch: createLeanFetch({ origin, fallback: fetch, replyLimit }) })
  const client = lean ?? new OpenAI(access)

  /** Bytes take the short way; what streams, or goes by a proxy, the SDK's own. */
  async function ask(body: Buffer<ArrayBuffer>, { stream, ...options }: PostOptions): Promise<Answer> {
    if (lean && !stream) {
      const response = await lean.respond({ path, body, ...options })
      const isJson = response.headers.get('content-type')?.includes('json')
      return { completion: isJson ? await response.json() : await response.text(), headers: response.headers }
    }
    const posted = client.post<unknown>(path, { body: body.toString(), stream, ...options })
    const { data, response } = await posted.withResponse()
    return { completion: isStream(data) ? await readStream(data) : data, headers: response.headers }
  }

  return {
    endpoint: new URL(baseUrl).host,
    model,
    initialForm: asked => initialFormOf(baseUrl, asked),
    async complete(call, { signal, traceparent }): Promise<ChatResult> {
      const body = requestBody(call, extra)
      try {
        const { completion, headers } = await ask(body, {
          headers: traceparent === undefined ? jsonBody : { ...jsonBody, traceparent },
          signal,
          stream: call.form.stream,
        })
        return readCompletion(completion, { model: call.model, headers })
      } catch (error) {
        if (signal.aborted) throw signal.reason
        return resultOf(error, call.model)
      }
    },
  }
}

interface PostOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly stream: boolean
}

interface Answer {
  readonly completion: unknown
  readonly headers: Headers
}

const isStream = (data: unknown): data is AsyncIterable<ChatCompletionChunk> =>
  typeof data === 'object' && data !== null && Symbol.asyncIterator in data

/** Some endpoints answer a model's bad output with a 400 that carries it: that is a reply, if a poor one. */
function resultOf(error: unknown, model: string): ChatResult {
  const failure = failureOf(error)
  const generation = (failure.body as { failed_generation?: unknown } | undefined)?.failed_generation
  if (failure.status !== 400 || typeof generation !== 'string') return { ok: false, failure }
  return readCompletion({ choices: [{ message: { content: generation } }] }, { model, headers: failure.headers })
}
