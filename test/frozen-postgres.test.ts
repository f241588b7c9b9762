import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { clientOf, ended, someLines } from './support/batch-service.ts'
import { type Hooks, startServer } from './support/command.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import { postgresPrograms, startTemporaryPostgres } from './support/temporary-postgres.ts'

const programs = postgresPrograms()
const requestMs = 10_000

describe.skipIf(programs === undefined)('while the PostgreSQL server is frozen', { concurrent: true }, () => {
  /** One of its own for each test, so that they can wait side by side. */
  async function startDatabase({ onTestFinished }: Hooks) {
    const database = await startTemporaryPostgres(programs!)
    let isFrozen = false
    const freeze = async () => {
      isFrozen = true
      await database.freeze()
    }
    const thaw = async () => {
      isFrozen = false
      await database.thaw()
    }
    onTestFinished(async () => {
      if (isFrozen) await thaw()
      await database.stop()
    })
    return { url: database.url, freeze, thaw }
  }

  async function startAll(context: Hooks, env: Record<string, string> = {}) {
    const database = await startDatabase(context)
    const provider = await startFakeProvider({ latencyMs: 100 })
    context.onTestFinished(() => provider.close())
    const settings = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: database.url,
      BATCH_LEASE_MS: '3000',
      REQUEST_TIMEOUT_MS: String(requestMs),
      LOG_LEVEL: 'info',
      ...env,
    }
    const server = await startServer(settings, undefined, context)
    return { ...database, provider, server, ...clientOf(server.url) }
  }

  test('texts are answered, requests about batches get a problem in their time, and all goes on afterwards', async context => {
    const { freeze, thaw, server, submit, get, until } = await startAll(context)
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
    await context.expect.poll(async () => (await get('/readyz')).body).toEqual({ status: 'ok' })
    server.child.kill('SIGTERM')
    expect(await server.ended).toBe(0)
  })

  test.for([
    ['with nothing to do, within the grace time', { items: 0, grace: 50_000, mostMs: 50_000 }],
    ['with items in progress, in the grace time and a little more', { items: 2_000, grace: 5_000, mostMs: 50_000 }],
  ] as const)('a service that is told to stop ends with 0: %s', async ([, { items, grace, mostMs }], context) => {
    const { freeze, server, submit, until } = await startAll(context, { SHUTDOWN_TIMEOUT_MS: String(grace) })
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

  test('no replica takes the items of another for those of a dead one when it goes on', async context => {
    const { url, freeze, thaw } = await startDatabase(context)
    const asked = new Map<string, number>()
    const provider = await startFakeProvider({
      latencyMs: 12_000,
      choose: ({ document, allowed }) => {
        asked.set(document, (asked.get(document) ?? 0) + 1)
        return allowed.slice(0, 1)
      },
    })
    context.onTestFinished(() => provider.close())
    const env = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      DATABASE_URL: url,
      BATCH_LEASE_MS: '3000',
    }
    const start = () => startServer(env, undefined, context)
    const [first] = await Promise.all([start(), start()])
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
