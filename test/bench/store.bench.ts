/**
 * What the stores can do: `node test/bench/store.bench.ts --store sqlite --items 1000000`.
 * Prints figures and asserts nothing: a shared machine is no judge.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { NewItem } from '../../src/core/stores/batch-store.ts'
import { openPostgresStore } from '../../src/store/postgres/open.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import type { Store } from '../../src/store/store.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    items: { type: 'string', default: '100000' },
    chunk: { type: 'string', default: '500' },
  },
})
const count = Number(values.items)
const chunk = Number(values.chunk)
const content = 'A small library that parses command lines. '.repeat(14)

const print = (line: string) => process.stdout.write(`${line}\n`)
const perSecond = (rows: number, ms: number) => `${Math.round((rows / ms) * 1000).toLocaleString('en')}/s`
const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6)

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const started = performance.now()
  const value = await work()
  return { value, ms: performance.now() - started }
}

async function upload(store: Store): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  let peak = 0
  const { ms } = await timed(async () => {
    for (let from = 0; from < count; from += chunk) {
      const items = Array.from({ length: Math.min(chunk, count - from) }, (_, index): NewItem => {
        const seq = from + index
        return { seq, customId: `item-${seq}`, document: `${seq} ${content}` }
      })
      await store.appendItems('b1', items)
      await turn()
      peak = Math.max(peak, megabytes())
    }
  })
  delay.disable()
  const loop = `loop p99 ${(delay.percentile(99) / 1e6).toFixed(0)} ms, max ${(delay.max / 1e6).toFixed(0)} ms`
  print(`upload    ${perSecond(count, ms)}, RSS peak ${peak} MB, ${loop}`)
}

async function runAll(store: Store, until: number): Promise<void> {
  const lease = { worker: 'w1', batchId: 'b1' }
  await store.joinWorker('w1')
  const segment = Math.max(1, Math.floor(count / 10))
  const rates: number[] = []
  let done = 0
  let started = performance.now()
  while (done < until) {
    const items = await store.claimItems(lease, 64)
    if (items.length === 0) break
    const finished = items.map(({ seq, customId }) => ({
      ...{ seq, customId, succeeded: true, outcome: 'ok', output: '{"tags":[36,57,18],"model":"instant"}' },
      ...{ inputTokens: 300, outputTokens: 9, costUsd: 0.0001 },
    }))
    await store.finishItems(lease, finished)
    await turn()
    const before = Math.floor(done / segment)
    done += items.length
    if (Math.floor(done / segment) === before) continue
    rates.push((segment / (performance.now() - started)) * 1000)
    started = performance.now()
    await store.heartbeat('w1')
  }
  const shares = rates.map(rate => Math.round(rate).toLocaleString('en')).join(' ')
  print(`run       ${shares} per s by tenths; last/first ${((rates.at(-1) ?? 0) / (rates[0] ?? 1)).toFixed(2)}`)
}

async function readAll(store: Store): Promise<void> {
  const before = megabytes()
  let peak = before
  const { value: rows, ms } = await timed(async () => {
    let seen = 0
    for (let after = -1; ; ) {
      const page = await store.readResults('b1', { after, limit: 1000 })
      seen += page.length
      peak = Math.max(peak, megabytes())
      if (page.length < 1000) return seen
      after = page.at(-1)?.seq ?? after
      await turn()
    }
  })
  print(`results   ${perSecond(rows, ms)} (${rows} rows), RSS +${peak - before} MB`)
}

async function measure(open: () => Promise<Store>): Promise<void> {
  const opened = await timed(open)
  const store = opened.value
  print(`open      ${opened.ms.toFixed(0)} ms`)
  const batch = {
    id: 'b1',
    key: 'bench',
    idempotencyKey: null,
    traceparent: null,
    settings: '{}',
    delivery: 'live' as const,
    maxCostUsd: null,
    maxTokens: null,
  }
  await store.createBatch({ ...batch, createdAt: Date.now() })
  await upload(store)
  print(`seal      ${(await timed(() => store.sealBatch('b1'))).ms.toFixed(0)} ms`)
  await runAll(store, count - 100)
  const progress = await timed(async () => {
    for (let read = 0; read < 20; read += 1) await store.readBatch('b1')
  })
  print(`progress  ${(progress.ms / 20).toFixed(2)} ms`)
  await readAll(store)
  print(`cancel    ${(await timed(() => store.cancelBatch('b1'))).ms.toFixed(1)} ms`)
  const rule = { endedBefore: Date.now() + 1000, uploadedBefore: 0, limit: 2000 }
  let longest = 0
  const deletion = await timed(async () => {
    for (let deleted = 1; deleted > 0; ) {
      const slice = await timed(() => store.deleteSlice(rule))
      deleted = slice.value
      longest = Math.max(longest, slice.ms)
      await turn()
    }
  })
  print(`delete    ${perSecond(count, deletion.ms)}, longest slice ${longest.toFixed(0)} ms`)
  await store.close()
}

print(`${values.store}, ${count.toLocaleString('en')} items of ${content.length} bytes, Node ${process.version}`)
if (values.store === 'postgres') {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not on this machine')
  const server = await startTemporaryPostgres(programs, { synced: true })
  await measure(() => openPostgresStore({ url: server.url })).finally(() => server.stop())
} else {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-bench-'))
  await measure(() => openSqliteStore({ directory })).finally(() => rmSync(directory, { recursive: true }))
}
