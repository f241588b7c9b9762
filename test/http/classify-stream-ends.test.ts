import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { createApiKey, type KeyLimits } from '../../src/core/api-key.ts'
import { openLines, project, projects, startLineService } from '../support/line-client.ts'

async function startWithKey(limits: KeyLimits, { latencyMs = 0 } = {}) {
  const { key, line } = createApiKey('indexer', { opens: ['classify'], limits })
  const other = createApiKey('other', { opens: ['classify'], limits: {} })
  const service = await startLineService({
    env: { API_KEYS: `${line};${other.line}` },
    provider: { latencyMs },
    firstHeaders: { 'x-api-key': other.key },
  })
  return { ...service, headers: { 'x-api-key': key } }
}

test('without a key nobody is let in', async () => {
  const { url } = await startWithKey({})
  const { response, write, rest } = openLines(url)
  write(project(1))
  expect((await response).statusCode).toBe(401)
  expect(await rest()).toMatchObject([{ code: 'unauthorized' }])
})

test('lines are charged, and what is over the budget of the day is told so', async () => {
  const { url, headers, provider, before, ask } = await startWithKey({ tokens: 100 })
  const { write, take, end, rest } = openLines(url, { headers })
  write(project(1))
  expect(await take(1)).toMatchObject([{ id: 1, tags: expect.any(Array) }])
  write(project(2), project(3))
  end()
  const refused = await rest()
  expect(refused.map(({ id, error }) => [id, error?.code, error?.retryable])).toEqual([
    [2, 'budget_exhausted', true],
    [3, 'budget_exhausted', true],
  ])
  expect(provider.count() - before).toBe(1)
  expect((await ask('A router.', headers)).status).toBe(429)
})

test('a stream has no more in progress than its key may', async () => {
  const { url, headers, provider } = await startWithKey({ concurrency: 2 }, { latencyMs: 20 })
  const { write, end, rest } = openLines(url, { headers })
  write(...projects(12))
  end()
  expect((await rest()).filter(({ tags }) => tags)).toHaveLength(12)
  expect(provider.peak()).toBe(2)
})

test('lines count against the rate of a key, and wait where a request would be refused', async () => {
  const { url, headers, provider, before, ask } = await startWithKey({ rate: 3 })
  const { sent, write, take } = openLines(url, { headers })
  sent.on('error', () => undefined)
  write(...projects(5))
  expect(await take(2)).toMatchObject([{ tags: expect.any(Array) }, { tags: expect.any(Array) }])
  expect((await ask('A router.', headers)).status).toBe(429)
  expect(provider.count() - before).toBe(2)
  sent.destroy()
})

test('told to stop, the service answers what is in progress, names the first line it did not take, and ends', async () => {
  const { url, provider, server, logged, before } = await startLineService({ provider: { latencyMs: 1_000 } })
  const { sent, write, rest } = openLines(url)
  sent.on('error', () => undefined)
  write(...projects(3))
  await expect.poll(provider.count).toBe(before + 3)
  server.child.kill('SIGTERM')
  const lines = await rest()
  expect(new Set(lines.slice(0, 3).map(({ id, tags }) => tags && id))).toEqual(new Set([1, 2, 3]))
  expect(lines.slice(3)).toMatchObject([{ id: null, line: 4, error: { code: 'stopping', retryable: true } }])
  expect(await server.ended).toBe(0)
  expect(logged()).toMatchObject([{ outcome: 'stopping', lines: 3, outcomes: { ok: 3 } }])
})

test('what the endpoint does not answer before the service has to stop is told line by line', async () => {
  const { url, provider, server } = await startLineService({ env: { SHUTDOWN_TIMEOUT_MS: '5000' } })
  provider.setFaults({ shares: { stall_before_headers: 1 } })
  const { sent, write, rest } = openLines(url)
  sent.on('error', () => undefined)
  write(...projects(2))
  await expect.poll(provider.active).toBe(2)
  server.child.kill('SIGTERM')
  const lines = await rest()
  expect(lines.map(({ error }) => error?.code)).toEqual(['stopping', 'stopping', 'stopping'])
  expect(lines.map(({ line }) => line).sort()).toEqual([1, 2, 3])
  expect(await server.ended).toBe(0)
})

test('a body that turns out to be no HTTP ends the connection, without a second answer in the first', async () => {
  const { url } = await startLineService()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  let received = ''
  socket.on('data', chunk => (received += chunk))
  const line = `${JSON.stringify(project(1))}\n`
  const head =
    'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked'
  socket.write(`${head}\r\n\r\n${line.length.toString(16)}\r\n${line}\r\n`)
  await expect.poll(() => received).toContain('{"id":1,')
  socket.write('this is no size of a chunk\r\n')
  await new Promise(closed => socket.once('close', closed))
  expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1)
})
