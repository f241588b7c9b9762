/**
 * A big batch through the whole service: `node test/bench/batch-http.bench.ts --items 1000000 --store sqlite`.
 * Uploads over HTTP, reads the progress and the results while it runs, cancels it. Prints figures, asserts nothing.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { clientOf } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, type SpawnedService, spawnService } from '../support/spawned-service.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const { values } = parseArgs({
  options: { store: { type: 'string', default: 'sqlite' }, items: { type: 'string', default: '100000' } },
})
const items = Number(values.items)
const text = 'A small library that parses command lines. '.repeat(12)
const print = (line: string) => process.stdout.write(`${line}\n`)

async function* lines(): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < items; from += 1000) {
    const ids = Array.from({ length: Math.min(1000, items - from) }, (_, index) => from + index)
    yield Buffer.from(ids.map(id => `{"id":${id},"text":"# ${id} ${text}"}\n`).join(''))
  }
}

const peakMemory = ({ pid }: SpawnedService) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000)

/** How long the service takes to answer a probe while something else goes on: what its event loop is held up. */
async function probed<T>({ url }: SpawnedService, work: Promise<T>): Promise<{ value: T; p99: number; max: number }> {
  const times: number[] = []
  let going = true
  const probe = (async () => {
    while (going) {
      const started = performance.now()
      await (await fetch(`${url}/livez`)).text()
      times.push(performance.now() - started)
      await sleep(10)
    }
  })()
  const value = await work
  going = false
  await probe
  times.sort((left, right) => left - right)
  return { value, p99: times[Math.floor(times.length * 0.99)] ?? 0, max: times.at(-1) ?? 0 }
}

async function measure(env: Record<string, string>): Promise<void> {
  const provider = await startFakeProvider({ latencyMs: 1000, recorded: 1 })
  const service = spawnService({
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: provider.dialect.model,
    PORT: String(await freePort()),
    BATCH_CONCURRENCY: '16',
    NODE_OPTIONS: process.env.SERVICE_NODE_OPTIONS ?? '',
    ...env,
  })
  await listening(service)
  const { get, post, until } = clientOf(service.url)
  const started = performance.now()
  const headers = { 'content-type': 'application/x-ndjson' }
  const options = { method: 'POST', headers, body: ReadableStream.from(lines()), duplex: 'half' } as RequestInit
  const upload = fetch(`${service.url}/batches`, options).then(response => response.json() as Promise<{ id: string }>)
  const { value, p99, max } = await probed(service, upload)
  const rate = Math.round((items / (performance.now() - started)) * 1000)
  const probe = `probe p99 ${p99.toFixed(0)} ms, max ${max.toFixed(0)} ms`
  print(`upload    ${rate.toLocaleString('en')}/s, RSS peak ${peakMemory(service)} MB, ${probe}`)
  const path = `/batches/${value.id}`
  await until(value.id, batch => batch.request_counts.completed > 10)
  const reading = performance.now()
  for (let read = 0; read < 20; read += 1) await get(path)
  print(`progress  ${((performance.now() - reading) / 20).toFixed(1)} ms over HTTP`)
  const cancelling = performance.now()
  await post(`${path}/cancel`)
  const cancelled = performance.now() - cancelling
  const count = provider.count()
  await sleep(1500)
  print(`cancel    ${cancelled.toFixed(1)} ms over HTTP, ${provider.count() - count} calls started after it`)
  service.signal('SIGTERM')
  await service.ended
  await provider.close()
}

print(`${values.store}, ${items.toLocaleString('en')} items, Node ${process.version}`)
if (values.store === 'postgres') {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not on this machine')
  const server = await startTemporaryPostgres(programs, { synced: true })
  await measure({ DATABASE_URL: server.url }).finally(() => server.stop())
} else {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-bench-'))
  await measure({ DATA_DIR: directory }).finally(() => rmSync(directory, { recursive: true }))
}
