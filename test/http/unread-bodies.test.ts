import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

const most = 64 * 1_048_576
const chunk = Buffer.alloc(65_536, 0x20)

/** What the service takes at least of a body that it refused. */
const taken = 262_144

/** Sends blanks, reads the answer on the way, goes on sending until it is stopped, and gives the answer and how much went out. */
async function pour(url: string, path: string, headers: Record<string, string>) {
  const sending = request(`${url}${path}`, { method: 'POST', headers })
  const closed = new Promise(resolve => sending.once('close', resolve))
  let isOver = false
  sending.once('close', () => (isOver = true))
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    // The connection is ended while blanks are still on their way, which fails their writing.
    sending.on('error', reject)
    sending.once('response', response => {
      text(response).then(body => resolve({ status: response.statusCode!, body }), reject)
    })
  })
  let sent = 0
  const sendUpTo = async (most: number) => {
    while (!isOver && sent < most) {
      sent += chunk.length
      if (!sending.write(chunk)) await Promise.race([new Promise(drained => sending.once('drain', drained)), closed])
      await turn()
    }
  }
  const [answer] = await Promise.all([answered, sendUpTo(taken)])
  await sendUpTo(most)
  sending.destroy()
  return { ...answer, sent }
}

interface Refused {
  readonly path: string
  readonly headers: Record<string, string>
  readonly status: number
}

/** All at once, as the service goes on taking a little of each for some seconds. */
const expectLittleOfEach = (url: string, all: readonly Refused[]) =>
  Promise.all(all.map(refused => expectLittle(url, refused)))

async function expectLittle(url: string, { path, headers, status }: Refused): Promise<void> {
  const answer = await pour(url, path, headers)
  expect([path, answer.status, JSON.parse(answer.body).status]).toEqual([path, status, status])
  // What the kernel of both sides holds on its own is among it.
  expect(answer.sent).toBeLessThan(most / 2)
}

describe('of a body that comes with a request that is refused, little is read and the answer arrives', () => {
  test('whoever has no key', async () => {
    const { line } = createApiKey('indexer', { opens: ['classify', 'batch'], limits: {} })
    const { url } = await serveInProcess({ API_KEYS: line })
    await expectLittleOfEach(url, [
      { path: '/classify', headers: { 'content-type': 'text/plain' }, status: 401 },
      {
        path: '/classify',
        headers: { 'content-type': 'text/plain', 'content-length': String(10 * most) },
        status: 401,
      },
      { path: '/batches', headers: { 'content-type': 'application/x-ndjson' }, status: 401 },
      { path: '/nowhere', headers: { 'content-type': 'text/plain' }, status: 404 },
    ])
  }, 180_000)

  test('a query, a type or an origin that is not taken', async () => {
    const { url } = await serveInProcess()
    await expectLittleOfEach(url, [
      { path: '/batches?max_tags=99', headers: { 'content-type': 'application/x-ndjson' }, status: 400 },
      { path: '/batches', headers: { 'content-type': 'image/png' }, status: 415 },
      { path: '/batches', headers: { 'content-type': 'text/plain', origin: 'https://evil.example' }, status: 403 },
    ])
  }, 180_000)

  test('a small body costs nobody the connection', async () => {
    const { line } = createApiKey('indexer', { opens: ['classify'], limits: {} })
    const { url } = await serveInProcess({ API_KEYS: line })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports: number[] = []
    for (let times = 0; times < 3; times += 1) {
      await new Promise<void>((resolve, reject) => {
        const asked = request(`${url}/classify`, { method: 'POST', agent, headers: { 'content-type': 'text/plain' } })
        asked.once('error', reject)
        asked.once('response', async response => {
          ports.push(response.socket.localPort!)
          await text(response)
          resolve()
        })
        asked.end('A router.')
      })
    }
    agent.destroy()
    expect(new Set(ports).size).toBe(1)
  }, 120_000)
})
