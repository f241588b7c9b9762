import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createSharedCalls } from '../../src/classify/shared-calls.ts'

function createWork() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const signals: AbortSignal[] = []
  const start = ({ signal }: AbortController) => {
    signals.push(signal)
    return promise
  }
  return { start, resolve, reject, signals }
}
const stays = new AbortController().signal

test('a thousand who ask the same cause one piece of work', async () => {
  const calls = createSharedCalls<string>()
  const work = createWork()
  const joined = Array.from({ length: 1_000 }, () => calls.join('key', work.start, stays))
  work.resolve('done')
  const arrived = await Promise.all(joined)
  expect(work.signals).toHaveLength(1)
  expect(arrived.filter(({ joined }) => !joined)).toHaveLength(1)
  expect(new Set(arrived.map(({ result }) => result))).toEqual(new Set(['done']))
})

test('other keys are other work, and what has ended is not joined', async () => {
  const calls = createSharedCalls<string>()
  let started = 0
  const start = async () => String(++started)
  await Promise.all([calls.join('a', start, stays), calls.join('b', start, stays)])
  expect(await calls.join('a', start, stays)).toEqual({ result: '3', joined: false })
})

test('one who leaves does so alone', async () => {
  const calls = createSharedCalls<string>()
  const work = createWork()
  const leaver = new AbortController()
  const left = calls.join('key', work.start, leaver.signal)
  const stayed = calls.join('key', work.start, stays)
  leaver.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  expect(work.signals[0]!.aborted).toBe(false)
  work.resolve('done')
  expect(await stayed).toEqual({ result: 'done', joined: true })
})

test('when the last one leaves the work is aborted, and whoever comes then starts anew', async () => {
  const calls = createSharedCalls<string>()
  const work = createWork()
  const leavers = [new AbortController(), new AbortController()]
  const left = leavers.map(({ signal }) => calls.join('key', work.start, signal))
  const settled = Promise.allSettled(left)
  for (const leaver of leavers) leaver.abort(new Error('gone'))
  expect(work.signals[0]!.aborted).toBe(true)
  const next = calls.join('key', async () => 'new', stays)
  work.reject(new Error('aborted'))
  await settled
  await turn()
  expect(await next).toEqual({ result: 'new', joined: false })
})

test('a failure reaches all, and is not remembered', async () => {
  const calls = createSharedCalls<string>()
  const work = createWork()
  const joined = [calls.join('key', work.start, stays), calls.join('key', work.start, stays)]
  work.reject(new Error('broken'))
  for (const seat of joined) await expect(seat).rejects.toThrow('broken')
  expect(await calls.join('key', async () => 'new', stays)).toEqual({ result: 'new', joined: false })
})

test('without a key nobody joins, and leaving aborts all the same', async () => {
  const calls = createSharedCalls<string>()
  const [first, second] = [createWork(), createWork()]
  const leaver = new AbortController()
  const left = calls.join(undefined, first.start, leaver.signal)
  const stayed = calls.join(undefined, second.start, stays)
  leaver.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  expect(first.signals[0]!.aborted).toBe(true)
  second.resolve('done')
  expect(await stayed).toEqual({ result: 'done', joined: false })
})

test('one who left before asking starts nothing', async () => {
  const work = createWork()
  await expect(
    createSharedCalls<string>().join('key', work.start, AbortSignal.abort(new Error('gone'))),
  ).rejects.toThrow('gone')
  expect(work.signals).toEqual([])
})
