import { describe, expect, test } from 'vitest'
import { ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import type { BatchApiOptions } from '../support/fake-provider/batch-api.ts'
import type { FakeProvider, FakeProviderOptions } from '../support/fake-provider/server.ts'

const quick = { PROVIDER_BATCH_POLL_MS: '20', PROVIDER_BATCH_PRICE_SHARE: '0.5' }

const start = (batches: BatchApiOptions, { env = {}, provider = {} }: Settings = {}) =>
  startBatchService({ env: { ...quick, ...env }, provider: { batches, ...provider } })

interface Settings {
  readonly env?: Record<string, string>
  readonly provider?: FakeProviderOptions
}

const numberIn = (document: string) => Number(/# Project (\d+)/.exec(document)?.[1])

/** How often each document was answered, live calls and lines of files together. */
function paidFor({ batchApi, requests }: FakeProvider): Map<number, number> {
  batchApi.settle()
  const paid = new Map([...batchApi.paid].map(([document, count]) => [numberIn(document), count]))
  for (const { body, status } of requests) {
    const messages = body.messages as { role: string; content: string }[]
    const item = numberIn(messages.find(({ role }) => role === 'user')!.content)
    if (status === 200) paid.set(item, (paid.get(item) ?? 0) + 1)
  }
  return paid
}

const onceEach = (count: number) => new Map(Array.from({ length: count }, (_, item) => [item, 1]))
const inOrder = (paid: Map<number, number>) => new Map([...paid].sort(([left], [right]) => left - right))

describe('through the Batch API of the provider', () => {
  test('1,000 items with every kind of loss: nothing is lost, nothing is paid for twice', async () => {
    const lost = new Map<string, number>()
    const service = await start(
      {
        fate({ document, place }) {
          const item = numberIn(document)
          const round = lost.get(document) ?? 0
          lost.set(document, round + 1)
          if (round > 0) return undefined
          if (place === 7) return 'cut'
          if (item % 3 === 0) return 'expired'
          if (item % 50 === 1) return { status: 429, code: 'rate_limit_exceeded' }
          if (item % 50 === 2) return { status: 500 }
          return item % 50 === 4 ? 'missing' : undefined
        },
      },
      { env: { PROVIDER_BATCH_ITEMS: '300' } },
    )
    const { body: created } = await service.submit(someLines(1_000), { query: '?delivery=provider' })
    expect(created).toMatchObject({ status: 'in_progress', delivery: 'provider' })
    const done = await service.until(created.id, ended)
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 1_000, completed: 1_000, failed: 0 } })
    const results = await resultsOf(service.url, created.id)
    expect(results.map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, id) => id))
    expect(results.every(({ tags }) => tags!.length > 0)).toBe(true)
    expect(inOrder(paidFor(service.provider))).toEqual(onceEach(1_000))
    // The first one alone was asked live, to find out how.
    expect(service.provider.count()).toBe(1)
    await expect.poll(() => service.provider.batchApi.files.size).toBe(0)
  })

  test('costs the share of the live price, told with each answer and in the sum', async () => {
    const service = await start({})
    const { body: created } = await service.submit(someLines(5), { query: '?delivery=provider' })
    const { cost_usd, usage } = await service.until(created.id, ended)
    const details = (await resultsOf(service.url, created.id, '?details=true')).map(line => line.details as never)
    const costs = details.map(({ cost_usd }) => cost_usd as number)
    const tokens = details.map(({ usage }: { usage: { input_tokens: number } }) => usage.input_tokens)
    expect(costs.reduce((sum, cost) => sum + cost)).toBeCloseTo(cost_usd!, 10)
    expect(tokens.reduce((sum, count) => sum + count)).toBe(usage.input_tokens)
    // Of texts of the same length, the one that was asked live cost twice as much, but for what was cached.
    expect(costs[1]! / costs[0]!).toBeLessThan(0.6)
  })

  test('an item whose reply held nothing valid is asked once more, with the reason, and then given up', async () => {
    const service = await start(
      {},
      {
        provider: {
          choose: ({ document, allowed, messages }) => {
            const item = numberIn(document)
            if (item === 2 || (item === 1 && messages.length < 4)) return '{"tags":["no such tag"]}'
            return allowed.slice(0, 1)
          },
        },
      },
    )
    const { body: created } = await service.submit(someLines(4), { query: '?delivery=provider' })
    expect((await service.until(created.id, ended)).outcomes).toEqual({ ok: 3, invalid_reply: 1 })
    const results = await resultsOf(service.url, created.id, '?details=true')
    expect(results[1]!.details).toMatchObject({ outcome: 'ok', attempts: [{ result: 'reply' }, { result: 'reply' }] })
    expect(results[2]!.error).toMatchObject({ code: 'invalid_reply' })
    expect(inOrder(paidFor(service.provider))).toEqual(
      new Map([
        [0, 1],
        [1, 2],
        [2, 2],
        [3, 1],
      ]),
    )
  })

  test('what is used is booked once, at the price of the Batch API, also when a reply is asked about', async () => {
    const service = await start(
      {},
      {
        provider: {
          choose: ({ document, allowed, messages }) =>
            numberIn(document) === 1 && messages.length < 4 ? '{"tags":["no such tag"]}' : allowed.slice(0, 1),
        },
      },
    )
    const { body: created } = await service.submit(someLines(3), { query: '?delivery=provider' })
    const { usage, cost_usd } = await service.until(created.id, ended)
    const booked = (await (await fetch(`${service.url}/usage`)).json()) as { data: [Record<string, number>] }
    expect(booked.data[0]).toMatchObject({ requests: 4, input_tokens: usage.input_tokens })
    expect(booked.data[0].cost_usd).toBeCloseTo(cost_usd!, 10)
  })

  test('an item that the provider never gets to is given up after five files', async () => {
    const service = await start({ fate: ({ document }) => (numberIn(document) === 1 ? 'expired' : undefined) })
    const { body: created } = await service.submit(someLines(3), { query: '?delivery=provider' })
    expect((await service.until(created.id, ended)).outcomes).toEqual({ ok: 2, upstream_unavailable: 1 })
    expect(service.provider.batchApi.batches).toHaveLength(5)
  })

  test('what is known is not asked again', async () => {
    const service = await start({})
    for (const count of [3, 6]) {
      const { body: created } = await service.submit(someLines(count), { query: '?delivery=provider' })
      await service.until(created.id, ended)
    }
    expect(inOrder(paidFor(service.provider))).toEqual(onceEach(6))
  })

  test('cancelling keeps what the provider has done by then', async () => {
    const service = await start({ looks: 1_000_000 })
    const { body: created } = await service.submit(someLines(21), { query: '?delivery=provider' })
    await service.until(created.id, () => service.provider.batchApi.batches[0]?.status === 'in_progress')
    await service.post(`/batches/${created.id}/cancel`)
    const done = await service.until(created.id, ended)
    expect(done).toMatchObject({ status: 'cancelled', request_counts: { total: 21, completed: 11, failed: 0 } })
    expect(paidFor(service.provider).size).toBe(11)
  })

  test('falls back to live calls on request: what the provider has not done is asked live, and nothing twice', async () => {
    const service = await start({ looks: 1_000_000 })
    const { body: created } = await service.submit(someLines(21), { query: '?delivery=provider' })
    await service.until(created.id, () => service.provider.batchApi.batches[0]?.status === 'in_progress')
    expect(await service.post(`/batches/${created.id}/resume`, { delivery: 'live' })).toMatchObject({
      status: 200,
      body: { status: 'in_progress', delivery: 'live' },
    })
    expect(await service.until(created.id, ended)).toMatchObject({ request_counts: { completed: 21, failed: 0 } })
    expect(inOrder(paidFor(service.provider))).toEqual(onceEach(21))
    expect(service.provider.count()).toBe(11)
  })

  test('a cap holds for what is out as well', async () => {
    const service = await start({})
    const { body: created } = await service.submit(someLines(30), { query: '?delivery=provider&max_tokens=20000' })
    const paused = await service.until(created.id, ({ status }) => status === 'paused')
    expect(paused).toMatchObject({ pause_reason: 'spend_cap' })
    expect(paused.usage.total_tokens).toBeLessThanOrEqual(20_000)
    expect(paused.request_counts.completed).toBeGreaterThan(2)
    await service.post(`/batches/${created.id}/resume`, { max_tokens: 1_000_000 })
    expect(await service.until(created.id, ended)).toMatchObject({ request_counts: { completed: 30 } })
    expect(inOrder(paidFor(service.provider))).toEqual(onceEach(30))
  })

  test('a line whose key seems not to be taken ends alone, after a second try and a probe', async () => {
    let tries = 0
    const service = await start({
      fate({ document }) {
        if (numberIn(document) !== 5) return undefined
        tries += 1
        return { status: 401, code: 'invalid_api_key' }
      },
    })
    const { body: created } = await service.submit(someLines(12), { query: '?delivery=provider' })
    const done = await service.until(created.id, batch => ended(batch) || batch.status === 'paused')
    expect(done).toMatchObject({ status: 'completed', request_counts: { completed: 11, failed: 1 } })
    expect(done).toMatchObject({ outcomes: { upstream_auth: 1 } })
    expect(tries).toBe(2)
    // The first item, and the probe.
    expect(service.provider.count()).toBe(2)
  })

  test('a provider that refuses the file pauses the batch; one that has its hands full is asked later', async () => {
    const reasons = ['token_limit_exceeded', 'unsupported_model']
    const service = await start({ refuse: batch => reasons[batch] })
    const { body: created } = await service.submit(someLines(3), { query: '?delivery=provider' })
    const paused = await service.until(created.id, ({ status }) => status === 'paused')
    expect(paused).toMatchObject({ pause_reason: 'provider_refused', request_counts: { completed: 1, failed: 0 } })
    // Log lines are written together, a moment later.
    await expect.poll(() => service.server.output()).toContain('unsupported_model')
    await service.post(`/batches/${created.id}/resume`)
    expect(await service.until(created.id, ended)).toMatchObject({ request_counts: { completed: 3, failed: 0 } })
    expect(inOrder(paidFor(service.provider))).toEqual(onceEach(3))
  })
})

