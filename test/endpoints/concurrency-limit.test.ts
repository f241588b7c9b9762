import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createConcurrencyLimit } from '../../src/endpoints/limits/concurrency-limit.ts'

const { signal } = new AbortController()
const later = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How long it takes until a place is free. */
async function waitFor(limit: ReturnType<typeof createConcurrencyLimit>): Promise<number> {
  const start = performance.now()
  let waited: number | undefined
  void limit.enter(signal).then(() => {
    waited = performance.now() - start
  })
  await vi.runAllTimersAsync()
  return waited!
}

test('no more than the limit are let in, in the order they came', async () => {
  const limit = createConcurrencyLimit({ most: 2 })
  const entered: number[] = []
  for (const index of [0, 1, 2, 3]) void limit.enter(signal).then(() => entered.push(index))
  await later(0)
  expect(entered).toEqual([0, 1])
  expect(limit.state()).toEqual({ limit: 2, active: 2, waiting: 2 })
  limit.leave()
  await later(0)
  expect(entered).toEqual([0, 1, 2])
})

test('one that gives up leaves the queue, and its place goes to the next', async () => {
  const limit = createConcurrencyLimit({ most: 1 })
  await limit.enter(signal)
  const leaving = new AbortController()
  const left = limit.enter(leaving.signal)
  const stayed = limit.enter(signal)
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  limit.leave()
  await stayed
  expect(limit.state()).toMatchObject({ active: 1, waiting: 0 })
  await expect(limit.enter(AbortSignal.abort(new Error('late')))).rejects.toThrow('late')
})

test('nobody goes while the endpoint asks to be left alone', async () => {
  const limit = createConcurrencyLimit({ most: 4 })
  await limit.enter(signal)
  limit.limited(120)
  limit.leave()
  expect(limit.heldFor()).toBe(120)
  expect(await waitFor(limit)).toBe(120)
})

test('an empty bucket is not asked before it is full, and calls in progress count', async () => {
  const limit = createConcurrencyLimit({ most: 4 })
  await limit.enter(signal)
  await limit.enter(signal)
  limit.answered({ remaining: 1, fullIn: 150 })
  limit.leave()
  expect(await waitFor(limit)).toBe(150)
})

test('a row of 429s halves the limit once, one alone does not', () => {
  const limit = createConcurrencyLimit({ most: 16 })
  void limit.enter(signal)
  void limit.enter(signal)
  limit.limited(0)
  expect(limit.state().limit).toBe(16)
  for (let index = 0; index < 5; index++) limit.limited(0)
  expect(limit.state().limit).toBe(8)
})

const days = 86_400_000

test('a wait of thirty days is no loop of timers, and is told as it was', async () => {
  // Only a timer of Node's own warns of a wait that it does not take.
  vi.useRealTimers()
  const warnings: string[] = []
  const remember = (warning: Error) => warnings.push(warning.name)
  process.on('warning', remember)
  const limit = createConcurrencyLimit({ most: 4 })
  await limit.enter(signal)
  limit.limited(30 * days)
  limit.leave()
  const waiting = new AbortController()
  const entered = limit.enter(waiting.signal)
  await sleep(50)
  expect(limit.state()).toMatchObject({ active: 0, waiting: 1 })
  expect(limit.heldFor()).toBeGreaterThan(29 * days)
  waiting.abort(new Error('gone'))
  await expect(entered).rejects.toThrow('gone')
  process.off('warning', remember)
  expect(warnings).toEqual([])
})

test('of those who wait for long, one tries after a while, and its answer opens the way for all', async () => {
  const limit = createConcurrencyLimit({ most: 4, tryAfter: 50 })
  await limit.enter(signal)
  limit.limited(30 * days)
  limit.leave()
  let entered = 0
  for (const _ of [1, 2, 3]) void limit.enter(signal).then(() => (entered += 1))
  await later(49)
  expect(entered).toBe(0)
  await later(1)
  expect([entered, limit.heldFor() > 29 * days]).toEqual([1, true])
  limit.limited(20 * days)
  limit.leave()
  expect(limit.heldFor()).toBeLessThan(21 * days)
  await later(50)
  expect(entered).toBe(2)
  limit.answered(undefined)
  expect(limit.heldFor()).toBe(0)
  limit.leave()
  await later(0)
  expect(entered).toBe(3)
})

test('a bucket that is said to be empty for days is tried as well', async () => {
  const limit = createConcurrencyLimit({ most: 4, tryAfter: 50 })
  await limit.enter(signal)
  limit.answered({ remaining: 0, fullIn: 30 * days })
  limit.leave()
  expect(await waitFor(limit)).toBe(50)
})
