import { expect, onTestFinished, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { clientOf, ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings, startService } from '../support/service.ts'
import { bearer } from '../support/watched-service.ts'

const key = (name: string) => createApiKey(name, { opens: ['classify', 'batch'], limits: {} })
const [harmed, harming] = [key('harmed'), key('harming')]
const API_KEYS = [harmed, harming].map(({ line }) => line).join(';')

/** Documents on which the endpoint always fails with a 500. */
const poisonedLines = (count: number, from = 1_000) =>
  Array.from({ length: count }, (_, index) => {
    const text = `# Project ${from + index}\n\nA tool. [[fake:server_error]]`
    return `${JSON.stringify({ id: from + index, text })}\n`
  }).join('')

test.each([
  ['first', [poisonedLines(10), someLines(390)]],
  ['last', [someLines(390), poisonedLines(10)]],
])(
  'ten texts that always get a 500 fail alone, and the 390 others are answered: ten that come %s',
  async (_where, parts) => {
    const { url, submit, until, provider } = await startBatchService({
      env: { BATCH_LEASE_MS: '3000', UPSTREAM_BACKOFF_MS: '100' },
      provider: { latencyMs: 20 },
    })
    const { body } = await submit(parts.join(''))
    expect(await until(body.id, ended)).toMatchObject({
      ...{ status: 'completed', circuit: 'closed', outcomes: { ok: 390, upstream_unavailable: 10 } },
    })
    const failed = await resultsOf(url, body.id, '?status=failed')
    expect(failed.map(({ id }) => Number(id))).toEqual(Array.from({ length: 10 }, (_, index) => 1_000 + index))
    // Four attempts of four calls each, and the questions whether the endpoint is up.
    expect(provider.count()).toBeLessThan(390 + 10 * 16 + 40)
  },
  60_000,
)

test('a batch of texts that always get a 500 does not hold up a later one of another key', async () => {
  const { url, provider } = await startBatchService({
    env: { API_KEYS, BATCH_LEASE_MS: '3000', UPSTREAM_BACKOFF_MS: '200' },
    provider: { latencyMs: 20, recorded: 2_000 },
  })
  const [bad, good] = [clientOf(url, bearer(harming)), clientOf(url, bearer(harmed))]
  const { body: poisoned } = await bad.submit(poisonedLines(400))
  while (provider.count() < 8) await new Promise(setImmediate)
  const { body } = await good.submit(someLines(400))
  expect(await good.until(body.id, ended)).toMatchObject({ circuit: 'closed', request_counts: { completed: 400 } })
  expect((await bad.get(`/batches/${poisoned.id}`)).body.status).toBe('in_progress')
}, 60_000)

test('a batch whose every text gets a 500 waits while nothing shows that the endpoint is up, and fails once live requests are answered', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const { url, submit, until } = await startBatchService({
    env: { OPENAI_BASE_URL: provider.url, BATCH_LEASE_MS: '3000', UPSTREAM_ATTEMPTS: '1' },
  })
  provider.setFaults({ shares: { server_error: 1 } })
  const { body } = await submit(poisonedLines(20))
  expect(await until(body.id, ({ circuit }) => circuit !== 'closed')).toMatchObject({ request_counts: { failed: 0 } })
  provider.setFaults({ shares: {} })
  const live = await fetch(`${url}/classify`, {
    method: 'POST',
    body: '# A router',
    headers: { 'content-type': 'text/plain' },
  })
  expect(live.status).toBe(200)
  expect(await until(body.id, ended)).toMatchObject({ outcomes: { upstream_unavailable: 20 } })
}, 60_000)

test('the requests of one key that get a 500 cost another key nothing, and have a circuit of their own', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const { classify } = await startService({
    ...{ ...endpointSettings, OPENAI_BASE_URL: provider.url, UPSTREAM_ATTEMPTS: '1', API_KEYS },
  })
  const ask = async (what: string, who: typeof harmed) =>
    classify({ text: `# Router ${what}` }, { headers: bearer(who) })
  expect((await ask('first', harmed)).statusCode).toBe(200)
  let told = ''
  for (let count = 0; !told.includes('left alone'); count += 1) {
    const responses = await Promise.all(
      Array.from({ length: 5 }, (_, index) => ask(`${count} ${index} [[fake:server_error]]`, harming)),
    )
    told = responses.at(-1)!.json().detail
  }
  const [refused, answered] = [await ask('next [[fake:server_error]]', harming), await ask('next', harmed)]
  expect([refused.json().detail, answered.statusCode]).toEqual([expect.stringContaining('left alone'), 200])
  // What was answered to one shows that the endpoint is up.
  expect((await ask('another', harming)).statusCode).toBe(200)
}, 30_000)
