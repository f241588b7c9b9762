import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { serveInProcess } from '../support/serve-in-process.ts'

// In a process of its own: nock would hold back what is not whole yet.
test.each([
  ['headers that never end', 'POST /classify HTTP/1.1\r\nhost: localhost\r\nx-slow: ', 408, 'request_timeout'],
  [
    'a body that never ends',
    'POST /classify HTTP/1.1\r\nhost: localhost\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nslow',
    408,
    'request_timeout',
  ],
  [
    'an upload that stops to come',
    'POST /batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"tex',
    408,
    'request_timeout',
  ],
  ['headers without measure', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers_too_large'],
  ['no HTTP at all', 'HELO there\r\n\r\n', 400, 'invalid_request'],
])('%s', async (_, sent, status, code) => {
  // What is told for another reason is not to be told for its time as well.
  const times = code === 'request_timeout' ? { HEADERS_TIMEOUT_MS: '300', BODY_TIMEOUT_MS: '300' } : {}
  const { url } = await serveInProcess(times)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(sent)
  const answer = await readText(socket)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ code, status })
})

test('an upload may take longer than BODY_TIMEOUT_MS while it goes on', async () => {
  const { url } = await serveInProcess({ BODY_TIMEOUT_MS: '2500' })
  async function* lines() {
    for (let line = 0; line < 8; line += 1) {
      yield Buffer.from(`{"text":"A router, number ${line}."}\n`)
      await sleep(400)
    }
  }
  const response = await fetch(`${url}/batches`, {
    ...{ method: 'POST', body: ReadableStream.from(lines()), duplex: 'half' },
    headers: { 'content-type': 'application/x-ndjson' },
  })
  expect([response.status, await response.json()]).toMatchObject([202, { request_counts: { total: 8 } }])
})
