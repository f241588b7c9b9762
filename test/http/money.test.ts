import { describe, expect, onTestFinished, test } from 'vitest'
import { createApiKey, type KeyLimits } from '../../src/core/api-key.ts'
import { emptyFolder, pricesFile } from '../support/command.ts'
import { loadDialect } from '../support/fake-provider/dialect-files.ts'
import { type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { holdTime } from '../support/hold-time.ts'
import { endpointSettings, startService, type TestService } from '../support/service.ts'

const text = '# A router\n\nIt routes packets.'
const today = () => new Date().toISOString().slice(0, 10)

async function provide(options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  return provider
}

const askedAt = (url: string, model: string) => ({
  ...endpointSettings,
  OPENAI_BASE_URL: url,
  OPENAI_MODEL: model,
  PRICES_FILE: pricesFile(model),
})
const detailsOf = async ({ classify }: TestService, body: object = { text }) =>
  (await classify(body, { query: '?details=true' })).json().details
const usageToday = async ({ app }: TestService, headers = {}) =>
  (await app.inject({ url: `/usage?from=${today()}`, headers })).json().data
const metricsOf = async ({ app }: TestService) => (await app.inject('/metrics')).body

/** A completion as it is, for providers whose usage is the point. */
const completion = (usage: object, content = '{"tags":[36]}') => ({
  status: 200,
  body: { model: 'm', choices: [{ message: { content }, finish_reason: 'stop' }], usage },
})

describe('the budget of a key closes within one request of its limit', () => {
  const limits: [string, KeyLimits, (tokens: { input: number; output: number }) => number][] = [
    ['tokens', { tokens: 12_000 }, ({ input, output }) => input + output],
    ['dollars', { usd: 0.005 }, ({ input, output }) => (input * 0.4 + output * 1.6) / 1e6],
  ]
  const cases = ['openai-reasoning', 'xai'].flatMap(dialect => limits.map(limit => [dialect, ...limit] as const))

  test.each(cases)('reasoning as %s tells it, a limit in %s', async (name, _unit, budget, spentOn) => {
    const base = loadDialect(name)
    const dialect = { ...base, parameters: { ...base.parameters, rejected: {} } }
    const provider = await provide({ dialect: { ...dialect, replies: { ...dialect.replies, reasoning_tokens: 200 } } })
    const key = createApiKey('indexer', { opens: ['classify'], limits: budget })
    const env = { ...askedAt(provider.url, dialect.model), API_KEYS: key.line }
    const { classify } = await startService(env)
    const calls: number[] = []
    for (let index = 0; index < 30; index += 1) {
      const response = await classify(
        { text: `# Router ${index}\n\nIt routes packets.` },
        { query: '?details=true', headers: { authorization: `Bearer ${key.key}` } },
      )
      if (response.statusCode !== 200) {
        expect(response.json().code).toBe('budget_exhausted')
        break
      }
      const { usage, cost_usd } = response.json().details
      expect(usage.output_tokens).toBeGreaterThan(200)
      const { input_tokens: input, output_tokens: output, cached_input_tokens: cached } = usage
      calls.push(spentOn({ input, output }) - ('usd' in budget ? (cached * 0.3) / 1e6 : 0))
      if ('usd' in budget) expect(cost_usd).toBeCloseTo(calls.at(-1)!, 9)
    }
    const limit = budget.tokens ?? budget.usd!
    const spent = calls.reduce((sum, call) => sum + call, 0)
    expect(spent).toBeGreaterThanOrEqual(limit)
    expect(spent - calls.at(-1)!).toBeLessThan(limit)
    expect(calls.length).toBeGreaterThan(2)
  })
})

test('what the endpoint says that a call cost is what it cost', async () => {
  const provider = await provide()
  provider.play(completion({ prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, cost: 0.25 }))
  const service = await startService({
    ...endpointSettings,
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'gpt-4.1-mini',
  })
  const details = await detailsOf(service)
  expect(details).toMatchObject({ cost_usd: 0.25, attempts: [{ cost_usd: 0.25 }] })
  expect(await usageToday(service)).toMatchObject([{ cost_usd: 0.25 }])
  expect(await metricsOf(service)).toContain('classify_cost_usd_total{model="m"} 0.25')
})

test('a model on loopback has no price by its name, and its budget in dollars goes on', async () => {
  const provider = await provide()
  const key = createApiKey('indexer', { opens: ['classify'], limits: { usd: 0.000001 } })
  const env = { ...endpointSettings, OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'gpt-4.1-mini', API_KEYS: key.line }
  const { classify } = await startService(env)
  for (const tail of ['', ' Fast.', ' Slow.']) {
    const options = { query: '?details=true', headers: { authorization: `Bearer ${key.key}` } }
    const response = await classify({ text: text + tail }, options)
    expect([response.statusCode, response.json().details.cost_usd]).toEqual([200, null])
  }
})

test.each([
  ['a key with a budget in dollars, and no price', { usd: 5 }, {}, true],
  ['the same, and a price of the operator', { usd: 5 }, { PRICES_FILE: 'own' }, false],
  ['a key with a budget in tokens', { tokens: 5 }, {}, false],
])('the log at start tells of %s: %j, %j', async (_name, limits, env, told) => {
  const prices: Record<string, string> = 'PRICES_FILE' in env ? { PRICES_FILE: pricesFile('gpt-4.1-mini') } : {}
  const at = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_MODEL: 'gpt-4.1-mini', DATA_DIR: emptyFolder() }
  const key = createApiKey('indexer', { opens: ['classify'], limits })
  const { log } = await startService({ ...endpointSettings, ...at, ...prices, API_KEYS: key.line })
  expect(log.some(line => line.includes('the price of this model is not known'))).toBe(told)
})

