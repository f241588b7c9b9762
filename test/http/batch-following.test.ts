import { expect, test } from 'vitest'
import { resultsOf, someLines, startBatchService } from '../support/batch-service.ts'

const idsOf = (results: readonly { id: unknown }[]) => results.map(({ id }) => id)
const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, index) => from + index)

test('results are followed to the end of the batch, in the order of the upload', async () => {
  const { url, submit, get } = await startBatchService({
    env: { BATCH_CONCURRENCY: '4' },
    provider: { latencyMs: 50 },
  })
  const refused = JSON.stringify({ id: 'refused', text: 'Sorts. [[fake:refusal]]' })
  const { body } = await submit(`${someLines(3)}${refused}\nno json\n${someLines(40, 3)}`)
  const results = await resultsOf(url, body.id, '?follow=true')
  expect((await get(`/batches/${body.id}`)).body.status).toBe('completed')
  expect(idsOf(results)).toEqual([0, 1, 2, 'refused', null, ...upTo(40, 3)])
  expect(idsOf(await resultsOf(url, body.id, '?follow=true&offset=42'))).toEqual([40, 41, 42])
  expect(await resultsOf(url, body.id, '?follow=true&status=failed')).toHaveLength(2)
  expect(idsOf(await resultsOf(url, body.id, '?follow=true&status=completed&offset=41'))).toEqual([41, 42])
  const misplaced = await get(`/batches/${body.id}/results?offset=1`)
  expect([misplaced.status, misplaced.body.code]).toEqual([400, 'invalid_request'])
  expect((await get('/batches/nope/results?follow=true')).status).toBe(404)
})

test('after the gaps of a cancelled batch results are counted, not taken for places', async () => {
  const { url, submit, post, until } = await startBatchService({
    env: { BATCH_CONCURRENCY: '2' },
    provider: { latencyMs: 1_000 },
  })
  const { body } = await submit(`${someLines(9)}no json\n${someLines(3, 9)}no json either\n`)
  await post(`/batches/${body.id}/cancel`)
  await until(body.id, batch => batch.status === 'cancelled')
  const results = await resultsOf(url, body.id, '?follow=true')
  expect(results.length).toBeLessThan(14)
  const rest = await resultsOf(url, body.id, `?follow=true&offset=${results.length - 2}`)
  expect(rest.map(({ error }) => error?.line)).toEqual([10, 14])
})

test('those who follow do not keep the service from stopping', async () => {
  const { url, submit, server, until } = await startBatchService({ provider: { latencyMs: 60_000 } })
  const { body } = await submit(`no json\n${someLines(1)}`)
  await until(body.id, batch => batch.status === 'in_progress')
  const following = resultsOf(url, body.id, '?follow=true')
  server.child.kill('SIGTERM')
  expect(await following).toHaveLength(1)
  expect(await server.ended).toBe(0)
}, 30_000)
