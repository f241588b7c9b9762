import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { evenFaults } from '../support/fake-provider/faults.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { holdTime } from '../support/hold-time.ts'
import { endpointSettings, startService } from '../support/service.ts'

type ProviderOptions = NonNullable<Parameters<typeof startFakeProvider>[0]>

async function provide(options: ProviderOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  return provider
}

const text = '# A router\n\nIt routes packets.'
const dead = { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }

describe('an endpoint that does nothing but fail', () => {
  test('is left alone after a while, and the answer says so at once', async () => {
    const { classify } = await startService({ ...endpointSettings, ...dead, UPSTREAM_ATTEMPTS: '1' })
    let told = ''
    for (let count = 0; !told.includes('left alone'); count += 1) {
      told = (await classify({ text: `${text} ${count}` })).json().detail
      await sleep(50)
    }
    const start = performance.now()
    const response = await classify({ text })
    expect(response.json()).toMatchObject({
      code: 'upstream_unavailable',
      detail: expect.stringContaining('left alone'),
    })
    expect(Number(response.headers['retry-after'])).toBeGreaterThanOrEqual(1)
    expect(performance.now() - start).toBeLessThan(30_000)
  })
})

describe('fallback endpoints', () => {
  const second = (url: string) => ({ OPENAI_BASE_URL_2: url, OPENAI_MODEL_2: 'second-model', OPENAI_API_KEY_2: 'fake' })

  test('the next one answers when one is down, and is named', async () => {
    const provider = await provide({ choose: () => ['networking'] })
    const { classify } = await startService({ ...endpointSettings, ...dead, ...second(provider.url) })
    const { tags, details } = (await classify({ text }, { query: '?details=true' })).json()
    expect(tags).toEqual([36])
    expect(details.endpoint).toBe(new URL(provider.url).host)
    expect(details.attempts.map(({ endpoint, result }: Record<string, string>) => `${endpoint} ${result}`)).toEqual([
      '127.0.0.1:9 network',
      '127.0.0.1:9 network',
      '127.0.0.1:9 network',
      `${details.endpoint} reply`,
    ])
    expect(provider.requests[0]?.body.model).toBe('second-model')
  })

  test('the embedded ranker answers at last, if the operator says so', async () => {
    const { classify } = await startService({ ...endpointSettings, ...dead, FALLBACK_TO_RANKER: 'true' })
    const response = await classify({
      text: '# Server\n\nThis server answers GraphQL queries over your GraphQL schema.',
    })
    expect(response.json().tags).toContain(23)
    expect(response.headers['x-tagsmith-model']).toBe('embedded-ranker')
    const without = await startService({ ...endpointSettings, ...dead })
    expect((await without.classify({ text })).json()).toMatchObject({ code: 'upstream_unavailable' })
  })

  test('one that stalls has its share of the time only', async () => {
    const [slow, quick] = [await provide({ latencyMs: 60_000 }), await provide({ choose: () => ['networking'] })]
    const settings = {
      ...endpointSettings,
      OPENAI_BASE_URL: slow.url,
      REQUEST_TIMEOUT_MS: '3000',
      ...second(quick.url),
    }
    const { classify } = await startService(settings)
    // The share of an endpoint passes all the same.
    holdTime()
    expect((await classify({ text })).json()).toEqual({ id: null, tags: [36] })
  })

  test('one that only stalls is left alone and told, and whether it is back is tried while the next one answers', async () => {
    const [slow, quick] = [await provide({ latencyMs: 60_000 }), await provide({ choose: () => ['networking'] })]
    const { classify, log, app } = await startService({
      ...endpointSettings,
      OPENAI_BASE_URL: slow.url,
      REQUEST_TIMEOUT_MS: '6000',
      DATA_DIR: emptyFolder(),
      ...second(quick.url),
    })
    const pass = holdTime()
    let count = 0
    const classifySome = (texts: number) =>
      Promise.all(Array.from({ length: texts }, () => classify({ text: `${text} ${count++}` })))
    await classifySome(4)
    pass(2_000)
    await classifySome(4)
    const asked = slow.count()
    expect((await classifySome(20)).map(response => response.json().tags)).toEqual(
      Array.from({ length: 20 }, () => [36]),
    )
    expect(slow.count()).toBe(asked)
    const name = new URL(slow.url).host
    expect((await app.inject('/metrics')).body).toContain(`llm_left_alone{endpoint="${name}",model="test-model"} 1`)
    expect(log.filter(line => line.includes('left alone'))).toHaveLength(1)
    pass(1_000)
    expect((await classifySome(1))[0]!.json().tags).toEqual([36])
    // The answer has come, and whether the slow one is back is still being tried.
    await expect.poll(slow.active).toBe(1)
    expect(slow.count()).toBe(asked + 1)
  })

  test('a refusal is final, unless the operator says otherwise', async () => {
    const refusing = await provide({ faults: { shares: { refusal: 1 } } })
    const willing = await provide({ choose: () => ['networking'] })
    const settings = { ...endpointSettings, OPENAI_BASE_URL: refusing.url, ...second(willing.url) }
    const strict = await startService(settings)
    expect((await strict.classify({ text })).json()).toMatchObject({ code: 'refused' })
    expect(willing.count()).toBe(0)
    const lenient = await startService({ ...settings, FALLBACK_ON_REFUSAL: 'true' })
    expect((await lenient.classify({ text })).json()).toEqual({ id: null, tags: [36] })
  })

  test('a wrong key is no reason to give up while there is another endpoint', async () => {
    const provider = await provide({ choose: () => ['networking'] })
    const settings = {
      ...endpointSettings,
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: 'wrong-key',
      ...second(provider.url),
    }
    const { classify } = await startService(settings)
    expect((await classify({ text })).json().tags).toEqual([36])
  })
})