describe('is refused in words', () => {
  const refusal = async (provider: FakeProviderOptions, env: Record<string, string> = {}) => {
    const service = await startBatchService({ env: { ...quick, ...env }, provider })
    return service.submit(someLines(1), { query: '?delivery=provider' })
  }

  test('where the endpoint has no Batch API', async () => {
    expect(await refusal({ dialect: 'vllm' })).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        detail: expect.stringMatching(/^127.0.0.1:\d+ has no Batch API \(GET \/batches: 404\)\. Leave out "delivery"/),
        errors: [{ pointer: '/delivery' }],
      },
    })
  })

  test('where it has another one', async () => {
    const { body } = await refusal({ dialect: 'together' })
    expect(body.detail).toContain('are not those of the OpenAI Batch API')
  })

  test('where the ranker answers', async () => {
    const { body } = await refusal({}, { OPENAI_BASE_URL: '', OPENAI_MODEL: '' })
    expect(body.detail).toBe('The embedded ranker answers, which is live and free. Leave out "delivery", or say live.')
  })

  test('with a cap in dollars at a price nobody knows', async () => {
    const service = await startBatchService({ env: { ...quick, PROVIDER_BATCH_PRICE_SHARE: '' } })
    const { body } = await service.submit(someLines(1), { query: '?delivery=provider&max_cost_usd=1' })
    expect(body.detail).toBe(
      'The Batch API price of the model gpt-4.1-mini is not known: set PROVIDER_BATCH_PRICE_SHARE, or give max_tokens instead.',
    )
  })

  test('as a way that does not exist', async () => {
    const service = await startBatchService()
    expect(await service.submit(someLines(1), { query: '?delivery=post' })).toMatchObject({ status: 400 })
  })
})
