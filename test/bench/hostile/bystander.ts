import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Measured {
  readonly requests: number
  /** What came in place of an answer, with how often. */
  readonly errors: ReadonlyMap<string, number>
  /** In milliseconds. */
  readonly p99: number
  readonly most: number
  /** The longest that a request on a connection of its own took, as Node takes in one connection a turn. */
  readonly newConnection: number
}

const betweenRequests = 50
const longestWait = 15_000
const connections = 16
const betweenConnections = 1_000

/**
 * A client that behaves: twenty small requests a second on connections that it keeps, whatever became of those before,
 * each with a new text, and one a second on a new connection. Resolves when its connections are open.
 */
export async function startBystander({ url, key }: { readonly url: string; readonly key: string }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections })
  const times: number[] = []
  const newTimes: number[] = []
  const errors = new Map<string, number>()
  const running = new Set<Promise<void>>()
  let stopped = false

  async function ask(text: string, keeping?: Agent): Promise<void> {
    const begin = performance.now()
    const end = await classify({ url, key, text, ...(keeping && { agent: keeping }) })
    ;(keeping ? times : newTimes).push(performance.now() - begin)
    if (end !== '200') errors.set(end, (errors.get(end) ?? 0) + 1)
  }

  async function run(): Promise<void> {
    const begin = performance.now()
    for (let sent = 0; !stopped; sent += 1) {
      keep(ask(`Number ${sent}: a router that forwards packets.`, agent))
      if ((sent * betweenRequests) % betweenConnections === 0) keep(ask(`Number ${sent}: a switch.`))
      await sleep(Math.max(1, begin + sent * betweenRequests - performance.now()))
    }
  }
  const keep = (asked: Promise<void>) => {
    running.add(asked)
    void asked.finally(() => running.delete(asked))
  }
  const first = Array.from({ length: connections }, (_, lane) => ask(`Connection ${lane}: a router.`, agent))
  await Promise.all(first)
  times.length = 0
  const ran = run()

  return {
    async stop(): Promise<Measured> {
      stopped = true
      await ran
      await Promise.all(running)
      agent.destroy()
      times.sort((left, right) => left - right)
      return {
        requests: times.length,
        errors,
        p99: times[Math.ceil(times.length * 0.99) - 1] ?? 0,
        most: times.at(-1) ?? 0,
        newConnection: Math.max(0, ...newTimes),
      }
    },
  }
}

/** Resolves with the status of the answer, or with what came in its place. */
export function classify(options: {
  readonly url: string
  readonly key: string
  readonly text: string
  readonly agent?: Agent
}): Promise<string> {
  const { url, key, text, agent } = options
  const headers = { 'content-type': 'text/plain', authorization: `Bearer ${key}` }
  const signal = AbortSignal.timeout(longestWait)
  return new Promise(resolve => {
    const sent = request(`${url}/classify`, { method: 'POST', headers, signal, agent: agent ?? false })
    const fail = (error: NodeJS.ErrnoException) =>
      resolve(signal.aborted ? `no answer in ${longestWait / 1_000} s` : (error.code ?? error.message))
    sent.once('error', fail)
    sent.once('response', response => {
      response.once('error', fail)
      response.resume().once('end', () => resolve(String(response.statusCode)))
    })
    sent.end(text)
  })
}
