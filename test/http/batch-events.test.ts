import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'

interface Event {
  readonly id: string
  readonly data: { status: string; request_counts: { completed: number }; items_per_second: number | null }
}

async function eventsOf(url: string, lastId?: string): Promise<{ status: number; events: Event[] }> {
  const response = await fetch(url, { headers: lastId === undefined ? {} : { 'last-event-id': lastId } })
  const blocks = (await response.text()).split('\n\n').filter(block => block.startsWith('id: '))
  const events = blocks.map(block => {
    const [, id, data] = /^id: (.*)\nevent: batch\ndata: (.*)$/.exec(block)!
    return { id: id!, data: JSON.parse(data!) }
  })
  return { status: response.status, events }
}

test('tells of each move until the end, and nothing twice to those who come back', async () => {
  const { url, submit } = await startBatchService({ env: { BATCH_CONCURRENCY: '4' }, provider: { latencyMs: 200 } })
  const { body } = await submit(someLines(60))
  const address = `${url}/batches/${body.id}/events`
  const { events } = await eventsOf(address)
  expect(events.length).toBeGreaterThan(2)
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
  const completed = events.map(({ data }) => data.request_counts.completed)
  expect(completed).toEqual(completed.toSorted((left, right) => left - right))
  expect(events.some(({ data }) => (data.items_per_second ?? 0) > 0)).toBe(true)
  expect(events.at(-1)?.data).toMatchObject({ status: 'completed', request_counts: { completed: 60 } })
  expect((await eventsOf(address, events.at(-2)?.id)).events.map(({ id }) => id)).toEqual([events.at(-1)?.id])
  expect((await eventsOf(address, events.at(-1)?.id)).status).toBe(204)
  expect((await eventsOf(`${url}/batches/nope/events`)).status).toBe(404)
})

test('those who watch do not keep the service from stopping', async () => {
  const { url, submit, server, until } = await startBatchService({
    env: { SHUTDOWN_TIMEOUT_MS: '1000' },
    provider: { latencyMs: 60_000 },
  })
  const { body } = await submit(someLines(1))
  const watching = fetch(`${url}/batches/${body.id}/events`).then(response => response.text())
  await until(body.id, batch => batch.status === 'in_progress')
  server.child.kill('SIGTERM')
  expect(await watching).toContain('in_progress')
  expect(await server.ended).toBe(0)
})

test('lists in pages, newest first', async () => {
  const { submit, get, until } = await startBatchService()
  const ids: string[] = []
  for (let index = 0; index < 3; index += 1) {
    const { body } = await submit(someLines(1))
    await until(body.id, ended)
    ids.unshift(body.id)
  }
  const page = async (query: string) =>
    (await get(`/batches${query}`)).body as unknown as { data: { id: string }[]; has_more: boolean }
  const first = await page('?limit=2')
  expect([first.data.map(({ id }) => id), first.has_more]).toEqual([ids.slice(0, 2), true])
  const second = await page(`?limit=2&after=${first.data.at(-1)?.id}`)
  expect([second.data.map(({ id }) => id), second.has_more]).toEqual([ids.slice(2), false])
  expect((await get('/batches?limit=0')).status).toBe(400)
})
