import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createShutdownDates } from '../../src/endpoints/openai/shutdown-dates.ts'
import { emptyFolder } from '../support/command.ts'
import { type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { serveInProcess } from '../support/serve-in-process.ts'
import { startService } from '../support/service.ts'
import { runInProcess } from '../support/terminal.ts'

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

async function provide(options: FakeProviderOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  const { model } = provider.dialect
  return { provider, env: { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: model, OPENAI_API_KEY: 'sk-fake' } }
}

describe('a model 60 days before its end is warned of', () => {
  const leaving = { shutdownDates: { 'gpt-4.1-mini': inDays(60) } }
  const warning = `The model gpt-4.1-mini will be shut down on ${inDays(60)}, in 60 days`

  test('by doctor', async () => {
    const { env } = await provide(leaving)
    const { stdout } = await runInProcess(['doctor'], { env })
    expect(stdout).toContain(`shut down     on ${inDays(60)}`)
    expect(stdout).toContain(`advice        ${warning}`)
    expect(stdout).toContain('ready, with what is said above')
  })

  test('by /readyz?deep=true', async () => {
    const { env } = await provide(leaving)
    const { app } = await startService(env)
    const [finding] = (await app.inject('/readyz?deep=true')).json().endpoints
    expect(finding).toMatchObject({ healthy: true, shutdown_date: inDays(60) })
    expect(finding.advice).toEqual([expect.stringContaining(warning)])
  })

  test('in the log at start, and by a metric', async () => {
    const { env } = await provide(leaving)
    const server = await serveInProcess({ ...env, DATA_DIR: emptyFolder(), LOG_LEVEL: 'info' })
    await expect.poll(() => server.output()).toContain(warning)
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toMatch(/^llm_model_days_left\{endpoint="127\.0\.0\.1:\d+",model="gpt-4.1-mini"\} 60$/m)
  })
})

test.each([
  ['a date 91 days away', { 'gpt-4.1-mini': inDays(91) }, inDays(91), 0],
  ['a date of today', { 'gpt-4.1-mini': inDays(0) }, inDays(0), 1],
  ['a date that is over', { 'gpt-4.1-mini': inDays(-3) }, inDays(-3), 1],
  ['the date of another model', { 'gpt-4o': inDays(3) }, null, 0],
  ['no date at all', {}, null, 0],
])('%s is told as it is', async (_, shutdownDates, date, warnings) => {
  const { env } = await provide({ shutdownDates })
  const { app } = await startService(env)
  const [finding] = (await app.inject('/readyz?deep=true')).json().endpoints
  expect(finding.shutdown_date).toBe(date)
  expect(finding.advice).toHaveLength(warnings)
})

test.each([
  ['the day before', '2026-12-10T23:59:59Z', 1],
  ['the first moment of the day', '2026-12-11T00:00:00Z', 0],
  ['its last moment', '2026-12-11T23:59:59Z', 0],
  ['the day after', '2026-12-12T00:00:00Z', -1],
])('days are counted in UTC: %s', async (_, now, daysLeft) => {
  const { provider } = await provide({ shutdownDates: { 'gpt-4.1-mini': '2026-12-11' } })
  const asked = [{ endpoint: 'e', models: ['gpt-4.1-mini'], baseUrl: provider.url, apiKey: 'k', timeout: 5_000 }]
  const dates = createShutdownDates({ asked, now: () => Date.parse(now) })
  expect(await dates.look(new AbortController().signal)).toEqual([
    { endpoint: 'e', model: 'gpt-4.1-mini', date: '2026-12-11', daysLeft },
  ])
})

test('a server that has no list of models is as it was', async () => {
  const dates = createShutdownDates({
    asked: [{ endpoint: 'e', models: ['m'], baseUrl: 'http://127.0.0.1:9/v1', apiKey: undefined, timeout: 1_000 }],
  })
  expect(await dates.look(new AbortController().signal)).toEqual([])
})

test.each([
  ['a server of this network without a key is not asked unbidden', undefined, 0],
  ['one that takes a key, such as a gateway, is asked at the start', 'k', 1],
])('%s', async (_, apiKey, times) => {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end('{"data":[]}')
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const dates = createShutdownDates({ asked: [{ endpoint: 'e', models: ['m'], baseUrl, apiKey, timeout: 5_000 }] })
  const over = new AbortController()
  await dates.watch({ log: console, signal: over.signal })
  over.abort()
  expect(asked).toBe(times)
  await dates.look(new AbortController().signal)
  expect(asked).toBe(times + 1)
})