test('every attempt costs what its own model costs, in an answer, in the log of a failure, in sums', async () => {
  const provider = await provide()
  const file = pricesFile('cheap')
  const named = (model: string, content: string, cost?: number) => {
    const reply = completion({ prompt_tokens: 1000, completion_tokens: 100, cost }, content)
    return { ...reply, body: { ...reply.body, model } }
  }
  provider.play(named('cheap', '{"tags":["none of it"]}'), named('dear', '{"tags":[36]}', 3))
  const env = { ...endpointSettings, OPENAI_BASE_URL: provider.url, PRICES_FILE: file }
  const service = await startService(env)
  const ofCheap = (1000 * 0.4 + 100 * 1.6) / 1e6
  const details = await detailsOf(service)
  expect(details.attempts.map(({ cost_usd }: { cost_usd: number }) => cost_usd)).toEqual([ofCheap, 3])
  expect(details.cost_usd).toBeCloseTo(3 + ofCheap, 10)

  provider.play(named('cheap', '{"tags":["none of it"]}'), named('dear', '{"tags":["nor of this"]}', 3))
  expect((await service.classify({ text: `${text} Fast.` })).json().code).toBe('invalid_reply')
  const line = service.log.map(written => JSON.parse(written)).findLast(({ outcome }) => outcome === 'invalid_reply')
  expect(line.cost_usd).toBeCloseTo(3 + ofCheap, 10)
  expect(await usageToday(service)).toMatchObject([
    { model: 'cheap', requests: 2, cost_usd: expect.closeTo(2 * ofCheap, 10) },
    { model: 'dear', requests: 2, cost_usd: 6 },
  ])
})

