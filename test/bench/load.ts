import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '../../src/core/api-key.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'

// What overload does: refusals and memory while the queue is full, then clients that dawdle, then connections that only
// sit there. Arguments: seconds of overload, requests a second, idle connections (`ulimit -n` has to allow them).
const [seconds = 300, perSecond = 200, idleConnections = 10_000] = process.argv.slice(2).map(Number)
const headersTimeout = 10_000
const bodyTimeout = 15_000
const { key, line } = createApiKey('load', { opens: ['classify'], limits: {} })
const readme = readFileSync(new URL('../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'tagsmith-load-'))
const provider = await startFakeProvider({ latencyMs: 2_000, recorded: 0 })
const { url, child, ended } = await untilListening(
  spawnCommand(['serve'], {
    cwd: folder,
    env: {
      PORT: '0',
      API_KEYS: line,
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: provider.dialect.model,
      REQUESTS_AT_ONCE: '16',
      REQUESTS_WAITING: '32',
      HEADERS_TIMEOUT_MS: String(headersTimeout),
      BODY_TIMEOUT_MS: String(bodyTimeout),
    },
  }),
)
const port = Number(new URL(url).port)
// What differs comes first, as the end is cut off: no answer is known before it is asked for.
const textOf = (what: string | number) => `# Router ${what}\n\nIt routes packets of sort ${what}.\n\n${readme}`
const say = (text: string) => process.stdout.write(`${text}\n`)
const since = (begin: number) => `${((performance.now() - begin) / 1_000).toFixed(1)} s`

interface Answer {
  readonly status: string
  readonly milliseconds: number
}

function ask(text: string, agent?: Agent): Promise<Answer> {
  const begin = performance.now()
  const headers = { 'content-type': 'text/markdown', authorization: `Bearer ${key}` }
  return new Promise(resolve => {
    const end = (status: string) => resolve({ status, milliseconds: performance.now() - begin })
    const sent = request(`${url}/classify`, { ...(agent && { agent }), method: 'POST', headers })
    sent.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    sent.once('response', response => response.resume().once('end', () => end(String(response.statusCode))))
    sent.end(text)
  })
}

/** Of the process that serves, in MB; only Linux tells. */
function memory(): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kilobytes) / 1_024)
}

function report(answers: readonly Answer[]): string {
  const tally = Map.groupBy(answers, ({ status }) => status)
  const counts = [...tally].map(([status, { length }]) => `${length} x ${status}`).sort()
  const times = (tally.get('503') ?? []).map(({ milliseconds }) => milliseconds).sort((a, b) => a - b)
  const at = (share: number) => times[Math.floor(times.length * share)]?.toFixed(1) ?? '-'
  return `refused in ${at(0.5)} ms median, ${at(0.99)} ms p99; ${counts.join(', ')}`
}

async function overload(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  const all: Answer[] = []
  let window: Answer[] = []
  let told = 1
  const running = new Set<Promise<void>>()
  const begin = performance.now()
  say(`overload: ${perSecond} requests a second of ${readme.length} bytes for ${seconds} s, memory ${memory()} MB`)
  for (let sent = 0; performance.now() - begin < seconds * 1_000; sent += 1) {
    const asked = ask(textOf(sent), agent).then(answer => {
      window.push(answer)
      running.delete(asked)
    })
    running.add(asked)
    if (performance.now() - begin > told * 30_000) {
      say(`${String(told * 30).padStart(5)} s  memory ${memory()} MB, ${report(window)}`)
      all.push(...window)
      window = []
      told += 1
    }
    await sleep(Math.max(0, begin + (sent * 1_000) / perSecond - performance.now()))
  }
  await Promise.all(running)
  say(`overload in all: ${report([...all, ...window])}; memory ${memory()} MB`)
  agent.destroy()
}

/** Sends a little every half second until it is cut. */
async function dawdle(what: string, head: string, crumb: string): Promise<void> {
  const begin = performance.now()
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  socket.on('data', chunk => {
    heard += chunk
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  socket.write(head)
  const crumbs = setInterval(() => socket.writable && socket.write(crumb), 500)
  await closed
  clearInterval(crumbs)
  say(`${what}: cut after ${since(begin)} with "${heard.split('\r\n')[0]}"`)
}

async function sitThere(): Promise<void> {
  const sockets: Socket[] = []
  let open = 0
  let lost = 0
  const begin = performance.now()
  for (let begun = 0; begun < idleConnections; begun += 200) {
    await Promise.all(
      Array.from({ length: Math.min(200, idleConnections - begun) }, async () => {
        const socket = connect(port, '127.0.0.1')
        sockets.push(socket)
        await new Promise<void>(resolve => {
          socket.once('connect', () => {
            open += 1
            socket.once('close', () => {
              open -= 1
            })
            resolve()
          })
          socket.once('error', () => {
            lost += 1
            resolve()
          })
          socket.resume()
        })
      }),
    )
  }
  say(`idle: ${open} connections open after ${since(begin)}, ${lost} failed, memory ${memory()} MB`)
  for (const text of ['first', 'second', 'third']) {
    const { status, milliseconds } = await ask(textOf(text))
    say(`idle: a request with a key got ${status} in ${milliseconds.toFixed(0)} ms, the model's 2000 among them`)
  }
  say(`idle: ${open} connections still open after ${since(begin)}`)
  while (open > 0 && performance.now() - begin < 60_000) await sleep(100)
  say(`idle: ${open} connections still open after ${since(begin)}, memory ${memory()} MB`)
  for (const socket of sockets) socket.destroy()
}

await ask('How this endpoint wants to be asked is known after the first answer.')
await overload()
const head = `POST /classify HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n`
await Promise.all([
  dawdle(`slow headers (limit ${headersTimeout} ms)`, head, 'x-more: 1\r\n'),
  dawdle(
    `slow body (limit ${bodyTimeout} ms)`,
    `${head}content-type: text/plain\r\ncontent-length: 5000\r\n\r\n`,
    'slowly ',
  ),
])
await sitThere()
child.kill('SIGTERM')
say(`exit code ${await ended}`)
await provider.close()
rmSync(folder, { recursive: true, force: true })
