import { expect, test } from 'vitest'
import { createApiKey, type Scope } from '../../src/core/api-key.ts'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

test('a batch is seen by the key that made it alone', async () => {
  const [mine, other] = ['mine', 'other'].map(name => createApiKey(name, { opens: ['batch'], limits: {} })) as [
    ReturnType<typeof createApiKey>,
    ReturnType<typeof createApiKey>,
  ]
  const { url } = await serveInProcess({ API_KEYS: `${mine.line};${other.line}` })
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

test('batches of nobody any more are found and stopped by an operator, and by no other key', async () => {
  const make = (name: string, opens: readonly Scope[]) => createApiKey(name, { opens, limits: {} })
  const [gone, batcher, operator] = [make('gone', ['batch']), make('batcher', ['batch']), make('operator', ['admin'])]
  const DATA_DIR = emptyFolder()
  const submit = async (url: string, key?: string) => {
    const headers = { 'content-type': 'application/x-ndjson', ...(key && { authorization: `Bearer ${key}` }) }
    const sent = await fetch(`${url}/batches?more=true`, {
      ...{ method: 'POST', body: '{"text":"# A router for IPv6"}\n' },
      headers: { ...headers, 'idempotency-key': 'k' },
    })
    return ((await sent.json()) as { id: string }).id
  }
  const stop = async ({ child, ended }: Awaited<ReturnType<typeof serveInProcess>>) => {
    child.kill('SIGTERM')
    await ended
  }
  const open = await serveInProcess({ DATA_DIR })
  const anonymous = await submit(open.url)
  await stop(open)
  const before = await serveInProcess({ DATA_DIR, API_KEYS: `${gone.line};${batcher.line}` })
  const [revoked, kept] = [await submit(before.url, gone.key), await submit(before.url, batcher.key)]
  await stop(before)
  const { url } = await serveInProcess({ DATA_DIR, API_KEYS: `${batcher.line};${operator.line}` })
  const as = async (key: string, path: string, method = 'GET') => {
    const answer = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${key}` } })
    return { status: answer.status, body: (await answer.json()) as { data: { id: string }[]; status: string } }
  }
  const listed = async (key: string) => (await as(key, '/batches')).body.data.map(({ id }) => id).sort()
  expect(await listed(batcher.key)).toEqual([kept])
  expect(await listed(operator.key)).toEqual([anonymous, revoked].sort())
  expect((await as(batcher.key, `/batches/${anonymous}`)).status).toBe(404)
  expect((await as(operator.key, `/batches/${kept}`)).status).toBe(404)
  for (const id of [anonymous, revoked])
    expect(await as(operator.key, `/batches/${id}/cancel`, 'POST')).toMatchObject({ body: { status: 'cancelled' } })
  expect((await as(operator.key, '/batches', 'POST')).status).toBe(403)
}, 120_000)
