import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { EngineCall } from '../../src/core/model/engine.ts'
import { createLeanFetch } from '../../src/endpoints/openai/lean-fetch.ts'
import { createOpenAiChatModel } from '../../src/endpoints/openai/openai-chat-model.ts'
import { everydayFaults, type FaultName } from '../support/fake-provider/fault-names.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fallback = vi.fn(fetch)
  const lean = createLeanFetch({ origin, fallback, replyLimit: 1_000 })
  const post = (init: RequestInit = {}) =>
    lean(`${origin}/v1/x?y=1`, { method: 'post', body: Buffer.from('{"a":"ü"}'), ...init })
  const sockets = () => new Promise<number>(resolve => server.getConnections((_error, count) => resolve(count)))
  return { post, fallback, sockets, lean, origin }
}

test('sends what it is given, keeps the connection and reads the reply whole', async () => {
  const ports = new Set<number | undefined>()
  const { post, fallback } = await serve(async (request, response) => {
    ports.add(request.socket.remotePort)
    const chunks = await request.toArray()
    const { authorization, 'accept-encoding': encoding = null, 'content-length': length } = request.headers
    response.writeHead(201, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] })
    response.write('{"sent":')
    await sleep(10)
    response.end(
      JSON.stringify([String(Buffer.concat(chunks)), request.url, authorization, encoding, length]).concat('}'),
    )
  })
  for (let turn = 0; turn < 6; turn++) {
    const response = await post({ headers: { authorization: 'Bearer key' } })
    expect(await response.json()).toEqual({ sent: ['{"a":"ü"}', '/v1/x?y=1', 'Bearer key', null, '10'] })
    expect([response.status, response.ok, response.body]).toEqual([201, true, null])
    expect(response.headers.get('set-cookie')).toBe('a=1, b=2')
  }
  // A call that follows at once may find the connection not yet free.
  expect(ports.size).toBeLessThanOrEqual(2)
  expect(fallback).not.toHaveBeenCalled()
})

test('an abort ends a call before its headers, and while its body stalls; no socket is left', async () => {
  const { post, sockets } = await serve((request, response) => {
    request.resume()
    if (request.headers['x-part']) response.writeHead(200).write('{')
  })
  for (const headers of [{}, { 'x-part': '1' }] as Record<string, string>[]) {
    const calls = Array.from({ length: 20 }, () => post({ headers, signal: AbortSignal.timeout(100) }))
    const ends = await Promise.allSettled(calls)
    expect(ends.map(end => end.status === 'rejected' && end.reason.name)).toEqual(ends.map(() => 'TimeoutError'))
  }
  await expect(post({ signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
  await expect.poll(sockets).toBe(0)
})

test.each([
  ['a reply over the limit is malformed', 200, /over its limit/],
  ['of an error as much as 64 KiB is read', 500, undefined],
])('%s, and its connection closed', async (_, status, thrown) => {
  const { post, sockets } = await serve((request, response) => {
    request.resume()
    response.writeHead(status)
    const timer = setInterval(() => response.write('x'.repeat(30_000)), 1)
    response.on('close', () => clearInterval(timer))
  })
  if (thrown) await expect(post()).rejects.toThrow(thrown)
  else expect((await (await post()).text()).length).toBeLessThanOrEqual(65_536)
  await expect.poll(sockets).toBe(0)
})

test('a reply that is compressed unasked is read; one that unfolds without end is a failure', async () => {
  let text = '{"b":2}'
  const { post } = await serve((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text))
  })
  expect(await (await post()).json()).toEqual({ b: 2 })
  text = ' '.repeat(1_000_000)
  await expect(post()).rejects.toThrow()
})

test('bodies that are no bytes and other addresses are left to the fallback', async () => {
  const { post, lean, origin, fallback } = await serve((request, response) => {
    request.resume()
    response.end(request.url)
  })
  expect(await (await post({ body: '{"stream":true}' })).text()).toBe('/v1/x?y=1')
  expect(await (await lean(`${origin}/models`)).text()).toBe('/models')
  expect(fallback).toHaveBeenCalledTimes(2)
  await post({ body: Buffer.from('{"stream":true}') })
  expect(fallback).toHaveBeenCalledTimes(2)
})

test('a server that is not there is a failed fetch', async () => {
  const lean = createLeanFetch({ origin: 'http://127.0.0.1:1', fallback: fetch, replyLimit: 1_000 })
  const failed = lean('http://127.0.0.1:1/x', { method: 'POST', body: Buffer.from('{}') })
  await expect(failed).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNREFUSED' } })
})

const call = (text: string): EngineCall =>
  ({
    model: 'gpt-4.1-mini',
    messages: () => [{ role: 'user', content: text }],
    schema: { ids: [1] },
    form: {
      format: { type: 'none', strict: false, enum: false, omitted: [] },
      tokenParameter: 'max_tokens',
      omitted: [],
      reasoningEffort: null,
    },
    temperature: 0,
    tokenCap: 10,
    cacheKey: '',
  }) as unknown as EngineCall

test.each(everydayFaults as FaultName[])('%s is the same as with the platform’s fetch', async fault => {
  const provider = await startFakeProvider({ faults: { shares: {}, waitMs: 10 } })
  onTestFinished(() => provider.close())
  const ask = (proxied: boolean) =>
    createOpenAiChatModel({ baseUrl: provider.url, apiKey: 'key', model: 'any', timeout: 300, proxied })
      .complete(call(`[[fake:${fault}]]`), { signal: new AbortController().signal })
      .then(result => (result.ok ? { ...result.reply, headers: 0 } : { ...result.failure, headers: 0 }))
  expect(await ask(false)).toEqual(await ask(true))
  await expect.poll(provider.active).toBe(0)
})

test.each([true, false])('a stream is the same as with the platform’s fetch, also unasked: asked %s', async stream => {
  const chunk = { choices: [{ delta: { content: '{"tags":[1]}' }, finish_reason: 'stop' }] }
  const { origin } = await serve((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(': hello\n\n')
    response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
  })
  const asked = call('text')
  for (const proxied of [false, true]) {
    const model = createOpenAiChatModel({ baseUrl: origin, apiKey: 'key', model: 'any', timeout: 3_000, proxied })
    const result = await model.complete(
      { ...asked, form: { ...asked.form, stream } },
      { signal: new AbortController().signal },
    )
    expect(result).toMatchObject({ ok: true, reply: { text: '{"tags":[1]}', finish: 'stop' } })
  }
})
