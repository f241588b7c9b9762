import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines } from './support/batch-service.ts'
import { emptyFolder } from './support/command.ts'
import type { BatchCall } from './support/fake-provider/batch-api.ts'
import { type FakeProvider, startFakeProvider } from './support/fake-provider/server.ts'
import { freePort, listening, type SpawnedService, spawnService } from './support/spawned-service.ts'
import { postgresPrograms, startTemporaryPostgres } from './support/temporary-postgres.ts'

const items = 60

/** A batch through the Batch API, with the service killed the moment that each of these calls has had its effect. */
async function runWithKillsAt(kills: readonly [call: BatchCall, count: number][]) {
  let service: SpawnedService | undefined
  const left = [...kills]
  const provider = await startFakeProvider({
    batches: {
      fate: ({ place, batch }) => (batch === 0 && place % 5 === 1 ? 'expired' : undefined),
      onCall(call, count) {
        const [next] = left
        if (next?.[0] !== call || next[1] > count) return
        left.shift()
        service?.signal('SIGKILL')
      },
    },
  })
  onTestFinished(() => provider.close())
  const env = {
    ...{ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model, PORT: String(await freePort()) },
    ...{ DATA_DIR: emptyFolder(), PROVIDER_BATCH_POLL_MS: '50', PROVIDER_BATCH_ITEMS: '40' },
  }
  let id: string | undefined
  for (;;) {
    service = spawnService(env)
    const { url, ended: over, signal } = service
    const client = clientOf(url)
    try {
      await listening(service)
      id ??= (await client.submit(someLines(items), { query: '?delivery=provider', idempotencyKey: 'one' })).body.id
      await client.until(id, ended)
      const results = await resultsOf(url, id)
      signal('SIGTERM')
      await over
      return { results, provider, left }
    } catch {
      // It was killed.
      await over
      await sleep(10)
    }
  }
}

const everyStep: [BatchCall, number][] = [
  ['upload', 1],
  ['create', 1],
  ['create', 2],
  ['read', 4],
  ['content', 1],
  ['content', 3],
  ['delete', 3],
]

test.each<[string, [BatchCall, number][]]>([
  ['when a batch was created and not written down', [['create', 1]]],
  ['at every step', everyStep],
])(
  'a service that is killed %s, loses nothing and pays for nothing twice',
  async (_when, kills) => {
    const { results, provider, left } = await runWithKillsAt(kills)
    expect(left).toEqual([])
    expect(expectOnceEach(results, provider)).toBe(items)
  },
  180_000,
)

/** Each was answered once, and run in a file at most once. Says how often the model ran, live calls included. */
function expectOnceEach(results: Awaited<ReturnType<typeof resultsOf>>, provider: FakeProvider): number {
  expect(results.map(({ id }) => id)).toEqual(Array.from({ length: items }, (_, id) => id))
  expect(results.every(({ tags }) => tags !== undefined)).toBe(true)
  provider.batchApi.settle()
  const { paid } = provider.batchApi
  expect([...paid.values()].filter(count => count > 1)).toEqual([])
  return paid.size + provider.count()
}

const programs = postgresPrograms()

test.skipIf(programs === undefined)(
  'three replicas share the files of a batch, and inherit those of the dead',
  async () => {
    const database = await startTemporaryPostgres(programs!)
    onTestFinished(() => database.stop())
    const replicas: SpawnedService[] = []
    const provider = await startFakeProvider({
      batches: {
        looks: 6,
        onCall(call, count) {
          if (call === 'create' && count === 4) replicas[0]!.signal('SIGKILL')
          if (call === 'content' && count === 2) replicas[1]!.signal('SIGKILL')
        },
      },
    })
    onTestFinished(() => provider.close())
    for (let place = 0; place < 3; place += 1) {
      const replica = spawnService({
        ...{ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: provider.dialect.model, PORT: String(await freePort()) },
        ...{ DATABASE_URL: database.url, BATCH_LEASE_MS: '1500' },
        ...{ PROVIDER_BATCH_POLL_MS: '100', PROVIDER_BATCH_ITEMS: '8' },
      })
      replicas.push(replica)
      await listening(replica)
    }
    const last = replicas[2]!
    const client = clientOf(last.url)
    const { body } = await client.submit(someLines(items), { query: '?delivery=provider' })
    await client.until(body.id, ended)
    await Promise.all([replicas[0]!.ended, replicas[1]!.ended])
    // Each replica asks one item live to find out how; who is killed at that leaves it to be asked again.
    expect(expectOnceEach(await resultsOf(last.url, body.id), provider)).toBeLessThanOrEqual(items + 2)
    last.signal('SIGTERM')
    await last.ended
  },
  180_000,
)
