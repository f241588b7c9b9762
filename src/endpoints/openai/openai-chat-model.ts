import type { Engine, EngineCall, TextReply, TextResult } from '../../core/model/engine.ts'
import { createBoundedFetch } from './bounded-fetch.ts'
import { type Access, clientOptions, LeanClient, type PostOptions, WholeErrorClient } from './lean-client.ts'
import { createLeanFetch } from './lean-fetch.ts'
import { extraOf, initialFormOf } from './provider-profiles.ts'
import { readCompletion } from './replies/read-completion.ts'
import { isEventStream, readStream } from './replies/read-stream.ts'
import { requestBody, tokenCapOf } from './request-body.ts'
import { failureOf } from './sdk-errors.ts'

export interface OpenAiChatModelOptions extends Access {
  readonly model: string
  /** Whether Node's own `fetch` is used, which knows proxies. */
  readonly proxied?: boolean
}

const path = '/chat/completions'
/** In bytes: some ten thousand tokens of thinking before the answer, in the widest of wrappings. */
const replyLimit = 4_194_304
/** Tells the SDK that a body is written already. */
const jsonBody = { 'content-type': 'application/json' }

/** Any endpoint that speaks chat completions, through the openai SDK. Makes one call; repeating it is not its business. */
export function createOpenAiChatModel(options: OpenAiChatModelOptions): Engine<TextReply> {
  const { baseUrl, model, timeout, proxied = false } = options
  const extra = extraOf(baseUrl)
  const { origin } = new URL(baseUrl)
  const access = clientOptions(options)
  const boundedFetch = createBoundedFetch({ replyLimit, milliseconds: timeout })
  const lean = proxied
    ? undefined
    : new LeanClient({ ...access, fetch: createLeanFetch({ origin, fallback: boundedFetch, replyLimit }) })
  const client = lean ?? new WholeErrorClient({ ...access, fetch: boundedFetch })

  /** Bytes take the short way; what goes by a proxy, the SDK's own. A stream is read as a whole either way. */
  async function ask(body: Buffer<ArrayBuffer>, options: PostOptions): Promise<Answer> {
    if (lean) {
      const response = await lean.respond({ path, body, ...options })
      const { headers } = response
      const text = await response.text()
      if (isEventStream(text)) return { completion: await readStream(text, client), headers }
      return { completion: headers.get('content-type')?.includes('json') ? JSON.parse(text) : text, headers }
    }
    const posted = client.post<unknown>(path, { body: body.toString(), ...options })
    const { data, response } = await posted.withResponse()
    const isStream = typeof data === 'string' && isEventStream(data)
    return { completion: isStream ? await readStream(data, client) : data, headers: response.headers }
  }

  return {
    endpoint: new URL(baseUrl).host,
    model,
    reads: 'messages',
    initialForm: asked => initialFormOf(baseUrl, asked),
    async complete(call, { signal, traceparent }): Promise<TextResult> {
      const body = requestBody(call, extra)
      try {
        const { completion, headers } = await ask(body, {
          headers: traceparent === undefined ? jsonBody : { ...jsonBody, traceparent },
          signal,
        })
        return withGeneration(
          readCompletion(completion, { model: call.model, headers, tokenCap: tokenCapOf(call) }),
          call,
        )
      } catch (error) {
        if (signal.aborted) throw signal.reason
        return withGeneration({ ok: false, failure: failureOf(error) }, call)
      }
    },
  }
}

interface Answer {
  readonly completion: unknown
  readonly headers: Headers
}

/** Some endpoints answer a model's bad output with a 400 that carries it: that is a reply, if a poor one. */
function withGeneration(result: TextResult, { model }: EngineCall): TextResult {
  if (result.ok || result.failure.status !== 400) return result
  const { body, headers } = result.failure
  const generation = (body as { failed_generation?: unknown } | undefined)?.failed_generation
  if (typeof generation !== 'string') return result
  return readCompletion({ choices: [{ message: { content: generation } }] }, { model, headers })
}
