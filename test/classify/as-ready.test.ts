import { expect, test } from 'vitest'
import { asReady } from '../../src/classify/as-ready.ts'

/** Inputs that count how many were taken, and work that ends when it is told to. */
function setUp(count: number) {
  const ends = new Map<number, () => void>()
  let taken = 0
  async function* inputs() {
    for (let input = 0; input < count; input += 1) {
      taken += 1
      yield input
    }
  }
  const work = (input: number) => new Promise<number>(resolve => ends.set(input, () => resolve(input)))
  return { inputs, work, ends, taken: () => taken }
}

const settled = () => new Promise(resolve => setImmediate(resolve))

test('results come as each is ready, and no more is in work than may be', async () => {
  const { inputs, work, ends, taken } = setUp(4)
  const results = asReady(inputs(), work, { most: 2 })
  const first = results.next()
  await settled()
  expect([...ends.keys()]).toEqual([0, 1])
  ends.get(1)!()
  expect((await first).value).toEqual([1])
  // Nobody has asked for more yet.
  await settled()
  expect(taken()).toBe(2)
  const second = results.next()
  await settled()
  expect([...ends.keys()]).toEqual([0, 1, 2])
  for (const input of [2, 0]) ends.get(input)!()
  expect((await second).value).toEqual([2, 0])
  const third = results.next()
  await settled()
  ends.get(3)!()
  expect((await third).value).toEqual([3])
  expect((await results.next()).done).toBe(true)
})

test('inputs that fail let end what is in work, then the failure comes', async () => {
  const { work, ends } = setUp(0)
  async function* failing() {
    yield 7
    throw new RangeError('no more')
  }
  const results = asReady(failing(), work, { most: 5 })
  const first = results.next()
  await settled()
  ends.get(7)!()
  expect((await first).value).toEqual([7])
  await expect(results.next()).rejects.toThrow('no more')
})

test('who leaves early waits for what is in work, and starts nothing more', async () => {
  const { inputs, work, ends, taken } = setUp(9)
  const results = asReady(inputs(), work, { most: 2 })
  const first = results.next()
  await settled()
  ends.get(0)!()
  await first
  let left = false
  const leaving = results.return(undefined).then(() => {
    left = true
  })
  await settled()
  expect(left).toBe(false)
  ends.get(1)!()
  await leaving
  expect(taken()).toBe(2)
})