describe('what is asked of an endpoint, and how long it took', () => {
  test.each([
    ['now', { 'retry-after': '0' }],
    ['in a millisecond', { 'retry-after-ms': '1' }],
    ['at a time that has passed', { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }],
  ])('a rate limit that asks to come back %s has no more calls than UPSTREAM_ATTEMPTS', async (_when, headers) => {
    const provider = await provide()
    const limit = { status: 429, headers, body: { error: { message: 'Too many requests.' } } }
    provider.play(...Array.from({ length: 20 }, () => limit))
    const { classify } = await startService({
      ...endpointSettings,
      OPENAI_BASE_URL: provider.url,
      UPSTREAM_BACKOFF_MS: '20',
    })
    expect((await classify({ text })).json()).toMatchObject({ code: 'upstream_unavailable' })
    expect(provider.count()).toBe(3)
  })

  test('the time of an attempt leaves out the wait for a place', async () => {
    const provider = await provide({ latencyMs: 400 })
    const settings = { ...endpointSettings, OPENAI_BASE_URL: provider.url, UPSTREAM_CONCURRENCY: '1' }
    const { classify } = await startService(settings)
    await classify({ text })
    const start = performance.now()
    const responses = await Promise.all(
      Array.from({ length: 4 }, (_, index) => classify({ text: `${text} ${index}` }, { query: '?details=true' })),
    )
    const took = performance.now() - start
    const attempts = responses.flatMap(response => response.json().details.attempts as { elapsed_ms: number }[])
    expect(attempts).toHaveLength(4)
    // One after the other, so together they took no longer than all did.
    expect(attempts.reduce((sum, { elapsed_ms }) => sum + elapsed_ms, 0)).toBeLessThanOrEqual(took + attempts.length)
  })
})

describe('a bad day', () => {
  test('of every kind of fault ends in allowed ids or a named outcome', async () => {
    const provider = await provide({ faults: evenFaults(0.3, { seed: 3, waitMs: 10 }) })
    const settings = {
      ...endpointSettings,
      OPENAI_BASE_URL: provider.url,
      // So that a call that is sound ends in its time on a machine that has other work to do.
      ...{ UPSTREAM_CONCURRENCY: '16', UPSTREAM_TIMEOUT_MS: '2500', REQUEST_TIMEOUT_MS: '90000' },
    }
    const { classify, log } = await startService(settings)
    const texts = Array.from({ length: 150 }, (_, index) => `# Router ${index}\n\nIt routes packets.`)
    const responses = await Promise.all(texts.map(text => classify({ text })))
    const codes = responses.map(response => (response.statusCode === 200 ? 'ok' : response.json().code))
    expect(codes.filter(code => code === 'ok').length).toBeGreaterThan(120)
    expect(codes.filter(code => code === undefined || code === 'internal')).toEqual([])
    expect(log.join('')).not.toContain('unexpected error')
  })

  test('of rate limits loses no request', async () => {
    const provider = await provide({ rateLimit: { perSecond: 100, burst: 20 }, recorded: 1_000 })
    const { classify } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
    const texts = Array.from({ length: 100 }, (_, index) => `# Router ${index}\n\nIt routes packets.`)
    const responses = await Promise.all(texts.map(text => classify({ text })))
    expect(responses.map(({ statusCode }) => statusCode)).toEqual(texts.map(() => 200))
    expect(provider.requests.filter(({ status }) => status === 429).length).toBeLessThan(100)
  })
})
