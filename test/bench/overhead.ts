/**
 * What tagsmith costs beside servers written by hand, and beside the SDK on the platform's fetch. CPU time is read
 * from the kernel, as wall time tells more about the neighbours. Usage: npm run bench [-- rounds [seconds]]
 */

import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { strictestFormat } from '../../src/domain/wire-form.ts'
import { responseFormat } from '../../src/domain/wire-schema.ts'
import { cpuMicroseconds, residentMb, type Server, startServer } from './overhead/process.ts'

const rounds = Number(process.argv[2] ?? 4)
const seconds = Number(process.argv[3] ?? 3)
const print = (line = '') => process.stdout.write(`${line}\n`)
const readme = readFileSync(new URL('../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')

let serial = 0
/** Unlike any before it also once it is reduced, or answers would be known. */
const fresh = () => JSON.stringify({ id: '12523', text: `Number ${++serial}. ${readme}` })
const same = JSON.stringify({ id: '12523', text: readme })

interface Load {
  readonly path?: string
  readonly body?: () => string
  readonly concurrency: number
  readonly seconds: number
}

interface Measured {
  readonly cpu: number
  readonly perSecond: number
  readonly median: number
  readonly late: number
}

async function load(server: Server, { path = '/classify', body = fresh, concurrency, seconds }: Load) {
  const pool = new Pool(server.url, { connections: concurrency })
  const times: number[] = []
  const post = async (): Promise<void> => {
    const start = performance.now()
    const headers = { 'content-type': 'application/json' }
    const response = await pool.request({ path, method: 'POST', headers, body: body() })
    const text = await response.body.text()
    if (response.statusCode !== 200) throw new Error(`${server.name}: ${response.statusCode} ${text.slice(0, 300)}`)
    times.push(performance.now() - start)
  }
  const start = performance.now()
  const cpu = cpuMicroseconds(server.pid)
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - start < seconds * 1000) await post()
    }),
  )
  const elapsed = performance.now() - start
  const spent = cpuMicroseconds(server.pid) - cpu
  await pool.close()
  const sorted = times.sort((left, right) => left - right)
  return {
    cpu: spent / times.length,
    perSecond: (times.length / elapsed) * 1000,
    median: sorted[Math.floor(sorted.length / 2)]!,
    late: sorted[Math.floor(sorted.length * 0.99)]!,
  }
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
const spread = (values: readonly number[], digits = 2) =>
  `${middle(values).toFixed(digits)} [${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}]`

/** One window for each row and round, in turn, so that a busy neighbour meets all of them. */
async function interleaved(rows: readonly { name: string; server: Server; load: Load }[]) {
  const measured = new Map<string, Measured[]>(rows.map(({ name }) => [name, []]))
  for (const { server, load: warm } of rows) await load(server, { ...warm, seconds: seconds * 2 })
  for (let round = 0; round < rounds; round++) {
    for (const { name, server, load: one } of rows) measured.get(name)!.push(await load(server, one))
  }
  return measured
}

function table(measured: ReadonlyMap<string, Measured[]>, ours: string): void {
  print(
    `${'server'.padEnd(22)}${'CPU us/request'.padEnd(24)}${'/ ours'.padEnd(22)}${'requests/s'.padEnd(12)}p50 ms   p99 ms`,
  )
  for (const [name, windows] of measured) {
    const ratios = windows.map(({ cpu }, round) => cpu / measured.get(ours)![round]!.cpu)
    const figures = [
      spread(
        windows.map(({ cpu }) => cpu),
        0,
      ).padEnd(24),
      spread(ratios).padEnd(22),
      middle(windows.map(({ perSecond }) => perSecond))
        .toFixed(0)
        .padEnd(12),
      middle(windows.map(({ median }) => median))
        .toFixed(2)
        .padEnd(9),
      middle(windows.map(({ late }) => late)).toFixed(1),
    ]
    print(`${name.padEnd(22)}${figures.join('')}`)
  }
}

const { tasks } = await createServices(loadConfig({}))
const task = tasks.prepare({ id: '12523', text: readme })
const contract = join(tmpdir(), `tagsmith-bench-${process.pid}.json`)
writeFileSync(
  contract,
  JSON.stringify({ messages: task.messages, response_format: responseFormat(task.schema, strictestFormat) }),
)

