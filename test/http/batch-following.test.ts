import { once } from 'node:events'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createServices, openStore } from '../../src/compose.ts'
import { openBatches } from '../../src/compose-batches.ts'
import { loadConfig } from '../../src/config.ts'
import { anonymous } from '../../src/core/api-key.ts'
import { resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder } from '../support/command.ts'
import { startService } from '../support/service.ts'
import { aBatch } from '../support/store-builders.ts'

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
  const { url, submit, server, until } = await startBatchService({
    env: { SHUTDOWN_TIMEOUT_MS: '2000' },
    provider: { latencyMs: 60_000 },
  })
  const { body } = await submit(`no json\n${someLines(1)}`)
  await until(body.id, batch => batch.status === 'in_progress')
  const following = await fetch(`${url}/batches/${body.id}/results?follow=true`)
  server.child.kill('SIGTERM')
  expect((await following.text()).split('\n').filter(Boolean)).toHaveLength(1)
  expect(await server.ended).toBe(0)
})

test.each(['results?follow=true', 'events'])('/%s stops looking at the store when its client goes away', async path => {
  const config = loadConfig({ DATA_DIR: emptyFolder() })
  const opened = await openStore(config)
  let reads = 0
  const store: typeof opened = {
    ...opened,
    readBatch(id) {
      reads += 1
      return opened.readBatch(id)
    },
  }
  const log = { info: () => undefined, warn: () => undefined }
  const services = await createServices(config)
  const work = openBatches(config, { ...services, store, log })
  onTestFinished(async () => {
    await work.leave()
    await opened.close()
  })
  const { id } = await store.createBatch({ ...aBatch('b1'), key: anonymous })
  const { app } = await startService({}, { batches: work.batches })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const request = get(`${url}/batches/${id}/${path}`).on('error', () => undefined)
  if (path === 'events') await once(request, 'response')
  const atFirst = reads
  while (reads < atFirst + 2) await sleep(50)
  request.destroy()
  const connections = promisify(app.server.getConnections.bind(app.server))
  while ((await connections()) > 0) await sleep(20)
  const atEnd = reads
  // Three times as long as from one look to the next.
  await sleep(3_000)
  expect(reads).toBe(atEnd)
})
