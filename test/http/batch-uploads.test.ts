import { type IncomingMessage, request } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

test('NDJSON with settings before the items, and lines that are none', async () => {
  const { url, submit, until } = await startBatchService()
  const settings = { batch: { max_tags: 1, metadata: { crawl: '7' }, tags: [{ id: 'a', name: 'sorting' }] } }
  const lines = [
    JSON.stringify(settings),
    '{"id":"one","text":"Sorts things."}',
    '',
    'not json',
    '{"id":5,"text":"Sorts.","stars":3}',
    '{"custom_id":"two","text":"Sorts more.","max_tags":2}',
    '{"text":"No id."}',
  ]
  const { status, body } = await submit(lines.join('\n'), { query: '?strict=true' })
  expect(status).toBe(202)
  expect(body).toMatchObject({ object: 'batch', max_tags: 1, metadata: { crawl: '7' } })
  expect(body.request_counts).toMatchObject({ total: 5, failed: 2 })
  expect(await until(body.id, ended)).toMatchObject({
    ...{ status: 'completed', request_counts: { total: 5, completed: 3, failed: 2 } },
    outcomes: { ok: 3, invalid_request: 2 },
    usage: { total_tokens: expect.any(Number) },
  })
  const results = await resultsOf(url, body.id)
  expect(results.map(({ id, tags, error }) => [id, tags ?? error?.line])).toEqual([
    ['one', ['a']],
    [null, 4],
    [5, 5],
    ['two', ['a']],
    [null, ['a']],
  ])
  expect(results[2]?.error).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/stars' }] })
  expect(await resultsOf(url, body.id, '?status=failed')).toHaveLength(2)
  expect(await resultsOf(url, body.id, '?outcome=ok,refused')).toHaveLength(3)
  const [detailed] = await resultsOf(url, body.id, '?details=true&status=completed')
  expect(detailed).toMatchObject({ id: 'one', tags: ['a'], details: { outcome: 'ok', max_tags: 1 } })
})

test('a JSON array, as curl sends a file', async () => {
  const { url, submit, until } = await startBatchService()
  const { body } = await submit('[{"id":1,"text":"Sorts [, ] and {\\"}."},\n {"id":2}, 7, {"id":3,"text":"More."}]')
  await until(body.id, ended)
  expect((await resultsOf(url, body.id)).map(({ id, error }) => [id, error?.element])).toEqual([
    [1, undefined],
    [2, 2],
    [null, 3],
    [3, undefined],
  ])
})

test('an Idempotency-Key finds the batch again, and refuses another one', async () => {
  const { submit, until } = await startBatchService()
  const first = await submit(someLines(3), { idempotencyKey: 'k' })
  await until(first.body.id, ended)
  const again = await submit(someLines(3), { idempotencyKey: 'k' })
  expect([again.status, again.body.id, again.body.status]).toEqual([200, first.body.id, 'completed'])
  const other = await submit(someLines(3), { idempotencyKey: 'k', query: '?max_tags=1' })
  expect([other.status, other.body.code]).toEqual([409, 'conflict'])
})

test('an upload that breaks off is gone on with from where it is', async () => {
  const { url, submit, get, until, server } = await startBatchService()
  const headers = { 'idempotency-key': 'broken', 'content-type': 'application/x-ndjson' }
  const settings = '{"batch":{"max_tags":1}}\n'
  const broken = request(`${url}/batches`, { method: 'POST', headers })
  broken.on('error', () => undefined)
  broken.write(settings + someLines(1200))
  const listed = async () => ((await get('/batches')).body as unknown as { data: { id: string }[] }).data[0]
  const { id } = await new Promise<{ id: string }>(resolve => {
    const look = setInterval(async () => {
      const batch = await listed()
      if (!batch) return
      clearInterval(look)
      resolve(batch)
    }, 20)
  })
  const { request_counts } = await until(id, batch => batch.request_counts.total === 1000)
  broken.destroy()
  const beyond = await submit(someLines(1), { idempotencyKey: 'broken', query: '?offset=1001' })
  expect([beyond.status, beyond.body.detail]).toEqual([409, expect.stringContaining('holds 1000 items')])
  const { total } = request_counts
  const rest = await submit(someLines(1200 - total, total), { idempotencyKey: 'broken', query: `?offset=${total}` })
  expect([rest.status, rest.body.id, rest.body.request_counts.total]).toEqual([202, id, 1200])
  expect(rest.body.max_tags).toBe(1)
  await until(id, ended)
  expect(server.output()).toContain('"outcome":"client_closed"')
  const results = await resultsOf(url, id)
  expect(results.map(result => result.id)).toEqual(Array.from({ length: 1200 }, (_, index) => index))
})

