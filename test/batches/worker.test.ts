import { expect, test, vi } from 'vitest'
import { createWorker } from '../../src/batches/run/worker.ts'

/** A store that knows which workers hold a lease. */
function createLeases() {
  const alive = new Set<string>()
  return {
    alive,
    joinWorker: async (id: string) => void alive.add(id),
    heartbeat: vi.fn(async (id: string) => alive.has(id)),
    leaveWorker: async (id: string) => void alive.delete(id),
  }
}

function startWorker({ work = async (_: string) => {} } = {}) {
  const store = createLeases()
  const ids: string[] = []
  const lost: string[] = []
  const troubles: unknown[] = []
  const worker = createWorker({
    ...{ store, heartbeatMs: 5, log: { warn: () => {} } },
    async round(id) {
      if (ids.at(-1) !== id) ids.push(id)
      await work(id)
      await worker.wait(5)
    },
    onTrouble: error => troubles.push(error),
    onLost: id => lost.push(id),
  })
  worker.start()
  return { worker, store, ids, lost, troubles }
}

test('a worker joins once, and holds its lease until it leaves, also when it takes no more work', async () => {
  const { worker, store, ids } = startWorker()
  await vi.waitFor(() => expect(store.heartbeat.mock.calls.length).toBeGreaterThan(2))
  expect([...store.alive]).toEqual(ids)
  await worker.stop()
  const beats = store.heartbeat.mock.calls.length
  await vi.waitFor(() => expect(store.heartbeat.mock.calls.length).toBeGreaterThan(beats))
  expect(store.alive.size).toBe(1)
  await worker.leave()
  expect(store.alive.size).toBe(0)
  expect(ids).toHaveLength(1)
})

test('a worker that was silent for too long goes on under a new id', async () => {
  const { worker, store, ids, lost } = startWorker()
  await vi.waitFor(() => expect(ids).toHaveLength(1))
  store.alive.clear()
  await vi.waitFor(() => expect(ids).toHaveLength(2))
  expect(lost).toEqual([ids[0]])
  await worker.stop()
  await worker.leave()
  expect(store.alive.size).toBe(0)
})

test('a worker that starts over gives back what it holds and joins again', async () => {
  const { worker, store, ids, lost } = startWorker()
  await vi.waitFor(() => expect(ids).toHaveLength(1))
  await worker.startOver()
  await vi.waitFor(() => expect(ids).toHaveLength(2))
  expect([[...store.alive], lost]).toEqual([[ids[1]], []])
  await worker.stop()
  await worker.leave()
})

test('a round that fails is told of and is not the last, and a wait ends when there is something new', async () => {
  let rounds = 0
  const { worker, troubles } = startWorker({
    async work() {
      rounds += 1
      if (rounds === 1) throw new Error('the store is away')
    },
  })
  await vi.waitFor(() => expect(troubles).toHaveLength(1))
  worker.wake()
  await vi.waitFor(() => expect(rounds).toBeGreaterThan(1))
  const waiting = worker.wait(3_600_000)
  worker.wake()
  expect(await waiting).toBe(false)
  await worker.stop()
  await worker.leave()
})
