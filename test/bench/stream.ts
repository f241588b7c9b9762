/**
 * NDJSON through `POST /classify`: how near a stream comes to what the endpoint could answer, and the peak of memory.
 * Usage: npm run bench:stream [-- lines]
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Pool } from 'undici'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { strictestFormat } from '../../src/core/model/reply-format.ts'
import { responseFormat } from '../../src/core/model/reply-schema.ts'
import { cpuMicroseconds, peakMb, residentMb, startServer } from './overhead/process.ts'

const lines = Number(process.argv[2] ?? 10_000)
const latency = 200
const concurrency = 64
const ideal = concurrency / (latency / 1000)
const print = (line: string) => process.stdout.write(`${line}\n`)
const readme = readFileSync(new URL('../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')

/** From 2 to 7 KB, and each unlike all others, or answers would be known. */
function* documents(): Generator<string> {
  for (let id = 1; id <= lines; id += 1) {
    const length = 2_000 + ((id * 7_919) % (readme.length - 2_000))
    yield `${JSON.stringify({ id, text: `# Project number ${id}\n\n${readme.slice(0, length)}` })}\n`
  }
}

const { tasks } = await createServices(loadConfig({}))
const { messages: render, schema } = tasks.prepare({ text: readme })
const messages = render()
const contract = join(tmpdir(), `tagsmith-bench-${process.pid}.json`)
writeFileSync(contract, JSON.stringify({ messages, response_format: responseFormat(schema, strictestFormat) }))
const upstream = await startServer('upstream', { args: [String(latency), contract], cpu: 1 })
const env = {
  PORT: '0',
  OPENAI_BASE_URL: `${upstream.url}/v1`,
  OPENAI_MODEL: 'bench-model',
  OPENAI_API_KEY: 'bench',
  UPSTREAM_CONCURRENCY: String(concurrency),
}
const tagsmith = await startServer('tagsmith', { cpu: 0, env })

/** What the machine makes of the endpoint alone, so that busy neighbours are not counted against the stream. */
async function askDirectly(milliseconds: number): Promise<number> {
  const pool = new Pool(upstream.url, { connections: concurrency })
  const body = JSON.stringify(messages)
  const start = performance.now()
  let calls = 0
  const call = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await (await pool.request({ path: '/v1/chat/completions', method: 'POST', body })).body.dump()
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, call))
  const perSecond = (calls / (performance.now() - start)) * 1000
  await pool.close()
  return perSecond
}

const directBefore = await askDirectly(5_000)
const memoryBefore = residentMb(tagsmith.pid)
const cpuBefore = cpuMicroseconds(tagsmith.pid)
const start = performance.now()
let answered = 0
let failed = 0
let firstSecond = 0
const headers = { 'content-type': 'application/x-ndjson' }
const sent = request(`${tagsmith.url}/classify`, { method: 'POST', headers })
const sending = pipeline(Readable.from(documents(), { objectMode: false }), sent)
const response = await new Promise<Readable>((resolve, reject) => sent.once('response', resolve).once('error', reject))
for await (const line of createInterface({ input: response })) {
  const { tags } = JSON.parse(line) as { tags?: number[] }
  if (tags?.length === 3) answered += 1
  else failed += 1
  if (performance.now() - start < 1_000) firstSecond = answered
}
await sending
const seconds = (performance.now() - start) / 1000
const cpu = (cpuMicroseconds(tagsmith.pid) - cpuBefore) / 1000 / lines
const peak = peakMb(tagsmith.pid)
const direct = (directBefore + (await askDirectly(5_000))) / 2

const perSecond = answered / seconds
const later = (answered - firstSecond) / (seconds - 1)
print(`${answered} answered and ${failed} failed of ${lines} lines in ${seconds.toFixed(1)} s, ${concurrency} at once`)
print(`${perSecond.toFixed(1)} a second, ${(perSecond / ideal).toFixed(3)} of the ideal at ${latency} ms a call`)
print(`${(later / ideal).toFixed(3)} after the first second, in which it finds out how the endpoint wants to be asked`)
print(
  `${(perSecond / direct).toFixed(3)} of what the endpoint gives when asked directly (${direct.toFixed(1)} a second)`,
)
print(
  `${cpu.toFixed(2)} ms of CPU a line; memory ${memoryBefore.toFixed(0)} MB before, ${peak.toFixed(0)} MB at its peak`,
)
for (const server of [upstream, tagsmith]) server.stop()
rmSync(contract)
process.exitCode = answered === lines ? 0 : 1
