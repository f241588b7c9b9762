import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { type Answering, json, startScriptedServer } from '../support/scripted-server.ts'
import { startService } from '../support/service.ts'

const text = 'It sorts the lines of a text file on the command line.'
const completion = (more: object = {}) => ({
  model: 'm',
  choices: [{ message: { role: 'assistant', content: '{"tags":["cli"]}' }, finish_reason: 'stop' }],
  ...more,
})

/** Both ways to an endpoint: the short one, and that by a proxy. */
const ways = [
  { way: 'directly', env: {} },
  { way: 'through what knows proxies', env: { NODE_USE_ENV_PROXY: '1' } },
]

const startAgainst = async (url: string, env: Record<string, string> = {}) =>
  startService({
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_MODEL: 'm',
    UPSTREAM_ATTEMPTS: '1',
    UPSTREAM_BACKOFF_MS: '1',
    ...env,
  })

/** Writes as fast as it is read, until nobody reads. */
function endless(head: string, part: string, sent: { bytes: number }, status = 200): Answering {
  return (response: ServerResponse) => {
    response.writeHead(status, { 'content-type': head.startsWith('data') ? 'text/event-stream' : 'application/json' })
    response.write(head)
    const more = () => {
      while (!response.destroyed) {
        sent.bytes += part.length
        if (!response.write(part)) return void response.once('drain', more)
      }
    }
    more()
  }
}

const event = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(60_000) } }] })}\n\n`
const mebibyte = 1_048_576

test.each(
  ways.flatMap(({ way, env }) => [
    { what: 'a stream without end', way, env, head: event, part: event },
    { what: 'a body without end', way, env, head: '{"choices":[', part: ' '.repeat(65_536) },
  ]),
)(
  '$what, asked $way, is read no further than its limit',
  async ({ env, head, part }) => {
    const sent = { bytes: 0 }
    const { url } = await startScriptedServer(endless(head, part, sent))
    const service = await startAgainst(url, env)
    const answer = await service.classify({ text })
    expect([answer.statusCode, answer.json().code]).toEqual([503, 'upstream_unavailable'])
    // What is in the buffers of both sides comes on top.
    await vi.waitFor(async () => {
      const before = sent.bytes
      await sleep(100)
      expect(sent.bytes).toBe(before)
    })
    expect(sent.bytes).toBeLessThan(40 * mebibyte)
  },
  180_000,
)

test.each(ways)(
  'an error without end, asked $way, is read no further than its limit',
  async ({ env }) => {
    const sent = { bytes: 0 }
    const { url, asked } = await startScriptedServer(endless('{"error":"', 'x'.repeat(65_536), sent, 500))
    const service = await startAgainst(url, env)
    expect((await service.classify({ text })).json().code).toBe('upstream_unavailable')
    // Other forms of the request are tried after a 500.
    expect(sent.bytes).toBeLessThan(asked.length * 40 * mebibyte)
  },
  180_000,
)

test.each(ways)(
  'a reply that unfolds to a gigabyte, asked $way, is a failure',
  async ({ env }) => {
    const bomb = gzipSync(Buffer.alloc(256 * mebibyte, 0x20))
    const { url } = await startScriptedServer(response => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb)
    })
    const service = await startAgainst(url, env)
    expect((await service.classify({ text })).json().code).toBe('upstream_unavailable')
  },
  180_000,
)

test.each(ways)(
  'UPSTREAM_TIMEOUT_MS, asked $way, holds until the last byte',
  async ({ env }) => {
    const { url } = await startScriptedServer(response => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 50)
      response.once('close', () => clearInterval(timer))
    })
    const service = await startAgainst(url, { ...env, UPSTREAM_TIMEOUT_MS: '500', REQUEST_TIMEOUT_MS: '30000' })
    const answer = await service.classify({ text })
    expect([answer.statusCode, answer.json().detail]).toEqual([503, expect.stringContaining('UPSTREAM_TIMEOUT_MS')])
  },
  180_000,
)

test.each(ways.flatMap(({ way, env }) => [301, 302, 303, 307, 308].map(status => ({ way, env, status }))))(
  'a redirect ($status), asked $way, is not followed, and is told',
  async ({ env, status }) => {
    const other = await startScriptedServer(json(completion()))
    const { url, asked } = await startScriptedServer(response => {
      response.writeHead(status, { location: `${other.url}/v1/chat/completions?secret=1` }).end()
    })
    const service = await startAgainst(url, env)
    const answer = await service.classify({ text })
    expect([answer.statusCode, answer.json().code]).toEqual([502, 'upstream_config'])
    expect(answer.json().detail).toContain(
      `OPENAI_BASE_URL: this address answers with a redirect (${status}) to ${other.url},`,
    )
    expect(answer.json().detail).not.toContain('secret')
    expect([asked.length, other.asked.length]).toEqual([1, 0])
  },
)

test.each([
  ['a line break', 'm\nset-cookie: a=1', 'm set-cookie: a=1', 'm set-cookie: a=1'],
  ['Chinese letters', '通义千问', '通义千问', '????'],
  ['a NUL and a lone surrogate', 'a\u0000b\ud800c', 'a b c', 'a b c'],
  ['ten thousand letters', 'm'.repeat(10_000), 'm'.repeat(128), 'm'.repeat(128)],
  ['nothing but blanks', ' \n ', 'm', 'm'],
  ['a number', 7, 'm', 'm'],
])('a model that calls itself by %s is answered for, also from the cache', async (_, model, told, header) => {
  const { url, asked } = await startScriptedServer(json(completion({ model })))
  const service = await startAgainst(url, { DATA_DIR: emptyFolder() })
  for (let turn = 0; turn < 2; turn += 1) {
    const answer = await service.classify({ text }, { query: '?details=true' })
    expect([answer.statusCode, answer.headers['x-tagsmith-model']]).toEqual([200, header])
    expect(answer.json().details.model).toBe(told)
  }
  expect(asked).toHaveLength(1)
  expect((await service.app.inject('/usage')).json().data).toMatchObject([{ model: told }])
})

test('an endpoint with a new name and a new failure for each call makes a bounded number of series and rows', async () => {
  let calls = 0
  const { url } = await startScriptedServer((response, request) => {
    calls += 1
    const status = calls % 2 === 0 ? 200 : 400 + (calls % 200)
    json(completion({ model: `model-${calls}` }), { status })(response, request)
  })
  const service = await startAgainst(url, { DATA_DIR: emptyFolder(), CACHE_ENTRIES: '0' })
  for (let turn = 0; turn < 600; turn += 1) await service.classify({ text: `${text} ${turn}` })
  const lines = (await service.app.inject('/metrics')).body.split('\n')
  expect(lines.length).toBeLessThan(3_000)
  expect(lines.some(line => line.includes('gen_ai_response_model="other"'))).toBe(true)
  expect((await service.app.inject('/usage')).json().data.length).toBeLessThanOrEqual(101)
}, 120_000)
