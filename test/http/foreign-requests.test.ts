import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { serveInProcess } from '../support/serve-in-process.ts'
import { startService } from '../support/service.ts'
import { runInProcess } from '../support/terminal.ts'

const text = '# A router\n\nIt routes packets over IPv6.'
type Sent = Record<string, string>
type Request = { readonly headers?: Sent; readonly url?: string; readonly method?: 'GET' | 'POST' }

async function statusOf({ headers = {}, url = '/classify', method = 'POST' }: Request, env = {}): Promise<number> {
  const { app } = await startService(env)
  const body = method === 'POST' ? { payload: text } : {}
  const sent = { ...(method === 'POST' && { 'content-type': 'text/plain' }), ...headers }
  return (await app.inject({ url, method, headers: sent, ...body })).statusCode
}

const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

describe('without keys, a request that a page of another origin makes is refused', () => {
  test.each<[what: string, request: Request]>([
    ['an origin on the internet', { headers: { origin: 'https://evil.example' } }],
    ['another port of this machine', { headers: { origin: 'http://localhost:8080', host: 'localhost:3000' } }],
    ['another name of this machine', { headers: { origin: 'http://127.0.0.1:3000', host: 'localhost:3000' } }],
    ['an origin that is kept secret, as a frame in a sandbox has', { headers: { origin: 'null' } }],
    ['an origin without a host', { headers: { origin: 'file://' } }],
    ['an empty origin', { headers: { origin: '' } }],
    [
      'an origin that starts as ours',
      { headers: { origin: 'http://localhost:3000.evil.example', host: 'localhost:3000' } },
    ],
    ['a request across sites without an origin', { headers: { 'sec-fetch-site': 'cross-site' } }],
    ['a request across ports without an origin', { headers: { 'sec-fetch-site': 'same-site' } }],
    [
      'a probe that costs tokens, as an image',
      { url: '/readyz?deep=true', method: 'GET', headers: { 'sec-fetch-site': 'cross-site' } },
    ],
    [
      'the same in a tab of its own',
      { url: '/readyz?deep=true', method: 'GET', headers: { 'sec-fetch-site': 'cross-site', ...navigation } },
    ],
    [
      'the documentation in a frame',
      {
        url: '/docs/',
        method: 'GET',
        headers: { 'sec-fetch-site': 'cross-site', ...navigation, 'sec-fetch-dest': 'iframe' },
      },
    ],
  ])('%s', async (_, request) => {
    expect([request, await statusOf(request)]).toEqual([request, 403])
  })

  test('the refusal is a problem that says what to do, and nothing is classified', async () => {
    const { app, log } = await startService()
    const answer = await app.inject({
      ...{ method: 'POST', url: '/classify', payload: text },
      headers: { 'content-type': 'text/plain', host: 'evil.example' },
    })
    expect(answer.json()).toMatchObject({
      code: 'forbidden',
      status: 403,
      detail: expect.stringContaining('ALLOWED_HOSTS'),
    })
    expect(JSON.parse(log.at(-1)!)).toMatchObject({ outcome: 'forbidden', status: 403 })
  })
})

test.each<[what: string, request: Request]>([
  ['a program, which says nothing', {}],
  ["Node's own fetch", { headers: { 'sec-fetch-mode': 'cors' } }],
  [
    'a page of the service itself',
    { headers: { origin: 'http://localhost:3000', host: 'localhost:3000', 'sec-fetch-site': 'same-origin' } },
  ],
  ['the same behind TLS', { headers: { origin: 'https://localhost', host: 'localhost' } }],
  ['a default port that is written', { headers: { origin: 'http://localhost', host: 'localhost:80' } }],
  [
    'an address that a person typed',
    { url: '/docs/', method: 'GET', headers: { 'sec-fetch-site': 'none', ...navigation } },
  ],
  [
    'a link to the documentation',
    { url: '/docs/', method: 'GET', headers: { 'sec-fetch-site': 'cross-site', ...navigation } },
  ],
])('%s is let in', async (_, request) => {
  expect(await statusOf(request)).toBe(200)
})

