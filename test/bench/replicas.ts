/**
 * Three replicas on one PostgreSQL: how they share, what happens when one is killed or frozen, and when the database is.
 * `node test/bench/replicas.ts --items 6000`
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { clientOf, ended, resultsOf, someLines } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, type SpawnedService, spawnService } from '../support/spawned-service.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '6000' },
    lease: { type: 'string', default: '3000' },
    latency: { type: 'string', default: '250' },
    concurrency: { type: 'string', default: '32' },
  },
})
const items = Number(values.items)
const leaseMs = Number(values.lease)
const print = (line: string) => process.stdout.write(`${line}\n`)

interface Call {
  readonly replica: string
  readonly item: number
  readonly at: number
}

let calls: Call[] = []
const programs = postgresPrograms()
if (programs === undefined) throw new Error('PostgreSQL is not on this machine')
const database = await startTemporaryPostgres(programs, { synced: true })
const provider = await startFakeProvider({
  latencyMs: Number(values.latency),
  recorded: 10,
  choose: ({ document, allowed }) => {
    const replica = provider.requests.at(-1)?.headers.authorization?.toString().slice(-2) ?? ''
    calls.push({ replica, item: Number(/# Project (\d+)/u.exec(document)?.[1]), at: performance.now() })
    return allowed.slice(0, 1)
  },
})

async function startReplica(name: string): Promise<SpawnedService> {
  const service = spawnService({
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: `sk-${name}`,
    OPENAI_MODEL: provider.dialect.model,
    BATCH_CONCURRENCY: values.concurrency,
    BATCH_LEASE_MS: String(leaseMs),
    // The scenarios send the same texts, which are to be asked anew in each.
    ...{ CACHE_ENTRIES: '0', CACHE_STORED_ENTRIES: '0' },
    DATABASE_URL: database.url,
    PORT: String(await freePort()),
  })
  await listening(service)
  return service
}

const names = ['r1', 'r2', 'r3'] as const
const replicas = new Map<string, SpawnedService>()
for (const name of names) replicas.set(name, await startReplica(name))

/** Runs one batch, does something to it in the middle, and says whether each item has one answer. */
async function scenario(name: string, disturb: (client: ReturnType<typeof clientOf>, id: string) => Promise<string>) {
  calls = []
  const { url } = replicas.get('r1')!
  const client = clientOf(url)
  const { body } = await client.submit(someLines(items))
  await client.until(body.id, ({ request_counts }) => request_counts.completed >= items / 4)
  const found = await disturb(client, body.id)
  const last = await client.until(body.id, ended)
  const results = await resultsOf(url, body.id)
  const distinct = new Set(results.map(({ id }) => id)).size
  const counts = `${distinct} of ${items} answered, ${results.length - distinct} twice, ${last.request_counts.failed} failed`
  print(`${name}: ${counts}, ${calls.length - items} extra calls. ${found}`)
}

/** When the items that were in the hands of a replica were called by others. */
function pickUp(lost: string, since: number): string {
  const held = new Set(calls.filter(({ replica, at }) => replica === lost && at <= since).map(({ item }) => item))
  const taken = calls.filter(({ replica, item, at }) => replica !== lost && at > since && held.has(item))
  const times = taken.map(({ at }) => at - since)
  if (times.length === 0) return 'Nothing had to be picked up.'
  const [first, final] = [Math.min(...times), Math.max(...times)].map(time => `${(time / 1000).toFixed(1)} s`)
  return `${taken.length} items picked up ${first} to ${final} later (lease ${leaseMs / 1000} s).`
}

await scenario('left alone', async (client, id) => {
  await client.until(id, ended)
  const shares = names.map(name => calls.filter(({ replica }) => replica === name).length)
  const deviation = Math.max(...shares.map(share => Math.abs(share / (items / 3) - 1)))
  return `Shares ${shares.join(', ')}: at most ${(deviation * 100).toFixed(1)} % from equal.`
})
await scenario('one killed', async (client, id) => {
  const killed = performance.now()
  replicas.get('r3')!.signal('SIGKILL')
  await client.until(id, ended)
  replicas.set('r3', await startReplica('r3'))
  return pickUp('r3', killed)
})
await scenario('one frozen past its lease', async () => {
  const frozen = performance.now()
  replicas.get('r2')!.signal('SIGSTOP')
  await sleep(leaseMs * 2)
  replicas.get('r2')!.signal('SIGCONT')
  return pickUp('r2', frozen)
})
await scenario('the database killed twice', async client => {
  for (let kill = 0; kill < 2; kill += 1) {
    await database.kill()
    await sleep(1000)
    await database.start()
    await sleep(3000)
    await client.get('/livez')
  }
  return ''
})
for (const replica of replicas.values()) replica.signal('SIGTERM')
for (const replica of replicas.values()) await replica.ended
await provider.close()
await database.stop()
