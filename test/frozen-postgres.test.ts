import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, someLines } from './support/batch-service.ts'
import { startServer } from './support/command.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import { postgresPrograms, startTemporaryPostgres, type TemporaryPostgres } from './support/temporary-postgres.ts'

const programs = postgresPrograms()
const requestMs = 10_000

describe.skipIf(programs === undefined)('while the PostgreSQL server is frozen', () => {
  let database: TemporaryPostgres
  let isFrozen = false
  const freeze = async () => {
    isFrozen = true
    await database.freeze()
  }
  const thaw = async () => {
    isFrozen = false
    await database.thaw()
  }
  beforeEach(async () => {
    database = await startTemporaryPostgres(programs!)
    return async () => {
      if (isFrozen) await thaw()
      await database.stop()
    }
  })

  async function startAll(env: Record<string, string> = {}) {
    const provider = await startFakeProvider({ latencyMs: 100 })
    onTestFinished(() => provider.close())
    const server = await startServer({
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: database.url,
      BATCH_LEASE_MS: '3000',
      REQUEST_TIMEOUT_MS: String(requestMs),
      LOG_LEVEL: 'info',
      ...env,
    })
    return { provider, server, ...clientOf(server.url) }
  }

  test('texts are answered, requests about batches get a problem in their time, and all goes on afterwards', async () => {
    const { server, submit, get, until } = await startAll()
    const { url } = server
    const { body } = await submit(someLines(300))
    await until(body.id, ({ request_counts: { completed } }) => completed > 0)
    await freeze()
    const begun = performance.now()
    // More than there are connections.
    const problems = await Promise.all([
      ...Array.from({ length: 14 }, () => get(`/batches/${body.id}`)),
      submit(someLines(3)),
      get('/batches'),
      get('/usage'),
    ])
    // Without a limit of their own they would wait for as long as it is frozen.
    expect(performance.now() - begun).toBeLessThan(requestMs + 20_000)
    expect(problems.map(({ status, body: { code } }) => [status, code])).toEqual(
      problems.map(() => [503, 'storage_unavailable']),
    )
    expect((await get('/livez')).status).toBe(200)
    expect((await get('/readyz')).body).toEqual({ status: 'degraded', storage: 'unavailable' })
    const classified = await fetch(`${url}/classify`, {
      ...{ method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'A router.' },
    })
    expect(classified.status).toBe(200)
    await thaw()
    const { request_counts: counts } = await until(body.id, ended)
    expect(counts).toMatchObject({ total: 300, completed: 300, failed: 0 })
    await expect.poll(async () => (await get('/readyz')).body).toEqual({ status: 'ok' })
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  })

  test.each([
    ['with nothing to do, within the grace time', { items: 0, grace: 50_000, mostMs: 50_000 }],
    ['with items in progress, in the grace time and a little more', { items: 2_000, grace: 5_000, mostMs: 50_000 }],
  ])('a service that is told to stop ends with 0: %s', async (_what, { items, grace, mostMs }) => {
    const { server, submit, until } = await startAll({ SHUTDOWN_TIMEOUT_MS: String(grace) })
    if (items > 0) {
      const { body } = await submit(someLines(items))
      await until(body.id, ({ request_counts: { completed } }) => completed > 0)
    }
    await freeze()
    const begun = performance.now()
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(performance.now() - begun).toBeLessThan(mostMs)
  })

  test('no replica takes the items of another for those of a dead one when it goes on', async () => {
    const asked = new Map<string, number>()
    const provider = await startFakeProvider({
      latencyMs: 12_000,
      choose: ({ document, allowed }) => {
        asked.set(document, (asked.get(document) ?? 0) + 1)
        return allowed.slice(0, 1)
      },
    })
    onTestFinished(() => provider.close())
    const env = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: database.url,
      BATCH_LEASE_MS: '3000',
    }
    const [first] = await Promise.all([startServer(env), startServer(env)])
    const { submit, until } = clientOf(first.url)
    const { body } = await submit(someLines(2))
    while (asked.size < 2) await sleep(20)
    await freeze()
    // Longer than the lease, and than the time of a statement.
    await sleep(8_000)
    await thaw()
    await until(body.id, ended)
    expect([...asked.values()]).toEqual([1, 1])
  })
})
