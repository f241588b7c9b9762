import { expect, test } from 'vitest'
import { createApiKey } from '../../src/domain/api-key.ts'
import { startServer } from '../support/command.ts'

test('a batch is seen by the key that made it alone', async () => {
  const [mine, other] = ['mine', 'other'].map(name => createApiKey(name, { opens: ['batch'], limits: {} })) as [
    ReturnType<typeof createApiKey>,
    ReturnType<typeof createApiKey>,
  ]
  const { url } = await startServer({ API_KEYS: `${mine.line};${other.line}` })
  const as = (key: string, path: string, method = 'GET') =>
    fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${key}` } })
  const created = await fetch(`${url}/batches`, {
    method: 'POST',
    headers: { authorization: `Bearer ${mine.key}`, 'content-type': 'application/x-ndjson' },
    body: '{"id":"1","text":"# A router for IPv6"}\n',
  })
  const { id } = (await created.json()) as { id: string }
  expect((await as(mine.key, `/batches/${id}`)).status).toBe(200)
  for (const [path, method] of [
    [`/batches/${id}`, 'GET'],
    [`/batches/${id}/results`, 'GET'],
    [`/batches/${id}/events`, 'GET'],
    [`/batches/${id}/cancel`, 'POST'],
    [`/batches/${id}/retry`, 'POST'],
  ] as const) {
    const response = await as(other.key, path, method)
    expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([
      path,
      404,
      'unknown_batch',
    ])
  }
  expect(await (await as(other.key, '/batches')).json()).toMatchObject({ data: [] })
  expect(await (await as(mine.key, '/batches')).json()).toMatchObject({ data: [{ id }] })
  expect((await fetch(`${url}/batches/${id}`)).status).toBe(401)
})
