import { readFileSync } from 'node:fs'
import nock from 'nock'
import { afterEach, beforeEach, expect } from 'vitest'
import type { WireSchema } from '../../src/core/model/reply-schema.ts'

export const collectorUrl = 'http://collector.test'

export interface WireAnswer {
  readonly status?: number
  readonly headers?: Record<string, string>
  /** A recorded body under `test/fixtures/chat-completions/`, or the body itself. */
  readonly body?: object | string
  readonly recorded?: string
  readonly delay?: number
  /** The connection is cut in place of an answer. */
  readonly reset?: boolean
}

/** What tests look at in a request. */
export interface SentBody {
  readonly model: string
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly response_format?: {
    readonly type: string
    readonly json_schema?: { readonly strict?: boolean; readonly schema: WireSchema }
  }
  readonly max_tokens?: number
  readonly temperature?: number
}

/** A recorded body as it came over the wire. */
export function recordedBody(name: string): string {
  return readFileSync(new URL(`../fixtures/chat-completions/${name}`, import.meta.url), 'utf8')
}

/** A completion with this content, as most endpoints send it. */
export const completion = (
  content: string | null,
  more: { message?: object; choice?: object; [key: string]: unknown } = {},
) => {
  const { message, choice, ...rest } = more
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'test-model-2026',
    choices: [{ index: 0, message: { role: 'assistant', content, ...message }, finish_reason: 'stop', ...choice }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    ...rest,
  }
}

/**
 * The chat-completions endpoint at http://model.test/v1, at the wire. It plays its answers in order and keeps what it was sent.
 * A request that no answer is left for fails the test, and so does an answer that nobody asked for.
 */
export function createWire() {
  const sent: { body: SentBody; headers: Record<string, string> }[] = []
  const unknown: string[] = []
  const remember = (request: { method?: string; path?: string }) => unknown.push(`${request.method} ${request.path}`)

  beforeEach(() => {
    sent.length = 0
    unknown.length = 0
    nock.disableNetConnect()
    nock.emitter.on('no match', remember)
  })
  afterEach(() => {
    nock.emitter.off('no match', remember)
    const left = nock.pendingMocks()
    nock.cleanAll()
    nock.enableNetConnect()
    expect(unknown, 'requests that no answer was left for').toEqual([])
    expect(left, 'answers that nobody asked for').toEqual([])
  })

  return {
    sent,
    /** The traces that a service sends to `collectorUrl`, as they come; at least one is expected. */
    collects(): string[] {
      const bodies: string[] = []
      nock(collectorUrl)
        .persist()
        .post('/v1/traces')
        .reply(async (request: Request) => {
          bodies.push(await request.text())
          return [200, '{}', { 'content-type': 'application/json' }]
        })
      return bodies
    },
    plays(...answers: WireAnswer[]) {
      for (const { status = 200, headers = {}, body, recorded, delay = 0, reset = false } of answers) {
        const interceptor = nock('http://model.test').post('/v1/chat/completions')
        if (reset) {
          interceptor.replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))
          continue
        }
        const payload = recorded === undefined ? body : recordedBody(recorded)
        const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
        interceptor.delay(delay).reply(async (request: Request) => {
          sent.push({ body: (await request.json()) as SentBody, headers: Object.fromEntries(request.headers) })
          return [status, text, { 'content-type': 'application/json', ...headers }]
        })
      }
    },
  }
}
