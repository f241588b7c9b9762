import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openLines, project, projects, startLineService as start } from '../support/line-client.ts'

test('answers come while the input is still open', async () => {
  const { url } = await start()
  const { response, write, take, end, rest } = openLines(url, { query: '?max_tags=1' })
  expect((await response).headers).toMatchObject({
    'content-type': 'application/x-ndjson',
    'x-request-id': expect.stringMatching(/./),
  })
  write(project(1), project(2))
  const two = await take(2)
  expect(two.map(({ id }) => id).sort()).toEqual([1, 2])
  for (const answer of two) expect(answer).toEqual({ id: answer.id, tags: [expect.any(Number)] })
  write(project(3))
  expect(await take(1)).toMatchObject([{ id: 3 }])
  end()
  expect(await rest()).toEqual([])
})

test('a line that cannot be answered gets a problem of its own, and the stream goes on', async () => {
  const { url, server, logged } = await start({ env: { BODY_LIMIT: '1024' } })
  const { sent, rest } = openLines(url, { query: '?details=true&strict=true', headers: { 'x-request-id': 'stream-7' } })
  const canary = 'DOCUMENT-CANARY'
  sent.write(`\uFEFF{"id":"one","text":"Sorts things."}\r\n\r\n  \n`)
  sent.write(`not json ${canary}\n{"id":5,"text":"Sorts ${canary}.","stars":3}\n`)
  sent.write(`${JSON.stringify({ id: 6, text: `${canary} `.repeat(1_000) })}\n`)
  sent.write(Buffer.concat([Buffer.from('{"id":7,"text":"Sorts '), Buffer.from([0xff, 0xfe]), Buffer.from('."}\n')]))
  sent.write(`[{"id":8,"text":"${canary}"}]\n{"id":9,"text":" "}\n{"id":10,"text":"It sorts","prompt":"nope"}\n`)
  sent.end(`{"id":11,"text":"[[fake:refusal]] ${canary}"}\n{"text":"Sorts, and no newline follows."}`)
  const lines = await rest()
  const errors = lines.filter(({ error }) => error).sort((left, right) => left.line! - right.line!)
  expect(errors.map(({ line, id, error }) => [line, id, error?.code, error?.status])).toEqual([
    [4, null, 'invalid_request', 400],
    [5, 5, 'invalid_request', 400],
    [6, null, 'too_large', 413],
    [7, 7, 'unusable_text', 422],
    [8, null, 'invalid_request', 400],
    [9, 9, 'unusable_text', 422],
    [10, 10, 'unknown_prompt', 404],
    [11, 11, 'refused', 422],
  ])
  expect(errors[1]?.error).toMatchObject({ errors: [{ pointer: '/stars' }], request_id: 'stream-7', retryable: false })
  expect(errors[2]?.error?.detail).toContain('BODY_LIMIT, which is 1024')
  const answers = lines.filter(({ tags }) => tags)
  expect(new Set(answers.map(({ id }) => id))).toEqual(new Set(['one', null]))
  for (const { details } of answers) expect(details).toMatchObject({ outcome: 'ok' })
  await expect.poll(logged).toHaveLength(1)
  expect(logged()[0]).toMatchObject({
    request_id: 'stream-7',
    lines: 10,
    outcomes: { ok: 2, invalid_request: 3, too_large: 1, unusable_text: 2, unknown_prompt: 1, refused: 1 },
    input_tokens: expect.any(Number),
  })
  const metrics = await (await fetch(`${url}/metrics`)).text()
  for (const counted of ['{outcome="ok"} 3', '{outcome="too_large"} 1', '{outcome="refused"} 1']) {
    expect(metrics).toContain(`classify_requests_total${counted}`)
  }
  expect(JSON.stringify(lines) + server.output()).not.toContain(canary)
})

test.each([
  ['?prompt=nope', 404, 'unknown_prompt'],
  ['?id=7', 400, 'invalid_request'],
  ['?max_tags=0', 400, 'invalid_request'],
])('what holds for no line is refused at once: %s', async (query, status, code) => {
  const { url, provider, before } = await start()
  const { sent, response, write, rest } = openLines(url, { query })
  write(project(1))
  expect((await response).statusCode).toBe(status)
  expect(await rest()).toMatchObject([{ code }])
  expect(provider.count()).toBe(before)
  // The service would wait for five seconds for it to go.
  sent.destroy()
})

const lineOf = (id: number) => Buffer.from(`${JSON.stringify({ id, text: `Größe ${id}: it sorts.` })}\n`, 'latin1')

