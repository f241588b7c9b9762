import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { startServer } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

test('pauses at its cap, says so, and runs on under a higher one', async () => {
  const { submit, post, until } = await startBatchService({ env: { BATCH_CONCURRENCY: '2' } })
  const { body } = await submit(someLines(40), { query: '?max_tokens=3000' })
  const paused = await until(body.id, ({ status }) => status === 'paused')
  expect(paused).toMatchObject({ pause_reason: 'spend_cap', max_tokens: 3000, items_per_second: null })
  expect(paused.usage.total_tokens).toBeGreaterThanOrEqual(3000)
  const low = await post(`/batches/${body.id}/resume`, { max_tokens: 2000 })
  expect([low.status, low.body.code]).toEqual([409, 'conflict'])
  expect((await post(`/batches/${body.id}/resume`, { max_tokens: 9_000_000 })).body.status).toBe('in_progress')
  expect(await until(body.id, ended)).toMatchObject({ status: 'completed', request_counts: { completed: 40 } })
})

test('pauses and resumes when told to', async () => {
  const { url, submit, post, until, provider } = await startBatchService({
    env: { BATCH_CONCURRENCY: '2' },
    // All together take two seconds at least, in which the batch is paused.
    provider: { latencyMs: 200 },
  })
  const { body } = await submit(someLines(20))
  expect((await post(`/batches/${body.id}/pause`)).body).toMatchObject({ status: 'paused', pause_reason: 'requested' })
  const metrics = async () => (await fetch(`${url}/metrics`)).text()
  await expect.poll(metrics).toContain('batch_items_in_progress 0')
  const count = provider.count()
  await sleep(300)
  expect(provider.count()).toBe(count)
  expect((await post(`/batches/${body.id}/pause`)).status).toBe(409)
  await post(`/batches/${body.id}/resume`)
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 20 } })
})

test('a cancelled batch starts nothing more and keeps what was answered', async () => {
  const { url, submit, post, until, provider } = await startBatchService({
    env: { BATCH_CONCURRENCY: '4' },
    provider: { latencyMs: 100 },
  })
  const { body } = await submit(someLines(100))
  await until(body.id, batch => batch.request_counts.completed >= 4)
  await post(`/batches/${body.id}/cancel`)
  const cancelled = await until(body.id, ended)
  const count = provider.count()
  expect(cancelled).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number) })
  expect(cancelled.request_counts.completed).toBe(count)
  await sleep(400)
  expect(provider.count()).toBe(count)
  expect(await resultsOf(url, body.id)).toHaveLength(count)
  expect((await post(`/batches/${body.id}/retry`)).status).toBe(409)
})

test('final failures fail at once and alone; retry takes them up again', async () => {
  const { url, submit, post, until } = await startBatchService()
  const poison = JSON.stringify({ id: 'poison', text: 'Sorts. [[fake:refusal]]' })
  const { body } = await submit(`${someLines(5)}${poison}\n${JSON.stringify({ id: 'blank', text: '  ' })}`)
  expect(await until(body.id, ended)).toMatchObject({ outcomes: { ok: 5, refused: 1, unusable_text: 1 } })
  const failed = await resultsOf(url, body.id, '?status=failed')
  expect(failed.map(({ id, error }) => [id, error?.code])).toEqual([
    ['poison', 'refused'],
    ['blank', 'unusable_text'],
  ])
  expect((await post(`/batches/${body.id}/retry`)).body).toMatchObject({ retried: 2 })
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 5, failed: 2 } })
})

test('an endpoint that is down fails no item, and its state shows', async () => {
  const { submit, until, provider } = await startBatchService({
    env: { BATCH_CONCURRENCY: '8', BATCH_LEASE_MS: '3000', UPSTREAM_ATTEMPTS: '1' },
  })
  provider.setFaults({ shares: { server_error: 1 } })
  const { body } = await submit(someLines(60))
  expect(await until(body.id, ({ circuit }) => circuit !== 'closed')).toMatchObject({ status: 'in_progress' })
  // Longer than the lease.
  await sleep(3_500)
  const count = provider.count()
  expect(count).toBeLessThan(20)
  provider.setFaults({ shares: {} })
  expect(await until(body.id, ended)).toMatchObject({
    ...{ status: 'completed', circuit: 'closed', request_counts: { total: 60, completed: 60, failed: 0 } },
  })
})

test('a key that is not taken pauses the batch in place of failing it', async () => {
  const { submit, post, until, provider } = await startBatchService({ env: { UPSTREAM_ATTEMPTS: '1' } })
  provider.setFaults({ shares: { out_of_quota: 1 } })
  const { body } = await submit(someLines(30))
  expect(await until(body.id, ({ status }) => status === 'paused')).toMatchObject({
    ...{ pause_reason: 'upstream_auth', request_counts: { failed: 0 } },
  })
  provider.setFaults({ shares: {} })
  await post(`/batches/${body.id}/resume`)
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 30, failed: 0 } })
})

test('a service that is told to stop gives back what is in progress within its time', async () => {
  const { submit, server, env, provider, until } = await startBatchService({
    env: { BATCH_CONCURRENCY: '4', SHUTDOWN_TIMEOUT_MS: '1000', BATCH_LEASE_MS: '60000' },
    provider: { latencyMs: 300 },
  })
  const { body } = await submit(someLines(60))
  await until(body.id, batch => batch.request_counts.completed >= 4)
  provider.setFaults({ shares: { stall_before_headers: 1 } })
  const count = provider.count()
  while (provider.count() < count + 4) await sleep(20)
  const told = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  // The endpoint would never answer, and the lease is a minute.
  expect(performance.now() - told).toBeLessThan(20_000)
  provider.setFaults({ shares: {} })
  const again = await serveInProcess(env)
  expect(await clientOf(again.url).until(body.id, ended)).toMatchObject({
    request_counts: { completed: 60, failed: 0 },
  })
})

test('a batch that never leaves the process holds nobody up', async () => {
  const { url } = await startServer()
  const { submit, get, until } = clientOf(url)
  const { body } = await submit(someLines(3000))
  const waits: number[] = []
  for (let running = true; running; ) {
    const started = performance.now()
    running = !ended((await get(`/batches/${body.id}`)).body)
    waits.push(performance.now() - started)
  }
  expect(waits.length).toBeGreaterThan(10)
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 3000 } })
})

test('an endpoint that counts requests fails no item, however few it takes', async () => {
  const { submit, until, provider } = await startBatchService({
    env: { BATCH_CONCURRENCY: '64', BATCH_LEASE_MS: '3000', REQUEST_TIMEOUT_MS: '2000' },
    provider: { rateLimit: { perSecond: 25, burst: 5 } },
  })
  const { body } = await submit(someLines(150))
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 150, failed: 0 } })
  expect(provider.count()).toBeLessThan(600)
})
