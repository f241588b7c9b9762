import { describe, expect, test } from 'vitest'
import { createApiKey, type KeyLimits, type Scope } from '../../src/core/api-key.ts'
import { scopeOf } from '../../src/http/access.ts'
import { createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const make = (name: string, opens: readonly Scope[], limits: KeyLimits = {}) => createApiKey(name, { opens, limits })
const keys = {
  classify: make('indexer', ['classify']),
  batch: make('nightly', ['batch']),
  admin: make('operator', ['admin']),
  revoked: make('gone', ['classify', 'batch', 'admin']),
}
const stored = [keys.classify.line, keys.batch.line, `# ${keys.revoked.line}`, keys.admin.line].join('\n')
const text = '# A router\n\nIt routes packets over IPv6.'
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

describe('who may come in', () => {
  test.each<[what: string, headers: Record<string, string>, status: number, code?: string]>([
    ['a key as bearer', bearer(keys.classify.key), 200],
    ['a key as x-api-key', { 'x-api-key': keys.classify.key }, 200],
    ['a scheme in small letters', { authorization: `bearer ${keys.classify.key}` }, 200],
    ['no key', {}, 401, 'unauthorized'],
    ['an empty key', bearer(''), 401, 'unauthorized'],
    ['another scheme', { authorization: `Basic ${keys.classify.key}` }, 401, 'unauthorized'],
    ['a wrong key', bearer('tagsmith_wrong'), 401, 'unauthorized'],
    ['a key cut short', bearer(keys.classify.key.slice(0, -1)), 401, 'unauthorized'],
    ['a hash in place of the key', bearer(keys.classify.line.split(' ')[1]!), 401, 'unauthorized'],
    ['a revoked key', bearer(keys.revoked.key), 401, 'unauthorized'],
    ['a key for batches', bearer(keys.batch.key), 403, 'forbidden'],
    ['a key for admins', bearer(keys.admin.key), 403, 'forbidden'],
  ])('%s', async (_, headers, status, code) => {
    const { classify, log } = await startService({ API_KEYS: stored })
    const response = await classify(text, { headers })
    expect(response.statusCode).toBe(status)
    if (code) expect(response.json()).toMatchObject({ code, status, retryable: false })
    expect(response.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
    const sent = Object.values(headers).join().replace(/^\w+ /, '')
    if (sent.trim() !== '') expect(log.join('') + response.body).not.toContain(sent)
  })

  test('a refused request is not read, and the log names the key', async () => {
    const { classify, log } = await startService({ API_KEYS: stored })
    await classify('{', { type: 'application/json', headers: bearer(keys.batch.key) })
    expect(JSON.parse(log.at(-1)!)).toMatchObject({ key: 'nightly', outcome: 'forbidden', status: 403 })
  })

  test('a deep look at the endpoints costs tokens, so it takes an admin', async () => {
    const { app } = await startService({ API_KEYS: stored })
    const status = async (headers = {}) => (await app.inject({ url: '/readyz?deep=true', headers })).statusCode
    expect([await status(), await status(bearer(keys.classify.key)), await status(bearer(keys.admin.key))]).toEqual([
      401, 403, 200,
    ])
  })

  test('probes and documentation take no key', async () => {
    const { app } = await startService({ API_KEYS: stored })
    for (const url of ['/livez', '/readyz', '/openapi.json', '/docs/']) {
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 200])
    }
  })

  test('without keys everybody may come in', async () => {
    const { classify } = await startService()
    expect((await classify(text)).statusCode).toBe(200)
  })
})

test.each([
  ['/classify', 'classify'],
  ['/prompts/:name/render', 'classify'],
  ['/batches/:id/results', 'batch'],
  ['/metrics', 'admin'],
  ['/what-nobody-thought-of', 'admin'],
  ['/docsecrets', 'admin'],
  ['/livez', 'anyone'],
])('%s is for %s', (route, scope) => {
  expect(scopeOf(route)).toBe(scope)
})

describe('what a key may use', () => {
  const started = (limits: KeyLimits, settings = {}) => {
    const { key, line } = make('indexer', ['classify'], limits)
    return startService({ API_KEYS: line, ...settings }).then(service => ({
      ...service,
      ask: () => service.classify({ text }, { headers: bearer(key) }),
    }))
  }

  test('a rate: the headers count down, then 429', async () => {
    const { ask } = await started({ rate: 2 })
    const [first, second, third] = [await ask(), await ask(), await ask()]
    expect([first, second, third].map(({ headers }) => headers['ratelimit-remaining'])).toEqual(['1', '0', '0'])
    expect(third.json()).toMatchObject({ code: 'rate_limited', status: 429, retryable: true })
    expect(third.headers['ratelimit-limit']).toBe('2')
    expect(third.headers['retry-after']).toBe(third.headers['ratelimit-reset'])
  })

  test('a number of requests at once, given back when they end', async () => {
    wire.plays({ recorded: 'ok.json', delay: 100 })
    const { ask } = await started({ concurrency: 1 }, endpointSettings)
    const answers = await Promise.all([ask(), ask()])
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 429])
    expect((await ask()).statusCode).toBe(200)
  })

  test('tokens of a day: the refusal says when it goes on', async () => {
    wire.plays({ recorded: 'ok.json' })
    const { ask } = await started({ tokens: 100 }, endpointSettings)
    expect((await ask()).statusCode).toBe(200)
    const refused = await ask()
    expect(refused.json()).toMatchObject({ code: 'budget_exhausted', status: 429 })
    expect(refused.json().detail).toMatch(/at \d{4}-\d\d-\d\dT00:00:00.000Z/)
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  })
})
