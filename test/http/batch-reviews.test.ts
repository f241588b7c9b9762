import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import type { ItemReview } from '../../src/core/batch/item-review.ts'
import { clientOf, ended, someLines, startBatchService } from '../support/batch-service.ts'
import { bearer } from '../support/watched-service.ts'

async function answered(count: number, env: Record<string, string> = {}, sent: Record<string, string> = {}) {
  const service = await startBatchService({ env })
  const { submit, until } = clientOf(service.url, sent)
  const { body } = await submit(`${someLines(count)}{"id":"broken"\n`)
  await until(body.id, ended)
  const call = async (method: string, path: string, json?: object, headers = sent) => {
    const answer = await fetch(`${service.url}/batches/${body.id}${path}`, {
      method,
      headers: { ...headers, ...(json && { 'content-type': 'application/json' }) },
      ...(json && { body: JSON.stringify(json) }),
    })
    return {
      status: answer.status,
      body: answer.status === 204 ? undefined : ((await answer.json()) as Partial<ItemReview>),
    }
  }
  const review = (index: number, by: string, state: string) => call('PUT', `/items/${index}/review`, { by, state })
  return { ...service, id: body.id, call, review }
}

test('an open item is refused to another person, until it is given back; the same person may take it again', async () => {
  const { call, review } = await answered(3)
  const began = Math.floor(Date.now() / 1_000)
  const taken = await review(1, 'ada', 'open')
  expect(taken).toMatchObject({ status: 200, body: { index: 1, by: 'ada', state: 'open' } })
  const held = taken.body!.expires_at! - began
  expect(held).toBeGreaterThanOrEqual(300)
  expect(held).toBeLessThan(420)
  expect(await review(1, 'bo', 'open')).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(await review(1, 'ada', 'open')).toMatchObject({ status: 200 })
  expect(await call('DELETE', '/items/1/review?by=bo')).toMatchObject({ status: 404 })
  expect(await call('DELETE', '/items/1/review?by=ada')).toMatchObject({ status: 204 })
  expect(await review(1, 'bo', 'open')).toMatchObject({ status: 200, body: { by: 'bo' } })
})

test('what was judged or skipped is listed in pages; a skipped item is for anybody, a judged one for nobody else', async () => {
  const { call, review } = await answered(4)
  await review(0, 'ada', 'judged')
  await review(1, 'ada', 'skipped')
  await review(3, 'ada', 'skipped')
  expect(await review(0, 'bo', 'open')).toMatchObject({ status: 409 })
  expect(await review(3, 'bo', 'open')).toMatchObject({ status: 200 })
  const first = await call('GET', '/reviews?limit=2')
  expect(first.body).toEqual({
    data: [
      { index: 0, by: 'ada', state: 'judged', expires_at: null },
      { index: 1, by: 'ada', state: 'skipped', expires_at: null },
    ],
    has_more: true,
  })
  expect((await call('GET', '/reviews?after=1')).body).toMatchObject({
    data: [{ index: 3, by: 'bo', state: 'open' }],
    has_more: false,
  })
  expect(await review(0, 'ada', 'open')).toMatchObject({ status: 200 })
})

test('there is no review of an item that is not there, and none without a name or a state', async () => {
  const { call, review } = await answered(1)
  expect(await review(7, 'ada', 'open')).toMatchObject({ status: 404, body: { code: 'not_found' } })
  expect(await review(999_999_999, 'ada', 'open')).toMatchObject({ status: 404 })
  for (const [by, state] of [
    ['', 'open'],
    ['a\u0000b', 'open'],
    ['ada', 'held'],
  ] as const)
    expect(await review(0, by, state)).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  expect(await call('DELETE', '/items/0/review')).toMatchObject({ status: 400 })
})

test('with keys, a batch is reviewed by the key that made it alone', async () => {
  const [own, other] = ['own', 'other'].map(name => createApiKey(name, { opens: ['batch'], limits: {} }))
  const env = { API_KEYS: [own!.line, other!.line].join(';') }
  const { call } = await answered(1, env, bearer(own!))
  const put = (headers: Record<string, string>) => call('PUT', '/items/0/review', { by: 'ada', state: 'open' }, headers)
  expect(await put(bearer(other!))).toMatchObject({ status: 404, body: { code: 'unknown_batch' } })
  expect(await put({})).toMatchObject({ status: 401 })
  expect(await put(bearer(own!))).toMatchObject({ status: 200 })
})

test('feedback of one person is taken back without that of another', async () => {
  const { url } = await answered(1)
  const give = async (by: string) => {
    const answer = await fetch(`${url}/feedback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: '# A router', accepted: [36], by }),
    })
    return ((await answer.json()) as { text_hash: string }).text_hash
  }
  const hash = await give('ada')
  await give('bo')
  const remove = async (by: string) => (await fetch(`${url}/feedback/${hash}?by=${by}`, { method: 'DELETE' })).status
  expect([await remove('ada'), await remove('ada')]).toEqual([204, 404])
  const left = await (await fetch(`${url}/feedback?format=entries`)).text()
  expect(
    left
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).by),
  ).toEqual(['bo'])
})
