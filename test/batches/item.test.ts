import { expect, onTestFinished, test } from 'vitest'
import { createItemRun } from '../../src/batches/run/item-run.ts'
import { createEndpointProbe, createSettingFaults } from '../../src/batches/run/probes.ts'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { pricesFile } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { holdTime } from '../support/hold-time.ts'
import { endpointSettings } from '../support/service.ts'

const item = { batchId: 'b1', seq: 0, customId: '1', document: '{"text":"A router."}', attempts: 1, replies: null }
const { signal } = new AbortController()
const context = { settings: {}, account: 'nightly', traceparent: null, signal }

async function start(more: Record<string, string> = {}) {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const env = { ...endpointSettings, OPENAI_BASE_URL: provider.url, PRICES_FILE: pricesFile('cheap'), ...more }
  const services = await createServices(loadConfig(env))
  const settingFaults = createSettingFaults({ classifier: services.classifier, log: console })
  const endpointProbe = createEndpointProbe({ classifier: services.classifier, signal })
  return {
    provider,
    ...services,
    runItem: createItemRun({ classifier: services.classifier, endpointProbe, settingFaults }),
  }
}

const reply = (model: string, content: string, more: object = {}) => ({
  status: 200,
  body: {
    model,
    choices: [{ message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1000, completion_tokens: 100, ...more },
  },
})
const ofCheap = (1000 * 0.4 + 100 * 1.6) / 1e6

test('an item that failed cost what each of its attempts cost, by the model of that attempt', async () => {
  const { provider, runItem } = await start()
  provider.play(reply('cheap', '{"tags":["none"]}'), reply('dear', '{"tags":["nor this"]}', { cost: 3 }))
  expect(await runItem(item, context)).toMatchObject({
    ...{ kind: 'returned', because: 'reply' },
    item: { inputTokens: 2000, outputTokens: 200, costUsd: expect.closeTo(3 + ofCheap, 10) },
  })
})

test('one attempt at a price nobody knows makes the cost of the item unknown, and its tokens count', async () => {
  const { provider, runItem } = await start()
  provider.play(reply('cheap', '{"tags":["none"]}'), reply('unknown', '{"tags":["nor this"]}'))
  expect(await runItem(item, context)).toMatchObject({ item: { inputTokens: 2000, outputTokens: 200, costUsd: null } })
})

test('what was answered before a call that timed out is paid for by the item', async () => {
  const { provider, runItem, ledger } = await start({ REQUEST_TIMEOUT_MS: '1500' })
  provider.play(reply('cheap', '{"tags":["none"]}'), { fault: 'stall_before_headers' })
  // The time of the item is over when its second call is under way, and not before.
  const pass = holdTime()
  const ending = runItem(item, context)
  await expect.poll(provider.count).toBe(2)
  pass(1_500)
  expect(await ending).toMatchObject({
    item: { inputTokens: 1000, outputTokens: 100, costUsd: expect.closeTo(ofCheap, 10) },
  })
  const today = new Date().toISOString().slice(0, 10)
  expect(await ledger.read({ from: today, to: today })).toMatchObject([
    { model: 'cheap', requests: 1, inputTokens: 1000, unanswered: 0 },
    // The second asked whether the endpoint is up.
    { model: 'test-model', requests: 2, unanswered: 1 },
  ])
})

test('an item that fails while the endpoint answers another text uses an attempt, and fails after the last', async () => {
  const { provider, runItem } = await start({ UPSTREAM_ATTEMPTS: '1' })
  const poison = { ...item, document: '{"text":"A router. [[fake:server_error]]"}' }
  await runItem(item, context)
  expect(await runItem(poison, context)).toMatchObject({ because: 'failure', item: { refund: false } })
  expect(await runItem({ ...poison, attempts: 4 }, context)).toMatchObject({
    ...{ kind: 'finished', item: { succeeded: false, outcome: 'upstream_unavailable' } },
  })
  expect(provider.requests.map(({ status }) => status)).toEqual([200, 500, 200, 500, 200])
})

test('what was answered in the meantime spares the question whether the endpoint is up', async () => {
  const { provider, runItem } = await start({ UPSTREAM_ATTEMPTS: '2', UPSTREAM_BACKOFF_MS: '2000' })
  await runItem(item, context)
  const failing = runItem({ ...item, document: '{"text":"A router. [[fake:server_error]]"}' }, context)
  while (provider.count() < 2) await new Promise(setImmediate)
  await runItem({ ...item, document: '{"text":"Another router."}' }, context)
  expect(await failing).toMatchObject({ because: 'failure' })
  expect(provider.requests.map(({ status }) => status)).toEqual([200, 500, 200, 500])
})

test('an item that fails as all else does uses no attempt, whatever its number', async () => {
  const { provider, runItem } = await start({ UPSTREAM_ATTEMPTS: '1' })
  provider.setFaults({ shares: { server_error: 1 } })
  expect(await runItem({ ...item, attempts: 9 }, context)).toMatchObject({ because: 'outage', item: { refund: true } })
})

test('a list that an endpoint fails on is told from an endpoint that is down', async () => {
  const { runItem } = await start({ UPSTREAM_ATTEMPTS: '1' })
  const tags = [{ id: 1, name: 'A tag [[fake:server_error]]' }]
  const prompted = { ...item, document: '{"text":"A router. [[fake:unavailable]]"}' }
  expect(await runItem(prompted, { ...context, settings: { tags } })).toMatchObject({ because: 'failure' })
})

test('an item is not to blame for a wait of a day that the endpoint asked for, nor for a call that was never made', async () => {
  const { runItem, provider } = await start({ UPSTREAM_ATTEMPTS: '1' })
  const limit = (seconds: number) => ({
    ...{ status: 429, headers: { 'retry-after': String(seconds) }, body: { error: { message: 'Slow down.' } } },
  })
  provider.play(limit(86_400))
  expect(await runItem({ ...item, attempts: 9 }, context)).toMatchObject({
    because: 'congestion',
    item: { refund: true },
  })
  // The endpoint is left alone for that day.
  expect(await runItem({ ...item, attempts: 9 }, context)).toMatchObject({
    because: 'congestion',
    item: { refund: true },
  })
  expect(provider.count()).toBe(1)
})
