import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines } from './support/batch-service.ts'
import { emptyFolder, type Hooks, startServer } from './support/command.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import {
  postgresPrograms,
  schemaOf,
  startTemporaryPostgres,
  type TemporaryPostgres,
} from './support/temporary-postgres.ts'

/** A provider that counts how often each item was asked about. */
async function startCountingProvider(latencyMs: number, { onTestFinished }: Hooks) {
  const asked = new Map<string, number>()
  const provider = await startFakeProvider({
    latencyMs,
    choose: ({ document, allowed }) => {
      const item = /# Project (\d+)/u.exec(document)?.[1]
      if (item !== undefined) asked.set(item, (asked.get(item) ?? 0) + 1)
      return allowed.slice(0, 1)
    },
  })
  onTestFinished(() => provider.close())
  return { provider, asked }
}

const programs = postgresPrograms()

describe.skipIf(programs === undefined)('of two replicas, one is told to stop in the middle of slow items', () => {
  let server: TemporaryPostgres
  beforeAll(async () => {
    server = await startTemporaryPostgres(programs!)
  })
  afterAll(() => server?.stop())

  // Side by side, as they wait most of their time.
  test.concurrent.for([
    ['a lease far shorter than the items and the grace time', { lease: 2_500, grace: 60_000, latency: 8_000 }],
    ['a lease shorter than the grace time', { lease: 3_000, grace: 60_000, latency: 4_500 }],
    ['a lease longer than the grace time', { lease: 60_000, grace: 15_000, latency: 3_000 }],
    ['items that take most of the grace time', { lease: 4_000, grace: 10_000, latency: 7_000 }],
  ] as const)('%s: no item is asked about twice, and the exit code is 0', async ([, given], context) => {
    const { lease, grace, latency } = given
    const { provider, asked } = await startCountingProvider(latency, context)
    const env = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: await schemaOf(server.url, `lease_${lease}`),
      BATCH_LEASE_MS: String(lease),
      SHUTDOWN_TIMEOUT_MS: String(grace),
      BATCH_CONCURRENCY: '4',
      CACHE_ENTRIES: '0',
      LOG_LEVEL: 'info',
    }
    const start = () => startServer(env, undefined, context)
    const [stopped, other] = await Promise.all([start(), start()])
    const { submit, until } = clientOf(other.url)
    const items = 10
    const { body } = await submit(someLines(items))
    // Both are in the middle of items that they began a while ago.
    while (asked.size < 6 || provider.active() < 3) await sleep(20)
    stopped.child.kill('SIGTERM')
    expect(await stopped.ended).toBe(0)
    expect(stopped.output()).not.toContain('go back to their batches')
    expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: items, failed: 0 } })
    expect([...asked.values()].filter(times => times > 1)).toEqual([])
    expect(asked.size).toBe(items)
    expect(await resultsOf(other.url, body.id)).toHaveLength(items)
  })

  test('what has not ended when the grace time is over is run by the other one at once', async context => {
    const { provider } = await startCountingProvider(0, context)
    const env = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: server.url,
      BATCH_LEASE_MS: '600000',
      SHUTDOWN_TIMEOUT_MS: '1000',
      CACHE_ENTRIES: '0',
      LOG_LEVEL: 'info',
    }
    const stopped = await startServer(env)
    provider.setFaults({ shares: { stall_before_headers: 1 } })
    const { body } = await clientOf(stopped.url).submit(someLines(3))
    while (provider.active() < 1) await sleep(20)
    stopped.child.kill('SIGTERM')
    expect(await stopped.ended).toBe(0)
    provider.setFaults({ shares: {} })
    const other = await startServer(env)
    expect(await clientOf(other.url).until(body.id, ended)).toMatchObject({ request_counts: { completed: 3 } })
  })
})

describe('a request that has not ended when the grace time is over', () => {
  async function startStalling(env: Record<string, string> = {}) {
    const provider = await startFakeProvider()
    onTestFinished(() => provider.close())
    const settings = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATA_DIR: emptyFolder(),
      SHUTDOWN_TIMEOUT_MS: '1000',
      ...env,
    }
    const server = await startServer(settings)
    await fetch(`${server.url}/classify`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'Sorts.' })
    provider.setFaults({ shares: { stall_before_headers: 1 } })
    return { provider, server, settings }
  }
  const post = (url: string, text: string) =>
    fetch(`${url}/classify?id=7`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text })

  test('is answered as stopping, its call is written down, and the exit code is 0', async () => {
    const { provider, server, settings } = await startStalling()
    const before = provider.count()
    const answers = Promise.all(['A router.', 'A switch.', 'A bridge.'].map(text => post(server.url, text)))
    while (provider.count() < before + 3) await sleep(20)
    server.child.kill('SIGTERM')
    for (const answer of await answers) {
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
      expect(await answer.json()).toMatchObject({ code: 'stopping', retryable: true, id: '7' })
    }
    expect(await server.ended).toBe(0)
    const again = await startServer(settings)
    const { data } = (await (await fetch(`${again.url}/usage`)).json()) as { data: { unanswered: number }[] }
    expect(data.reduce((sum, { unanswered }) => sum + unanswered, 0)).toBe(3)
  })

  test('is answered as stopping also while it waits for its turn, or for the rest of its body', async () => {
    const { provider, server } = await startStalling({ REQUESTS_AT_ONCE: '1', REQUESTS_WAITING: '5' })
    const before = provider.count()
    const working = post(server.url, 'A router.')
    while (provider.count() < before + 1) await sleep(20)
    const waiting = post(server.url, 'A switch.')
    const headers = { 'content-type': 'text/plain', 'content-length': '100' }
    const halfSent = new Promise<string>((resolve, reject) => {
      const sent = request(`${server.url}/classify`, { method: 'POST', headers })
      sent.once('error', reject)
      sent.once('response', response => {
        let body = ''
        response.on('data', chunk => (body += chunk)).once('end', () => resolve(body))
      })
      sent.write('A brid')
    })
    const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
    while (!/requests_in_work\{state="waiting"\} 1/.test(await metrics())) await sleep(50)
    // A body that is not there yet has no place, and so no figure tells that its beginning has come.
    await sleep(1_000)
    server.child.kill('SIGTERM')
    const bodies = await Promise.all([working, waiting].map(async answer => (await answer).text()))
    expect([...bodies, await halfSent].map(body => JSON.parse(body).code)).toEqual(['stopping', 'stopping', 'stopping'])
    expect(await server.ended).toBe(0)
  })

  test('does not keep the service from ending when its client does not read', async () => {
    const { server } = await startStalling()
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => undefined)
    socket.write('POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\n')
    await sleep(200)
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  })
})
