import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createConcurrencyLimit } from '../../src/services/concurrency-limit.ts'

const { signal } = new AbortController()

test('no more than the limit are let in, in the order they came', async () => {
  const limit = createConcurrencyLimit({ most: 2 })
  const entered: number[] = []
  for (const index of [0, 1, 2, 3]) void limit.enter(signal).then(() => entered.push(index))
  await sleep(1)
  expect(entered).toEqual([0, 1])
  expect(limit.state()).toEqual({ limit: 2, active: 2, waiting: 2 })
  limit.leave()
  await sleep(1)
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
  expect(limit.heldFor()).toBeGreaterThan(100)
  const start = performance.now()
  await limit.enter(signal)
  expect(performance.now() - start).toBeGreaterThan(100)
})

test('an empty bucket is not asked before it is full, and calls in flight count', async () => {
  const limit = createConcurrencyLimit({ most: 4 })
  await limit.enter(signal)
  await limit.enter(signal)
  limit.answered({ remaining: 1, fullIn: 150 })
  limit.leave()
  const start = performance.now()
  await limit.enter(signal)
  expect(performance.now() - start).toBeGreaterThan(130)
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
