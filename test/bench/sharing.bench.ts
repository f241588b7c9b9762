/**
 * Who waits for whom: a small batch inside a huge one, and live requests while a batch saturates the endpoint.
 * `node test/bench/sharing.bench.ts`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { clientOf, ended, someLines } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, spawnService } from '../support/spawned-service.ts'

const { values } = parseArgs({
  options: {
    latency: { type: 'string', default: '300' },
    huge: { type: 'string', default: '100000' },
    concurrency: { type: 'string', default: '64' },
    'upstream-concurrency': { type: 'string', default: '64' },
  },
})
const print = (line: string) => process.stdout.write(`${line}\n`)
const median = (times: number[]) => times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)] ?? 0
const p95 = (times: number[]) => times.toSorted((left, right) => left - right)[Math.floor(times.length * 0.95)] ?? 0

const directory = mkdtempSync(join(tmpdir(), 'tagsmith-bench-'))
const provider = await startFakeProvider({ latencyMs: Number(values.latency), recorded: 1 })
const service = spawnService({
  OPENAI_BASE_URL: provider.url,
  OPENAI_MODEL: provider.dialect.model,
  PORT: String(await freePort()),
  BATCH_CONCURRENCY: values.concurrency,
  UPSTREAM_CONCURRENCY: values['upstream-concurrency'],
  DATA_DIR: directory,
  // An answer that is known would not be asked for.
  CACHE_ENTRIES: '0',
  CACHE_STORED_ENTRIES: '0',
})
await listening(service)
const { submit, until, get } = clientOf(service.url)

async function timeOfSmallBatch(): Promise<number> {
  const started = performance.now()
  const { body } = await submit(someLines(20))
  await until(body.id, ended)
  return performance.now() - started
}

async function timesOfRequests(count: number): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < count; index += 1) {
    const started = performance.now()
    const body = JSON.stringify({ text: `A router, number ${index}.` })
    await fetch(`${service.url}/classify`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    times.push(performance.now() - started)
  }
  return times
}

const several = async (count: number) => {
  const times: number[] = []
  for (let index = 0; index < count; index += 1) times.push(await timeOfSmallBatch())
  return times
}

const warm = await submit(someLines(300))
await until(warm.body.id, ended)
const aloneSmall = median(await several(7))
const aloneLive = p95(await timesOfRequests(40))
const huge = await submit(someLines(Number(values.huge)))
await sleep(3000)
const insideSmall = median(await several(7))
const insideLive = p95(await timesOfRequests(40))
const before = (await get(`/batches/${huge.body.id}`)).body.request_counts.completed
await sleep(3000)
const after = (await get(`/batches/${huge.body.id}`)).body.request_counts.completed
print(
  `latency ${values.latency} ms, ${values.concurrency} items in progress, ${values['upstream-concurrency']} calls at most`,
)
print(
  `20-item batch   alone ${aloneSmall.toFixed(0)} ms, inside ${insideSmall.toFixed(0)} ms: ${(insideSmall / aloneSmall).toFixed(2)} ×`,
)
print(
  `/classify p95   alone ${aloneLive.toFixed(0)} ms, beside ${insideLive.toFixed(0)} ms: ${(insideLive / aloneLive).toFixed(2)} ×`,
)
print(`the huge batch  ${((after - before) / 3).toFixed(0)} items a second meanwhile`)
service.signal('SIGTERM')
await service.ended
await provider.close()
rmSync(directory, { recursive: true })
