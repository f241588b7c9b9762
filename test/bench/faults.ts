/**
 * 10,000 requests against an endpoint that fails three times in ten, in every way the fake provider knows.
 * Every one of them has to end in allowed ids or in a named outcome. Usage: npm run bench:faults [-- requests]
 */

import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { outcomes } from '../../src/domain/outcome.ts'
import { evenFaults } from '../support/fake-provider/faults.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'

const requests = Number(process.argv[2] ?? 10_000)
const concurrency = 64
const print = (line: string) => process.stdout.write(`${line}\n`)

const provider = await startFakeProvider({
  dialect: 'openai',
  faults: evenFaults(0.3, { seed: 7, waitMs: 50 }),
  recorded: 10,
})
const env = {
  PORT: '0',
  LOG_LEVEL: 'info',
  OPENAI_BASE_URL: provider.url,
  OPENAI_MODEL: 'gpt-4.1-mini',
  UPSTREAM_TIMEOUT_MS: '300',
  UPSTREAM_BACKOFF_MS: '20',
  REQUEST_TIMEOUT_MS: '20000',
}
const child = spawnCommand(['serve'], { env, cwd: tmpdir() })
const { url, ended, output } = await untilListening(child)

const allowed = new Set(
  (
    JSON.parse(readFileSync(new URL('../../prompts/assign-tags/tags.json', import.meta.url), 'utf8')) as {
      id: number
    }[]
  ).map(({ id }) => id),
)
const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
const sockets = () => {
  const folder = `/proc/${child.pid}/fd`
  return readdirSync(folder).filter(name => readlinkSync(`${folder}/${name}`).startsWith('socket:')).length
}
const tally = new Map<string, number>()
const wrong: string[] = []
const memory: number[] = []
const socketsBefore = sockets()

const agent = new Agent({ keepAlive: true, maxSockets: concurrency })

async function post(body: string): Promise<{ status: number; answer: { tags?: number[]; code?: string } }> {
  const request = httpRequest(`${url}/classify`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'text/markdown' },
  })
  request.end(body)
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, answer: (await json(response)) as { tags?: number[]; code?: string } }
}

async function classify(index: number): Promise<void> {
  const { status, answer } = await post(`# Project ${index}\n\nA router that stores rows, number ${index}.`)
  const named = status === 200 ? 'ok' : (answer.code ?? 'unnamed')
  tally.set(named, (tally.get(named) ?? 0) + 1)
  const sound =
    status === 200 ? answer.tags!.length <= 3 && answer.tags!.every(id => allowed.has(id)) : named in outcomes
  if (!sound) wrong.push(JSON.stringify(answer).slice(0, 200))
}

let next = 0
const start = performance.now()
const worker = async () => {
  for (;;) {
    const index = next++
    if (index >= requests) return
    await classify(index)
    if (index % Math.ceil(requests / 10) === 0) memory.push(residentMb())
  }
}
await Promise.all(Array.from({ length: concurrency }, worker))
const seconds = (performance.now() - start) / 1000
memory.push(residentMb())

agent.destroy()
// Sockets that are kept for the next call close by themselves when none comes.
const idleSince = performance.now()
while (sockets() > socketsBefore && performance.now() - idleSince < 90_000) await sleep(500)
const idleSeconds = (performance.now() - idleSince) / 1000
const socketsAfter = sockets()
const stopping = performance.now()
child.kill('SIGTERM')
const exitCode = await ended
const stopSeconds = (performance.now() - stopping) / 1000

print(
  `${requests} requests, ${concurrency} at once, in ${seconds.toFixed(1)} s; ${provider.count()} calls of the endpoint`,
)
print(`faults played: ${JSON.stringify(provider.tally())}`)
for (const [code, count] of [...tally].sort((a, b) => b[1] - a[1]))
  print(`  ${code.padEnd(22)} ${String(count).padStart(6)}`)
print(
  `answers ${[...tally.values()].reduce((sum, count) => sum + count, 0)}, wrong ${wrong.length} ${wrong.slice(0, 3).join(' ')}`,
)
print(`memory MB over the run: ${memory.map(value => value.toFixed(0)).join(' ')}`)
print(
  `sockets before ${socketsBefore}, after ${idleSeconds.toFixed(0)} s at rest ${socketsAfter}; stopped in ${stopSeconds.toFixed(1)} s with exit code ${exitCode}`,
)
print(
  `unexpected errors in the log: ${output().split('unexpected error').length - 1}, unhandled: ${/[Uu]nhandled|Uncaught/.test(output())}`,
)
await provider.close()
process.exit(wrong.length > 0 || exitCode !== 0 ? 1 : 0)
