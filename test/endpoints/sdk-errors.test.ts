import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { APIConnectionError } from 'openai'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EngineCall } from '../../src/core/model/engine.ts'
import { strictestFormat } from '../../src/core/model/reply-format.ts'
import { createOpenAiChatModel } from '../../src/endpoints/openai/openai-chat-model.ts'
import { failureOf } from '../../src/endpoints/openai/sdk-errors.ts'
import { judge } from '../../src/endpoints/upstream-failure.ts'

/** A server below HTTP: it does with each connection as it is told. */
async function startSocketServer(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const call = {
  model: 'm',
  messages: () => [{ role: 'user', content: 'A text.' }],
  schema: { type: 'object' },
  temperature: 0,
  tokenCap: 10,
  cacheKey: 'k',
  logprobs: false,
} as unknown as EngineCall

async function ask(baseUrl: string, options: { apiKey?: string; proxied?: boolean } = {}) {
  const model = createOpenAiChatModel({ baseUrl, apiKey: 'k', model: 'm', timeout: 5_000, ...options })
  const form = { ...model.initialForm('m'), format: strictestFormat }
  return model.complete({ ...call, form }, { signal: new AbortController().signal })
}

const half = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{"choices":['

describe.each([{ proxied: false }, { proxied: true }])('what failed below is told, by %j', options => {
  test('nothing listens: ECONNREFUSED', async () => {
    const left = createServer().listen(0, '127.0.0.1')
    await once(left, 'listening')
    const { port } = left.address() as AddressInfo
    await new Promise(closed => left.close(closed))
    const result = await ask(`http://127.0.0.1:${port}/v1`, options)
    expect(result).toMatchObject({ ok: false, failure: { kind: 'network', below: 'ECONNREFUSED' } })
  })

  test.each<[what: string, scheme: string, answer: (socket: Socket) => void, below: RegExp]>([
    ['a server that speaks no TLS', 'https', socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), /SSL|EPROTO/],
    ['a server that speaks no HTTP', 'http', socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /^HPE_/],
    ['a connection that is closed without a word', 'http', socket => socket.end(), /^UND_ERR_SOCKET$/],
    ['a connection that is reset', 'http', socket => socket.resetAndDestroy(), /^(ECONNRESET|UND_ERR_SOCKET)$/],
    ['a reply that breaks off', 'http', socket => socket.end(half), /^UND_ERR_/],
  ])('%s', async (_, scheme, answer, below) => {
    const port = await startSocketServer(answer)
    const result = await ask(`${scheme}://127.0.0.1:${port}/v1`, options)
    expect(result).toMatchObject({ ok: false, failure: { kind: 'network', below: expect.stringMatching(below) } })
  })
})

describe('an operator reads what to look at', () => {
  const network = { kind: 'network', status: undefined, code: undefined, text: '', body: undefined } as const
  test.each([
    ['ENOTFOUND', 'the name of its host is not known (ENOTFOUND)'],
    ['EAI_AGAIN', 'cannot be looked up'],
    ['ECONNREFUSED', 'nothing listens at its port (ECONNREFUSED)'],
    ['ECONNRESET', 'the connection was cut'],
    ['UND_ERR_CONNECT_TIMEOUT', 'no connection came about in time'],
    ['ENETUNREACH', 'no way to its network'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'NODE_EXTRA_CA_CERTS'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'for another name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'http or https'],
    ['EPROTO', 'http or https'],
    ['HPE_INVALID_CONSTANT', 'is not HTTP'],
    ['ESOMETHING_NEW', '(ESOMETHING_NEW)'],
  ])('%s', (below, says) => {
    const verdict = judge({ ...network, headers: undefined, below })
    expect(verdict).toMatchObject({ code: 'upstream_unavailable', retry: true })
    expect(verdict.message).toContain('OPENAI_BASE_URL')
    expect(verdict.message).toContain(says)
  })

  test('a code that could be anything is not repeated', () => {
    expect(judge({ ...network, headers: undefined, below: 'a secret, or so' }).message).toMatch(/cannot be reached\.$/)
  })
})

describe('a mistake of our own is never called the network', () => {
  const mistake = new TypeError('Cannot read properties of undefined')

  test('thrown as it is, or wrapped by the SDK', () => {
    expect(() => failureOf(mistake)).toThrow(mistake)
    expect(() => failureOf(new APIConnectionError({ cause: mistake }))).toThrow(mistake)
  })

  test('a request that cannot be made of what it was given', async () => {
    await expect(ask('http://127.0.0.1:9/v1', { apiKey: 'sk-…' })).rejects.toThrow(TypeError)
  })

  test('a connection that was cut while the body came is the network', () => {
    const cut = new TypeError('terminated', {
      cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
    })
    expect(failureOf(cut)).toMatchObject({ kind: 'network', below: 'UND_ERR_SOCKET' })
  })

  test('a body that is not encoded as it says is malformed', async () => {
    const head =
      'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope'
    const port = await startSocketServer(socket => socket.end(head))
    expect(await ask(`http://127.0.0.1:${port}/v1`)).toMatchObject({ ok: false, failure: { kind: 'malformed' } })
  })
})
