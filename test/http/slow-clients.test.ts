import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { serveInProcess } from '../support/serve-in-process.ts'

/** Opens a connection, sends this and stays. */
function open(url: string, text: string): Socket {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  socket.write(text)
  onTestFinished(() => void socket.destroy())
  return socket
}

const head = (path: string, headers: Record<string, string | number>) =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

const classify = (url: string, text = 'It sorts lines on the command line.') =>
  fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text })

const few = { REQUESTS_AT_ONCE: '4', REQUESTS_WAITING: '4' }

test.each([
  [
    'bodies that never come',
    `${head('/classify', { 'content-type': 'application/json', 'content-length': 500_000 })}{`,
  ],
  [
    'chunked bodies that never end',
    `${head('/classify', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })}1\r\n{\r\n`,
  ],
  [
    'streams that send a blank now and then',
    `${head('/classify', { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' })}1\r\n \r\n`,
  ],
])(
  '%s hold no place: others are answered',
  async (_, sent) => {
    const { url } = await serveInProcess(few)
    for (let count = 0; count < 30; count += 1) open(url, sent)
    await sleep(500)
    for (let count = 0; count < 5; count += 1) expect((await classify(url)).status).toBe(200)
  },
  60_000,
)

test('a client has half of the streams, and what is over them is refused', async () => {
  const { url } = await serveInProcess(few)
  const stream = `${head('/classify', { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' })}1\r\n \r\n`
  const answers: string[] = []
  for (let count = 0; count < 3; count += 1) open(url, stream).on('data', data => answers.push(String(data)))
  await expect.poll(() => answers.filter(answer => answer.includes('overloaded'))).toHaveLength(1)
}, 60_000)

test('large bodies are refused over the memory for them, and small ones are let in', async () => {
  const { url } = await serveInProcess({
    ...few,
    REQUESTS_AT_ONCE: '500',
    OPENAI_BASE_URL: 'http://127.0.0.1:9/v1',
    OPENAI_MODEL: 'm',
    FALLBACK_TO_RANKER: 'true',
  })
  const answers: string[] = []
  const announce = head('/classify', { 'content-type': 'application/json', 'content-length': 1_000_000 })
  for (let count = 0; count < 40; count += 1) open(url, announce).on('data', data => answers.push(String(data)))
  await expect.poll(() => answers.filter(answer => answer.includes('overloaded')).length).toBeGreaterThan(10)
  expect((await classify(url)).status).toBe(200)
}, 60_000)

test('a body that nobody reads has its time, also when the answer is sent', async () => {
  const { url } = await serveInProcess({ BODY_TIMEOUT_MS: '1500' })
  const socket = open(url, `GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 500000\r\n\r\nx`)
  socket.resume()
  await new Promise(resolve => socket.once('close', resolve))
}, 30_000)

test('a client that does not read its answers is cut off', async () => {
  const { url } = await serveInProcess({ BODY_TIMEOUT_MS: '1500' })
  const line = `${JSON.stringify({ id: 'x'.repeat(200), text: 'It sorts lines on the command line.' })}\n`
  const socket = open(
    url,
    head('/classify?details=true', { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }),
  )
  socket.pause()
  const part = line.repeat(50)
  const closed = new Promise(resolve => socket.once('close', resolve))
  const write = () => {
    while (!socket.destroyed && socket.write(`${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`));
    if (!socket.destroyed) socket.once('drain', write)
  }
  write()
  await closed
}, 60_000)
