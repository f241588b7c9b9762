import { expect, onTestFinished, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, pricesFile } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { startService } from '../support/service.ts'

const decisions = () => ({ OPENAI_API: 'decisions', PRICES_FILE: pricesFile('gpt-6-luna') })
const today = () => new Date().toISOString().slice(0, 10)

async function decidingService(dialect: string, api: string, env: Record<string, string> = {}) {
  const provider = await startFakeProvider({ dialect })
  onTestFinished(() => provider.close())
  const asked = { OPENAI_API: api, OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model }
  const service = await startService({ ...asked, OPENAI_API_KEY: 'sk-fake', UPSTREAM_BACKOFF_MS: '1', ...env })
  return { provider, ...service }
}

test('a batch by decisions costs within its estimate, with one call an item and its usage in /usage', async () => {
  const service = await startBatchService({ env: decisions(), provider: { dialect: 'openai-decisions' } })
  const lines = someLines(100)
  const estimated = await fetch(`${service.url}/batches/estimate`, { method: 'POST', body: lines })
  const estimate = (await estimated.json()) as { cost_usd: { low: number; high: number }; output_tokens: object }
  expect(estimate).toMatchObject({ model: 'gpt-6-luna', output_tokens: { low: 0, high: 0 } })
  expect(service.provider.count()).toBe(0)

  const { body: created } = await service.submit(lines)
  const batch = await service.until(created.id, ended)
  expect(batch.request_counts).toMatchObject({ total: 100, completed: 100, failed: 0 })
  expect(service.provider.count()).toBe(100)
  expect(batch.cost_usd).toBeGreaterThanOrEqual(estimate.cost_usd.low * 0.8)
  expect(batch.cost_usd).toBeLessThanOrEqual(estimate.cost_usd.high * 1.2)
  expect(batch.usage.output_tokens).toBe(0)
  const { data } = (await (await fetch(`${service.url}/usage?from=${today()}`)).json()) as { data: object[] }
  expect(data).toMatchObject([
    {
      model: 'gpt-6-luna',
      requests: 100,
      input_tokens: batch.usage.input_tokens,
      cost_usd: expect.closeTo(batch.cost_usd!, 9),
    },
  ])
  const results = await resultsOf(service.url, created.id, '?details=true')
  expect(results).toHaveLength(100)
  expect(results.every(({ details }) => details?.model === 'gpt-6-luna')).toBe(true)

  // What is known is not asked again.
  const { body: again } = await service.submit(lines)
  await service.until(again.id, ended)
  expect(service.provider.count()).toBe(100)
})

test('a batch by decisions stops at its cap', async () => {
  const env = { ...decisions(), BATCH_CONCURRENCY: '1' }
  const service = await startBatchService({ env, provider: { dialect: 'openai-decisions' } })
  const { body: created } = await service.submit(someLines(30), { query: '?max_cost_usd=0.01' })
  const batch = await service.until(created.id, ({ status }) => status === 'paused')
  expect(batch.cost_usd).toBeGreaterThanOrEqual(0.01)
  expect(batch.cost_usd).toBeLessThan(0.02)
  expect(service.provider.count()).toBeLessThan(30)
})

test('a decision model cannot go through a Batch API, which is said at once', async () => {
  const service = await startBatchService({ env: decisions(), provider: { dialect: 'openai-decisions' } })
  const { status, body } = await service.submit(someLines(1), { query: '?delivery=provider' })
  expect(status).toBe(400)
  expect(body.detail).toContain('A decision model has no Batch API')
})

test('a key in dollars closes by what the endpoint says that its decisions cost', async () => {
  const key = createApiKey('indexer', { opens: ['classify'], limits: { usd: 0.002 } })
  const { classify } = await decidingService('openrouter-decisions', 'decisions', { API_KEYS: key.line })
  const outcomes: string[] = []
  for (let index = 0; index < 20; index += 1) {
    const response = await classify(
      { text: `# Router ${index}\n\nIt routes packets.` },
      { query: '?details=true', headers: { authorization: `Bearer ${key.key}` } },
    )
    const { code, details } = response.json()
    if (details) expect(details.cost_usd).toBeCloseTo(details.usage.input_tokens * 1e-7, 12)
    outcomes.push(code ?? 'ok')
  }
  expect(outcomes[0]).toBe('ok')
  expect(outcomes.at(-1)).toBe('budget_exhausted')
})

test('a model on this machine has no price, unless the operator gives one', async () => {
  const text = '# A router'
  const local = await decidingService('openai-decisions', 'decisions')
  expect((await local.classify({ text }, { query: '?details=true' })).json().details.cost_usd).toBeNull()
  const priced = await decidingService('openai-decisions', 'decisions', { PRICES_FILE: pricesFile('gpt-6-luna') })
  const { cost_usd, usage } = (await priced.classify({ text }, { query: '?details=true' })).json().details
  expect(cost_usd).toBeCloseTo((usage.input_tokens * 0.4) / 1e6, 12)
})

test('a list that is split costs the sum of its calls', async () => {
  const { classify } = await decidingService('systemone', 'systemone', { PRICES_FILE: pricesFile('jev-1.14') })
  await classify({ text: '# One' })
  const { details } = (await classify({ text: '# Two' }, { query: '?details=true' })).json()
  expect(details.attempts).toHaveLength(3)
  const sum = (of: (attempt: { cost_usd: number; usage: { input_tokens: number } }) => number) =>
    details.attempts.map(of).reduce((total: number, part: number) => total + part, 0)
  expect(details.cost_usd).toBeCloseTo(
    sum(({ cost_usd }) => cost_usd),
    12,
  )
  expect(details.usage.input_tokens).toBe(sum(({ usage }) => usage.input_tokens))
})

test('probabilities outlive a restart in the store', async () => {
  const env = { DATA_DIR: emptyFolder() }
  const provider = await startFakeProvider({ dialect: 'systemone-local' })
  onTestFinished(() => provider.close())
  const asked = { OPENAI_API: 'systemone', OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'decider', ...env }
  const text = '# A library\n\nAbout security.'
  const before = await startService(asked)
  await before.classify({ text })
  await before.stop()
  const after = await startService(asked)
  const response = await after.classify({ text }, { query: '?details=true' })
  expect(response.headers['x-cache']).toBe('hit')
  expect(response.json().details.tags[0]).toMatchObject({ name: 'security', confidence: 0.9 })
  expect(response.json().details.format).toMatchObject({ type: 'systemone' })
  expect(provider.count()).toBe(1)
})

test('lines of a stream are answered by a decision model', async () => {
  const { app, provider } = await decidingService('openai-decisions', 'decisions')
  const payload = someLines(5)
  const headers = { 'content-type': 'application/x-ndjson' }
  const response = await app.inject({ method: 'POST', url: '/classify', payload, headers })
  const lines = response.body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines).toHaveLength(5)
  expect(lines.every(({ tags }) => Array.isArray(tags))).toBe(true)
  expect(provider.count()).toBe(5)
})

test('decisions are counted by format and by tokens', async () => {
  const { app, classify } = await decidingService('openai-decisions', 'decisions')
  await classify({ text: '# A router' })
  const { body } = await app.inject('/metrics')
  expect(body).toContain('classify_replies_total{format="decisions"} 1')
  expect(body).toMatch(
    /gen_ai_client_token_usage_count\{.*gen_ai_request_model="gpt-6-luna".*gen_ai_token_type="input"\} 1/,
  )
})
