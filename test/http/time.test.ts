import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { holdTime } from '../support/hold-time.ts'
import { endpointSettings, startService } from '../support/service.ts'

// Over a real socket: aborting a mocked request breaks the mock.
const text = '# A router\n\nIt routes packets.'

async function startSlowEndpoint(latencyMs: number) {
  const provider = await startFakeProvider({ latencyMs })
  onTestFinished(() => provider.close())
  return provider
}

test('an endpoint that stalls is asked as often as UPSTREAM_ATTEMPTS says', async () => {
  const provider = await startSlowEndpoint(60_000)
  const settings = { UPSTREAM_TIMEOUT_MS: '500', UPSTREAM_ATTEMPTS: '2' }
  const { classify } = await startService({ ...endpointSettings, ...settings, OPENAI_BASE_URL: provider.url })
  const pass = holdTime()
  const answer = classify({ text })
  for (const calls of [1, 2]) {
    await expect.poll(provider.count).toBe(calls)
    pass(500)
  }
  const response = await answer
  expect(response.json()).toMatchObject({ code: 'upstream_unavailable', status: 503, retryable: true })
  expect(response.json().detail).toContain('in time')
  expect(response.json().detail).toContain('UPSTREAM_TIMEOUT_MS')
  expect(provider.count()).toBe(2)
})

test('a request ends when its own time is over', async () => {
  const provider = await startSlowEndpoint(60_000)
  const { classify, log } = await startService({
    ...endpointSettings,
    REQUEST_TIMEOUT_MS: '150',
    OPENAI_BASE_URL: provider.url,
  })
  const response = await classify({ text })
  expect(response.json()).toMatchObject({ code: 'deadline', status: 504, retryable: true })
  expect(response.headers['retry-after']).toBe('1')
  expect(log.map(line => JSON.parse(line)).find(line => line.msg === 'request')).toMatchObject({ outcome: 'deadline' })
})

test.each([
  ['while a call was under way', { UPSTREAM_TIMEOUT_MS: '800', REQUEST_TIMEOUT_MS: '2500' }, [800, 1_700]],
  // The wait for the next call takes ten seconds at least.
  [
    'too soon for another call',
    { UPSTREAM_TIMEOUT_MS: '300', REQUEST_TIMEOUT_MS: '9000', UPSTREAM_BACKOFF_MS: '20000' },
    [300],
  ],
])('a request that was over %s after one that was broken off names both times', async (_, times, waits) => {
  const provider = await startSlowEndpoint(60_000)
  const env = { ...endpointSettings, ...times, UPSTREAM_ATTEMPTS: '20', OPENAI_BASE_URL: provider.url }
  const { classify } = await startService(env)
  const pass = holdTime()
  const answer = classify({ text })
  for (const [calls, wait] of waits.entries()) {
    await expect.poll(provider.count).toBe(calls + 1)
    pass(wait)
  }
  const { code, detail } = (await answer).json()
  // More of its own time alone would not help.
  expect([code, detail]).toEqual(['deadline', expect.stringMatching(/UPSTREAM_TIMEOUT_MS.*REQUEST_TIMEOUT_MS/)])
})

test('a request that was over before any call was names its own time alone', async () => {
  const provider = await startSlowEndpoint(60_000)
  const times = { UPSTREAM_TIMEOUT_MS: '60000', REQUEST_TIMEOUT_MS: '300' }
  const { classify } = await startService({ ...endpointSettings, ...times, OPENAI_BASE_URL: provider.url })
  const { code, detail } = (await classify({ text })).json()
  expect([code, detail]).toEqual(['deadline', expect.not.stringContaining('UPSTREAM_TIMEOUT_MS')])
})

test('a client that leaves takes its call of the model with it', async () => {
  const provider = await startSlowEndpoint(60_000)
  const { app, log } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  const address = await app.listen({ port: 0 })
  const client = new AbortController()
  const answer = fetch(`${address}/classify`, {
    method: 'POST',
    body: text,
    headers: { 'content-type': 'text/plain' },
    signal: client.signal,
  })
  answer.catch(() => {})
  while (provider.active() === 0) await sleep(5)
  client.abort()
  const start = performance.now()
  while (provider.active() > 0) await sleep(5)
  expect(performance.now() - start).toBeLessThan(30_000)
  await expect(answer).rejects.toThrow()
  await expect.poll(() => log.join('')).toContain('"outcome":"client_closed"')
  expect(log.join('')).not.toContain('unexpected error')
})
