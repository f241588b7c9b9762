import { expect, test } from 'vitest'
import { type BatchEstimate, createPlaces } from '../../src/core/batch/batch-report.ts'
import { type BatchService, ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'

async function estimate({ url }: BatchService, body: string, query = '') {
  const response = await fetch(`${url}/batches/estimate${query}`, { method: 'POST', body })
  return { status: response.status, body: (await response.json()) as BatchEstimate & { detail: string } }
}

test('bounds what the batch then costs, and asks and stores nothing', async () => {
  const service = await startBatchService({ env: { PROVIDER_BATCH_PRICE_SHARE: '0.5' } })
  const lines = `${someLines(150)}not an item\n${JSON.stringify({ id: 'blank', text: ' ' })}\n`
  const { body: live } = await estimate(service, lines)
  expect(live).toMatchObject({ items: 151, unreadable: 1, sampled: 100, model: 'gpt-4.1-mini', delivery: 'live' })
  const { body: half } = await estimate(service, lines, '?delivery=provider')
  expect(half).toMatchObject({ delivery: 'provider', cost_usd: { high: live.cost_usd!.high / 2 } })
  expect(service.provider.count()).toBe(0)
  expect((await service.get('/batches')).body).toMatchObject({ data: [] })

  const { body: created } = await service.submit(lines)
  const { usage, cost_usd } = await service.until(created.id, ended)
  expect(cost_usd).toBeGreaterThan(live.cost_usd!.low * 0.8)
  expect(cost_usd).toBeLessThan(live.cost_usd!.high)
  expect(usage.input_tokens / live.input_tokens).toBeCloseTo(1, 0)
  expect(usage.output_tokens).toBeLessThan(live.output_tokens.high)
  expect(await resultsOf(service.url, created.id)).toHaveLength(152)
})

test('knows what is cached already, from batches and from single requests, and leaves that as it is', async () => {
  const service = await startBatchService()
  const { body: created } = await service.submit(someLines(80))
  await service.until(created.id, ended)
  const asked = service.provider.count()
  const { body: same } = await estimate(service, someLines(80))
  const nothing = { input_tokens: 0, output_tokens: { low: 0, high: 0 }, cost_usd: { low: 0, high: 0 } }
  expect(same).toMatchObject({ items: 80, sampled: 80, cached: 80, unusable: 0, ...nothing })
  const { body: all } = await estimate(service, someLines(80, 1_000))
  const { body: some } = await estimate(service, someLines(100, 20))
  expect(all).toMatchObject({ cached: 0 })
  expect(some).toMatchObject({ items: 100, sampled: 100, cached: 60 })
  expect(some.cost_usd!.high / all.cost_usd!.high).toBeCloseTo(0.5, 1)
  const { body: nightly } = await estimate(service, someLines(80) + someLines(1, 2_000) + someLines(79))
  expect(nightly).toMatchObject({ items: 160, sampled: 100, cached: 159 })
  expect(nightly.cost_usd!.high / all.cost_usd!.high).toBeCloseTo(1 / 80, 2)
  const afresh = someLines(80).replaceAll('{"id"', '{"cache":false,"id"')
  expect((await estimate(service, afresh)).body).toMatchObject({ cached: 0 })
  expect((await estimate(service, someLines(80), '?max_tags=1')).body).toMatchObject({ cached: 0 })
  expect(service.provider.count()).toBe(asked)
})

test('knows no cost where it knows no price, and names what is wrong', async () => {
  const service = await startBatchService({ env: { OPENAI_MODEL: 'nobody-prices-this' } })
  const { body } = await estimate(service, someLines(3))
  expect(body).toMatchObject({ items: 3, sampled: 3, cost_usd: null })
  expect(body.input_tokens).toBeGreaterThan(0)
  expect(await estimate(service, someLines(1), '?prompt=none')).toMatchObject({ status: 404 })
  expect(await estimate(service, '')).toMatchObject({ status: 400, body: { detail: 'The body holds no item.' } })
  const header = JSON.stringify({ batch: { tags: [{ id: 1, name: 'one' }] } })
  const { body: short } = await estimate(service, `${header}\n${someLines(3)}`)
  expect(short.input_tokens).toBeLessThan(body.input_tokens / 2)
})

test('the sample is even, and the same for the same stream', () => {
  const sampled = () => {
    const place = createPlaces(100)
    const sample: number[] = []
    for (let entry = 0; entry < 10_000; entry += 1) {
      const taken = place()
      if (taken !== undefined) sample[taken] = entry
    }
    return sample
  }
  expect(sampled()).toEqual(sampled())
  expect(new Set(sampled()).size).toBe(100)
  const mean = sampled().reduce((sum, entry) => sum + entry, 0) / 100
  expect(Math.abs(mean - 5_000)).toBeLessThan(1_000)
})