describe('a call that is cut is an attempt of unknown usage', () => {
  const unanswered = { requests: 1, unanswered: 1, input_tokens: 0, output_tokens: 0, cost_usd: 0 }
  const timedOut = /gen_ai_client_operation_duration_seconds_count\{.*error_type="deadline"\} 1/

  test('by the time of the request', async () => {
    const provider = await provide({ latencyMs: 5_000 })
    const service = await startService({ ...askedAt(provider.url, 'slow'), REQUEST_TIMEOUT_MS: '1000' })
    const pass = holdTime()
    const answer = service.classify({ text })
    await expect.poll(provider.count).toBe(1)
    pass(1_000)
    expect((await answer).json().code).toBe('deadline')
    expect(await usageToday(service)).toMatchObject([{ model: 'slow', ...unanswered }])
    expect(await metricsOf(service)).toMatch(timedOut)
    const line = service.log.map(written => JSON.parse(written)).findLast(({ outcome }) => outcome === 'deadline')
    expect(line).toMatchObject({ attempts: 1, input_tokens: null, cost_usd: 0 })
  })

  test('by the share of an endpoint that another one stands behind', async () => {
    const slow = await provide({ latencyMs: 60_000 })
    const quick = await provide({ choose: () => ['networking'] })
    const second = { OPENAI_BASE_URL_2: quick.url, OPENAI_MODEL_2: 'quick', OPENAI_API_KEY_2: 'fake' }
    const env = { ...askedAt(slow.url, 'slow'), ...second, REQUEST_TIMEOUT_MS: '6000' }
    const service = await startService(env)
    // The share of an endpoint passes all the same, so that the second one has time without end.
    holdTime()
    const { attempts } = await detailsOf(service)
    expect(attempts).toMatchObject([
      { requested_model: 'slow', result: 'deadline', usage: { input_tokens: null }, cost_usd: null },
      { requested_model: 'quick', result: 'reply' },
    ])
    const sums = await usageToday(service)
    expect(sums.find(({ model }: { model: string }) => model === 'slow')).toMatchObject(unanswered)
    expect(await metricsOf(service)).toMatch(timedOut)
    expect(await metricsOf(service)).toContain('llm_retries_total{reason="deadline"} 1')
  })

  test('by a client who leaves, and what was answered before is counted as well', async () => {
    const provider = await provide()
    const service = await startService(askedAt(provider.url, 'm'))
    await service.app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = service.app.server.address() as { port: number }
    provider.play(completion({ prompt_tokens: 100, completion_tokens: 10 }, '{"tags":["none"]}'), {
      fault: 'stall_before_headers',
    })
    const leave = new AbortController()
    const url = `http://127.0.0.1:${port}/classify`
    const headers = { 'content-type': 'text/markdown' }
    const asking = fetch(url, { method: 'POST', body: text, headers, signal: leave.signal }).catch(() => undefined)
    await expect.poll(() => provider.count()).toBe(2)
    leave.abort()
    await asking
    await expect
      .poll(() => usageToday(service))
      .toMatchObject([{ requests: 2, unanswered: 1, input_tokens: 100, output_tokens: 10 }])
    const metrics = await metricsOf(service)
    expect(metrics).toMatch(/gen_ai_client_operation_duration_seconds_count\{.*error_type="aborted"\} 1/)
    expect(metrics).toContain('llm_retries_total{reason="reply"} 1')
  })

  test('whoever joined a call that timed out and asked again tells of what that took', async () => {
    const provider = await provide()
    const service = await startService({ ...askedAt(provider.url, 'm'), REQUEST_TIMEOUT_MS: '3000' })
    // The first asks in vain; the second joins late, asks again by itself, and has a reply before its time is over.
    provider.play(
      { fault: 'stall_before_headers' },
      completion({ prompt_tokens: 100, completion_tokens: 10 }, '{"tags":["none"]}'),
      {
        fault: 'stall_before_headers',
      },
    )
    const pass = holdTime()
    const first = service.classify({ text })
    await expect.poll(provider.count).toBe(1)
    pass(1_500)
    const second = service.classify({ text })
    await expect.poll(() => metricsOf(service)).toMatch(/http_requests_in_work\{state="working"\} 2/)
    pass(1_500)
    await expect.poll(provider.count).toBe(3)
    pass(1_500)
    expect([(await first).json().code, (await second).json().code]).toEqual(['deadline', 'deadline'])
    const lines = service.log.map(written => JSON.parse(written)).filter(({ outcome }) => outcome === 'deadline')
    expect(lines.map(({ attempts, input_tokens }) => [attempts, input_tokens])).toEqual([
      [1, null],
      [2, 100],
    ])
    expect(await usageToday(service)).toMatchObject([{ requests: 3, unanswered: 2, input_tokens: 100 }])
    expect(await metricsOf(service)).toMatch(
      /gen_ai_client_operation_duration_seconds_count\{.*error_type="deadline"\} 2/,
    )
  })
})

test('counts that no call can have spoil neither sums nor budgets, now or after a restart', async () => {
  const provider = await provide()
  const huge = { prompt_tokens: 9_007_199_254_740_991, completion_tokens: 9_007_199_254_740_991 }
  provider.play(completion(huge), completion(huge), completion(huge))
  const indexer = createApiKey('indexer', { opens: ['classify', 'admin'], limits: { tokens: 30_000_000 } })
  const env = { ...askedAt(provider.url, 'm'), API_KEYS: indexer.line, DATA_DIR: emptyFolder() }
  const headers = { authorization: `Bearer ${indexer.key}` }
  const service = await startService(env)
  for (const tail of ['', ' Fast.']) expect((await service.classify(text + tail, { headers })).statusCode).toBe(200)
  const sums = { requests: 2, input_tokens: 20_000_000, output_tokens: 20_000_000 }
  expect(await usageToday(service, headers)).toMatchObject([sums])
  await service.stop()
  const after = await startService(env)
  expect(await usageToday(after, headers)).toMatchObject([sums])
  expect((await after.classify(`${text} Slow.`, { headers })).json().code).toBe('budget_exhausted')
  provider.play()
})