test('a body that is not UTF-8 from its first line on is refused as a whole', async () => {
  const { url, provider, before, logged } = await start()
  const post = (type: string, body: Buffer<ArrayBuffer>) =>
    fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': type }, body })
  const body = Buffer.concat([lineOf(1), lineOf(2)])
  const refused = await post('application/x-ndjson', body)
  expect([refused.status, await refused.json()]).toMatchObject([
    422,
    { code: 'unusable_text', detail: expect.stringMatching(/^Line 1 holds bytes that are neither UTF-8/) },
  ])
  const unknown = await post('application/x-ndjson; charset=utf-7', body)
  expect([unknown.status, await unknown.json()]).toMatchObject([415, { code: 'unsupported_media_type' }])
  expect(provider.count()).toBe(before)
  expect(logged()).toEqual([])
  const read = await post('application/x-ndjson; charset=iso-8859-1', body)
  expect((await read.text()).match(/"tags"/g)).toHaveLength(2)
  expect(JSON.stringify(provider.requests.map(request => request.body))).toContain('Größe 2: it sorts.')
})

test('a body whose first line comes later than the head of the answer is refused in a line', async () => {
  const { url } = await start()
  const { sent, response, rest } = openLines(url)
  expect((await response).statusCode).toBe(200)
  sent.end(lineOf(1))
  expect(await rest()).toMatchObject([{ id: null, line: 1, error: { code: 'unusable_text', status: 422 } }])
})

test('who does not read holds back what is taken in', async () => {
  const tags = Array.from({ length: 50 }, (_, id) => ({ id, name: `${id} ${'long name '.repeat(12)}` }))
  const { url, provider } = await start({ provider: { choose: ({ allowed }) => allowed } })
  const { sent, response, rest } = openLines(url, { query: '?max_tags=50&details=true' })
  const lines = projects(1_000).map(line => `${JSON.stringify({ ...line, tags })}\n`)
  const reading = await response
  reading.pause()
  sent.end(lines.join(''))
  const count = async (): Promise<number> => {
    const asked = provider.count()
    await sleep(1_000)
    return provider.count() === asked ? asked : count()
  }
  expect(await count()).toBeLessThan(900)
  expect(new Set((await rest()).map(({ id }) => id)).size).toBe(1_000)
})

test('a client that leaves takes all its calls with it, and leaves one line in the log', async () => {
  const { url, provider, logged, server } = await start()
  provider.setFaults({ shares: { stall_before_headers: 1 } })
  const { sent, write } = openLines(url)
  sent.on('error', () => undefined)
  write(...projects(5))
  await expect.poll(provider.active).toBe(5)
  sent.destroy()
  await expect.poll(provider.active).toBe(0)
  await expect.poll(logged).toHaveLength(1)
  expect(logged()[0]).toMatchObject({ outcome: 'client_closed', lines: 5, outcomes: { client_closed: 5 } })
  expect(server.output()).not.toContain('unexpected error')
})

test('an endpoint that dies fails the lines, not the stream', async () => {
  const { url, provider } = await start({ env: { UPSTREAM_ATTEMPTS: '1' } })
  const { write, take, end, rest } = openLines(url)
  write(...projects(3))
  expect((await take(3)).every(({ tags }) => tags)).toBe(true)
  provider.setFaults({ shares: { server_error: 1 } })
  write(project(4), project(5))
  for (const { error } of await take(2)) {
    expect(error).toMatchObject({ code: 'upstream_unavailable', status: 503, retryable: true })
  }
  provider.setFaults({ shares: {} })
  write(project(6))
  end()
  expect(await rest()).toMatchObject([{ id: 6, tags: expect.any(Array) }])
})

test('requests that come alone go on beside a stream that would take all there is', async () => {
  const env = { REQUESTS_AT_ONCE: '2', REQUESTS_WAITING: '2', UPSTREAM_CONCURRENCY: '2' }
  const { url, provider, ask, before } = await start({ provider: { latencyMs: 30 }, env })
  const { write, end, rest } = openLines(url)
  write(...projects(60))
  end()
  await expect.poll(provider.count).toBeGreaterThan(before)
  for (let number = 1; number <= 4; number += 1) {
    expect((await ask(`A router, number ${number}.`)).status).toBe(200)
  }
  expect(provider.count()).toBeLessThan(60)
  expect((await rest()).filter(({ tags }) => tags)).toHaveLength(60)
})

test('a client that sends nothing more is told so and let go', async () => {
  const { url, logged } = await start({ env: { BODY_TIMEOUT_MS: '2000' } })
  const { sent, write, rest } = openLines(url)
  write(project(1), '')
  const lines = await rest()
  expect(lines).toMatchObject([{ id: 1 }, { id: null, line: 2, error: { code: 'request_timeout', status: 408 } }])
  await new Promise(closed => sent.socket!.once('close', closed))
  await expect.poll(logged).toMatchObject([{ outcome: 'request_timeout', lines: 1 }])
})