/** The same prompt on texts as they come, which is what the servers written by hand send. */
const unreduced = mkdtempSync(join(tmpdir(), 'tagsmith-'))
cpSync(fileURLToPath(new URL('../../prompts', import.meta.url)), unreduced, { recursive: true })
appendFileSync(join(unreduced, 'assign-tags', 'prompt.yaml'), '\nreduce: false\n')

async function startAll(latency: number) {
  const upstream = await startServer('upstream', { args: [String(latency), contract], cpu: 1 })
  const byHand = (name: string) => startServer(name, { args: [upstream.url, contract], cpu: 0 })
  const env = {
    PORT: '0',
    OPENAI_BASE_URL: `${upstream.url}/v1`,
    OPENAI_MODEL: 'bench-model',
    OPENAI_API_KEY: 'bench',
    UPSTREAM_CONCURRENCY: '256',
  }
  const tagsmith = await startServer('tagsmith', { cpu: 0, env })
  const whole = await startServer('tagsmith, unreduced', { cpu: 0, env: { ...env, PROMPTS_DIR: unreduced } })
  const servers = {
    raw: await byHand('raw'),
    fastify: await byHand('fastify'),
    tagsmith,
    whole,
    sdk: await byHand('plain-sdk'),
  }
  const stop = () => {
    for (const server of [upstream, ...Object.values(servers)]) server.stop()
  }
  return { upstream, ...servers, stop }
}

print(
  `Node ${process.version}, ${rounds} interleaved rounds of ${seconds} s, servers on core 0, load and upstream on core 1`,
)
const quick = await startAll(0)
const { raw, fastify, tagsmith, whole, sdk } = quick
for (const concurrency of [32, 1, 256]) {
  print(`\nupstream 0 ms, ${concurrency} at once`)
  const rows = concurrency === 32 ? [raw, fastify, tagsmith, whole, sdk] : [raw, fastify, tagsmith]
  const measured = await interleaved(
    rows.map(server => ({ name: server.name, server, load: { concurrency, seconds } })),
  )
  table(measured, 'tagsmith')
  for (const ours of ['tagsmith', 'tagsmith, unreduced']) {
    if (!measured.has(ours)) continue
    const against = (name: string) => measured.get(ours)!.map(({ cpu }, round) => cpu / measured.get(name)![round]!.cpu)
    print(`${ours} / raw ${spread(against('raw'))}, / fastify ${spread(against('fastify'))}`)
  }
}

print('\nknown answers, 32 at once')
const known = await interleaved([
  { name: 'raw', server: raw, load: { concurrency: 32, seconds } },
  {
    name: 'empty fastify route',
    server: fastify,
    load: { concurrency: 32, seconds, path: '/empty', body: () => same },
  },
  { name: 'tagsmith, hit', server: tagsmith, load: { concurrency: 32, seconds, body: () => same } },
])
table(known, 'tagsmith, hit')

print('\nmemory after all that, and milliseconds to listening')
for (const server of [raw, fastify, tagsmith, sdk]) {
  print(`${server.name.padEnd(22)}${residentMb(server.pid).toFixed(0)} MB   ${server.ready.toFixed(0)} ms`)
}
quick.stop()

print('\nupstream 50 ms, 256 at once')
const slow = await startAll(50)
const direct = { ...slow.upstream, name: 'the upstream directly' }
const late = await interleaved([
  { name: direct.name, server: direct, load: { concurrency: 256, seconds, path: '/v1/chat/completions' } },
  ...[slow.raw, slow.fastify, slow.tagsmith].map(server => ({
    name: server.name,
    server,
    load: { concurrency: 256, seconds },
  })),
])
table(late, 'tagsmith')
const share = late.get('tagsmith')!.map(({ perSecond }, round) => perSecond / late.get(direct.name)![round]!.perSecond)
print(`throughput of tagsmith / calling the upstream directly ${spread(share)}`)
slow.stop()
rmSync(unreduced, { recursive: true })
rmSync(contract)