describe('the Host of a request without keys', () => {
  test.each([
    'localhost',
    'LOCALHOST:3000',
    'localhost.',
    'tagsmith.localhost:3000',
    '127.0.0.1:3000',
    '127.8.9.1',
    '[::1]:3000',
    '[::ffff:127.0.0.1]',
  ])('%s is loopback', async host => {
    expect(await statusOf({ headers: { host } })).toBe(200)
  })

  test.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'notlocalhost',
    'localhost@evil.example',
    'localhost/evil.example',
    'localhost, evil.example',
    '192.0.2.7:3000',
    '[2001:db8::1]',
    'x',
  ])('%s is refused', async host => {
    expect(await statusOf({ headers: { host } })).toBe(403)
  })

  test.each([
    ['tags.example', 'tags.example', 200],
    ['tags.example', 'TAGS.example:8080', 200],
    ['tags.example', 'www.tags.example', 403],
    ['tags.example:8080', 'tags.example:8080', 200],
    ['tags.example:8080', 'tags.example:9090', 403],
    ['other.example, [fd00::1] 192.0.2.7', '192.0.2.7:3000', 200],
    ['other.example, [fd00::1] 192.0.2.7', '[fd00::1]', 200],
  ])('ALLOWED_HOSTS=%s and %s: %d', async (ALLOWED_HOSTS, host, status) => {
    expect(await statusOf({ headers: { host } }, { ALLOWED_HOSTS })).toBe(status)
    const origin = `https://${host}`
    expect(await statusOf({ headers: { host: 'localhost', origin } }, { ALLOWED_HOSTS })).toBe(status)
  })

  test('with keys it does not matter, as no page has one', async () => {
    const { key, line } = createApiKey('indexer', { opens: ['classify'], limits: {} })
    const headers = { host: 'tags.example', origin: 'https://tags.example', authorization: `Bearer ${key}` }
    expect(await statusOf({ headers }, { API_KEYS: line })).toBe(200)
  })
})

test('a service that everybody may reach is reached by its own address', async () => {
  const own = Object.values(networkInterfaces())
    .flat()
    .find(at => at?.family === 'IPv4' && !at.internal)?.address
  const { url } = await serveInProcess({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' })
  const { port } = new URL(url)
  for (const host of ['127.0.0.1', '0.0.0.0', ...(own ? [own] : [])])
    expect([host, (await fetch(`http://${host}:${port}/livez`)).status]).toEqual([host, 200])
})

test('a batch that a page of another origin sends is not made', async () => {
  const { url } = await serveInProcess()
  const headers = { origin: 'https://evil.example', 'content-type': 'text/plain' }
  const sent = await fetch(`${url}/batches`, { method: 'POST', headers, body: '{"text":"A router."}' })
  const listed = (await (await fetch(`${url}/batches`)).json()) as { data: unknown[] }
  expect([sent.status, listed.data]).toEqual([403, []])
  const asked = await fetch(`${url}/batches`, { method: 'OPTIONS', headers })
  expect([asked.ok, asked.headers.get('access-control-allow-origin')]).toEqual([false, null])
})

test('the command line goes through', async () => {
  const { url } = await serveInProcess()
  const stdin = `${JSON.stringify({ id: 1, text })}\n`
  const sent = await runInProcess(['batch', 'submit', '-', '--watch'], { env: { TAGSMITH_URL: url }, stdin })
  expect([sent.exitCode, sent.stderr]).toEqual([0, expect.stringContaining('completed, 1 of 1')])
})

test('an upload of a batch says what it is, as no page can without being asked', async () => {
  const { url } = await serveInProcess()
  const status = async (type: string | undefined) => {
    const headers = type === undefined ? {} : { 'content-type': type }
    const body = new Blob([`${JSON.stringify({ id: 1, text })}\n`])
    const answer = await fetch(`${url}/batches/estimate`, { method: 'POST', headers, body })
    return [type, answer.status]
  }
  for (const type of ['application/x-ndjson', 'application/jsonl; charset=utf-8', 'application/json', 'text/plain'])
    expect(await status(type)).toEqual([type, 200])
  for (const type of [undefined, 'application/x-www-form-urlencoded', 'multipart/form-data', 'image/png'])
    expect(await status(type)).toEqual([type, 415])
})