test.each([
  ['', '', 400, 'invalid_request'],
  ['?prompt=nope', '{"text":"a"}', 404, 'unknown_prompt'],
  ['?max_tags=99', '{"text":"a"}', 400, 'invalid_request'],
  ['?max_cost_usd=0', '{"text":"a"}', 400, 'invalid_request'],
  [`?max_cost_usd=${'9'.repeat(400)}`, '{"text":"a"}', 400, 'invalid_request'],
  ['?max_tokens=0', '{"text":"a"}', 400, 'invalid_request'],
  ['', '{"batch":{"colour":"red"}}\n{"text":"a"}', 400, 'invalid_request'],
  ['', '{"batch":{"tags":[{"id":1,"name":"a"},{"id":1,"name":"b"}]}}\n{"text":"a"}', 400, 'invalid_request'],
])('refused at once: %s %s', async (query, body, status, code) => {
  const { submit, get } = await startBatchService()
  const answer = await submit(body, { query })
  expect([answer.status, answer.body.code]).toEqual([status, code])
  expect((await get('/batches')).body).toMatchObject({ data: [], has_more: false })
})

test('what the contract says of an address is what it does', async () => {
  const { url, submit } = await startBatchService()
  const { body } = await submit(someLines(1))
  const filtered = await fetch(`${url}/batches/${body.id}/results?outcome=ok,DOCUMENT`)
  expect([filtered.status, await filtered.json()]).toMatchObject([400, { errors: [{ pointer: '/outcome' }] }])
  const estimate = await fetch(`${url}/batches/estimate`, { method: 'DELETE' })
  expect([estimate.status, estimate.headers.get('allow')]).toEqual([405, 'POST'])
  const batch = await fetch(`${url}/batches/${body.id}`, { method: 'DELETE' })
  expect([batch.status, batch.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
})

test('a line over the limit fails alone, a batch over the limit is refused', async () => {
  const { url, submit, until } = await startBatchService({ env: { BODY_LIMIT: '1024', BATCH_ITEM_LIMIT: '3' } })
  const { body } = await submit(`${JSON.stringify({ id: 1, text: 'long '.repeat(1000) })}\n${someLines(1)}`)
  await until(body.id, ended)
  expect((await resultsOf(url, body.id)).map(({ error }) => error?.code)).toEqual(['too_large', undefined])
  const tooMany = await submit(someLines(4))
  expect([tooMany.status, tooMany.body.detail]).toEqual([413, expect.stringContaining('BATCH_ITEM_LIMIT')])
})

test('a refused upload does not keep its connection, nor the service from stopping', async () => {
  const { submit, server } = await startBatchService({ env: { SHUTDOWN_TIMEOUT_MS: '600000' } })
  const refused = await submit(someLines(200_000), { query: '?prompt=nope' })
  expect([refused.status, refused.body.code]).toEqual([404, 'unknown_prompt'])
  const told = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  expect(performance.now() - told).toBeLessThan(60_000)
})

test('a stop ends an upload with a word, and what it took is there afterwards', async () => {
  const { url, get, until, server, env } = await startBatchService({ env: { SHUTDOWN_TIMEOUT_MS: '600000' } })
  const headers = { 'idempotency-key': 'long', 'content-type': 'application/x-ndjson' }
  const upload = request(`${url}/batches`, { method: 'POST', headers })
  upload.on('error', () => undefined)
  const answered = new Promise<IncomingMessage>(resolve => upload.once('response', resolve))
  upload.write(someLines(600))
  const first = async () => ((await get('/batches')).body as unknown as { data: { id: string }[] }).data[0]
  await expect.poll(first).toBeDefined()
  const { id } = (await first())!
  await until(id, ({ request_counts }) => request_counts.total === 500)
  server.child.kill('SIGTERM')
  const response = await answered
  expect([response.statusCode, JSON.parse(await readText(response))]).toMatchObject([503, { code: 'stopping' }])
  expect(await server.ended).toBe(0)
  const again = clientOf((await serveInProcess(env)).url)
  const rest = await again.submit(someLines(100, 500), { idempotencyKey: 'long', query: '?offset=500' })
  expect([rest.status, rest.body.id, rest.body.request_counts.total]).toEqual([202, id, 600])
})

test('an upload in parts runs once its last part is there', async () => {
  const { submit, until } = await startBatchService()
  const part = (from: number, more: boolean) =>
    submit(someLines(2, from), { idempotencyKey: 'parts', query: `?offset=${from}&more=${more}` })
  const first = await part(0, true)
  expect([first.status, first.body.status, first.body.request_counts.total]).toEqual([202, 'validating', 2])
  expect((await part(0, true)).body.request_counts.total).toBe(2)
  const last = await part(2, false)
  expect([last.status, last.body.id, last.body.request_counts.total]).toEqual([202, first.body.id, 4])
  await until(first.body.id, ended)
  const late = await part(0, true)
  expect([late.status, late.body.status, late.body.request_counts.total]).toEqual([200, 'completed', 4])
  const nameless = await submit(someLines(1), { query: '?more=true' })
  expect([nameless.status, nameless.body.detail]).toEqual([400, expect.stringContaining('Idempotency-Key')])
})

describe('an Idempotency-Key that comes again', () => {
  const key = { idempotencyKey: 'crawl-7' }
  test.each<[what: string, first: string, second: string, query: string, status: number]>([
    ['with the same body', someLines(600), someLines(600), '', 200],
    ['with the same items in another form', someLines(2), `[${someLines(2).trim().replace('\n', ',')}]`, '', 200],
    ['with other items', someLines(600), someLines(600, 5), '', 409],
    ['with one other item far in', someLines(600), someLines(600).replace('number 590', 'number 5'), '', 409],
    ['with fewer items', someLines(3), someLines(2), '', 409],
    ['with more items', someLines(3), someLines(4), '', 409],
    ['with the rest of the same body', someLines(3), someLines(2, 1), '?offset=1', 200],
    ['with another rest', someLines(3), someLines(2, 7), '?offset=1', 409],
    ['with a line that cannot be read in the place of another', someLines(2), `${someLines(1)}{\n`, '', 409],
  ])('%s, after a whole upload', async (_, first, second, query, status) => {
    const { submit, get } = await startBatchService()
    const { body } = await submit(first, key)
    const again = await submit(second, { ...key, query })
    expect(again.status).toBe(status)
    if (status === 200) expect(again.body.id).toBe(body.id)
    else expect(again.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining(body.id) })
    expect((await get(`/batches/${body.id}`)).body.request_counts.total).toBe(body.request_counts.total)
  })

  test('with another body, after an upload that broke off: nothing is added to it', async () => {
    const { submit, get } = await startBatchService()
    const { body } = await submit(someLines(3), { ...key, query: '?more=true' })
    for (const other of [someLines(9, 1), someLines(2)]) expect((await submit(other, key)).status).toBe(409)
    expect((await get(`/batches/${body.id}`)).body).toMatchObject({
      status: 'validating',
      request_counts: { total: 3 },
    })
    expect(await submit(someLines(9), key)).toMatchObject({ status: 202, body: { request_counts: { total: 9 } } })
  })

  test('in two uploads at once that differ: they are not mixed', async () => {
    const { submit } = await startBatchService()
    const both = await Promise.all([submit(someLines(600), key), submit(someLines(600, 1_000), key)])
    expect(both.filter(({ status }) => status === 409).length).toBeGreaterThan(0)
  })
})
