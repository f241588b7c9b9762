import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type BatchReport, createClient } from '../../src/client/index.ts'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { startServer } from '../support/command.ts'
import { cutAfter, json, startScriptedServer } from '../support/scripted-server.ts'
import { freePort } from '../support/spawned-service.ts'

const item = (id: number) => ({ id, text: `# Project ${id}\n\nA command line tool that sorts things, number ${id}.` })
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const one of from) items.push(one)
  return items
}

test('a batch from its items to its results', async () => {
  const { url } = await startBatchService()
  const { batches } = createClient({ url })
  const bad = { id: 'bad', text: 'Sorts.', max_tags: 99 }
  const batch = await batches.create([item(0), bad, item(1)], { settings: { max_tags: 1, metadata: { crawl: '7' } } })
  expect(batch).toMatchObject({ max_tags: 1, metadata: { crawl: '7' }, request_counts: { total: 3 } })
  const reports = await all(batches.watch(batch.id))
  expect(reports.at(-1)).toMatchObject({ status: 'completed', request_counts: { completed: 2, failed: 1 } })
  const results = await all(batches.results(batch.id, { details: true }))
  expect(results.map(result => ('error' in result ? result.error.code : result.details.outcome))).toEqual([
    ...['ok', 'invalid_request', 'ok'],
  ])
  expect(await all(batches.results(batch.id, { status: 'failed', follow: false }))).toMatchObject([{ id: 'bad' }])
  expect(await all(batches.results(batch.id, { outcome: ['ok'] }))).toHaveLength(2)
  expect(await batches.list({ limit: 1 })).toMatchObject({ data: [{ id: batch.id }], has_more: false })
  expect(await batches.retry(batch.id)).toMatchObject({ retried: 0 })
  await expect(batches.cancel(batch.id)).rejects.toMatchObject({ code: 'conflict', status: 409 })
  await expect(batches.create([])).rejects.toMatchObject({ code: 'invalid_request', status: 400 })
})

test('pauses, resumes and cancels', async () => {
  const { url } = await startBatchService({ env: { BATCH_CONCURRENCY: '1' }, provider: { latencyMs: 500 } })
  const { batches } = createClient({ url })
  const { id } = await batches.upload(Readable.toWeb(Readable.from([Buffer.from(someLines(50))])) as ReadableStream)
  expect(await batches.pause(id)).toMatchObject({ status: 'paused', pause_reason: 'requested' })
  expect(await batches.resume(id, { max_tokens: 100_000 })).toMatchObject({
    status: 'in_progress',
    max_tokens: 100_000,
  })
  expect((await batches.cancel(id)).status).toMatch(/^cancel/)
  expect((await all(batches.watch(id))).at(-1)?.status).toBe('cancelled')
})

test('an upload and its results outlive the service', async () => {
  const env = { PORT: String(await freePort()), BATCH_CONCURRENCY: '16' }
  const {
    url,
    server,
    env: sameData,
  } = await startBatchService({
    ...{ env, provider: { latencyMs: 20 }, ownProcess: true },
  })
  const { batches } = createClient({ url, retries: 20 })
  let running = server
  const restart = async () => {
    running.child.kill('SIGKILL')
    await running.ended
    running = await startServer(sameData)
  }
  async function* items() {
    for (const id of upTo(1_300)) {
      if (id === 700) void restart()
      yield item(id)
    }
  }
  const { id, request_counts } = await batches.create(items())
  expect(request_counts.total).toBe(1_300)
  const seen: unknown[] = []
  for await (const result of batches.results(id)) {
    seen.push(result.id)
    if (seen.length === 100) await restart()
  }
  expect(seen).toEqual(upTo(1_300))
})

test('an upload nobody could find again is cancelled when its items run out with an error', async () => {
  const { url } = await startBatchService()
  const { batches } = createClient({ url })
  async function* items() {
    for (const id of upTo(600)) yield item(id)
    throw new Error('the catalogue broke')
  }
  await expect(batches.create(items())).rejects.toThrow('the catalogue broke')
  const { data } = await batches.list()
  expect(data.map(({ status }) => status)).toEqual(['cancelled'])
  await expect(batches.create(items(), { idempotencyKey: 'again' })).rejects.toThrow('the catalogue broke')
  const batch = await batches.create(upTo(600).map(item), { idempotencyKey: 'again' })
  expect((await batches.list()).data).toHaveLength(2)
  expect(batch.request_counts.total).toBe(600)
})

test('results are gone on with where their connection broke', async () => {
  const lines = upTo(3).map(id => `${JSON.stringify({ id, tags: [] })}\n`)
  const running = { ...(await reportOf()), status: 'in_progress' }
  const server = await startScriptedServer(
    json(running),
    cutAfter(`${lines[0]}${lines[1]}{"id":2,"ta`),
    json({ ...running, status: 'completed' }),
    response => void response.end(lines[2]),
  )
  const results = await all(createClient({ url: server.url }).batches.results('b'))
  expect(results.map(({ id }) => id)).toEqual([0, 1, 2])
  expect(server.asked.map(({ line }) => line)).toEqual([
    ...['GET /batches/b', 'GET /batches/b/results?follow=true&offset=0'],
    ...['GET /batches/b', 'GET /batches/b/results?follow=true&offset=2'],
  ])
})

test('a watch comes back with the last event it saw, also after silence', async () => {
  const batch = await reportOf()
  const event = (id: string, status: string) =>
    `id: ${id}\nevent: batch\ndata: ${JSON.stringify({ ...batch, status })}\n\n`
  const lastIds: unknown[] = []
  const server = await startScriptedServer(
    cutAfter(`: hello\n\n${event('one', 'in_progress')}id: two\n`),
    (response, { headers }) => {
      lastIds.push(headers['last-event-id'])
      response.write(event('two', 'paused'))
    },
    (response, { headers }) => {
      lastIds.push(headers['last-event-id'])
      response.end(event('three', 'completed'))
    },
  )
  const reports = await all(createClient({ url: server.url, timeout: 1_500 }).batches.watch('b'))
  expect(reports.map(({ status }) => status)).toEqual(['in_progress', 'paused', 'completed'])
  expect(lastIds).toEqual(['one', 'two'])
})

test('whoever stops reading lets go of the connection', async () => {
  const batch = await reportOf()
  let closed = false
  const server = await startScriptedServer(json(batch), response => {
    response.once('close', () => {
      closed = true
    })
    response.write(`${JSON.stringify({ id: 0, tags: [] })}\n`)
  })
  for await (const { id } of createClient({ url: server.url }).batches.results('b')) {
    expect(id).toBe(0)
    break
  }
  while (!closed) await sleep(10)
})

/** A report of the real service. */
async function reportOf(): Promise<BatchReport> {
  const { url } = await startBatchService()
  return createClient({ url }).batches.create([item(0)])
}
