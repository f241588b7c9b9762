import { expect, test } from 'vitest'
import { shareSlots } from '../../src/domain/fair-share.ts'
import { nextStep } from '../../src/domain/item-retry.ts'
import { createOutage } from '../../src/domain/outage.ts'

test('a free slot goes to the batch with the fewest in flight', () => {
  const inFlight = new Map([['huge', 62]])
  expect(shareSlots(['huge', 'small'], { slots: 2, inFlight })).toEqual(new Map([['small', 2]]))
  expect(shareSlots(['a', 'b', 'huge'], { slots: 5, inFlight: new Map([['a', 1]]) })).toEqual(
    new Map([
      ['b', 2],
      ['huge', 2],
      ['a', 1],
    ]),
  )
  expect(shareSlots([], { slots: 5, inFlight })).toEqual(new Map())
})

const outageOptions = { items: 3, firstWaitMs: 100, longestWaitMs: 300, patienceMs: 10_000 }

test('one item that fails again and again is no outage; many are', () => {
  const outage = createOutage(outageOptions)
  for (let now = 0; now < 9; now += 1) outage.failed('poison', now)
  expect(outage.state(9)).toBe('closed')
  outage.failed('b', 10)
  outage.failed('c', 10)
  expect([outage.state(10), outage.retryAt, outage.excuses(10)]).toEqual(['open', 110, true])
})

test('an outage is probed at growing intervals, ends with a success, and loses patience', () => {
  const outage = createOutage(outageOptions)
  for (const item of ['a', 'b', 'c', 'd']) outage.failed(item, 0)
  expect(outage.state(100)).toBe('half_open')
  for (const retryAt of [300, 600, 900]) {
    outage.failed('a', outage.retryAt)
    expect(outage.retryAt).toBe(retryAt)
  }
  expect(outage.excuses(20_000)).toBe(false)
  outage.succeeded()
  expect([outage.state(901), outage.excuses(901)]).toEqual(['closed', false])
})

test.each([
  ['refused', 1, false, { step: 'fail' }],
  ['upstream_auth', 1, false, { step: 'pause' }],
  ['invalid_reply', 1, false, { step: 'return', delayMs: 1_000, refund: false }],
  ['invalid_reply', 3, true, { step: 'fail' }],
  ['upstream_unavailable', 2, false, { step: 'return', delayMs: 20_000, refund: false }],
  ['deadline', 1, false, { step: 'return', delayMs: 5_000, refund: false }],
  ['upstream_unavailable', 5, false, { step: 'fail' }],
  ['upstream_unavailable', 9, true, { step: 'return', delayMs: 5_000, refund: true }],
] as const)('%s at attempt %i, excused %s', (code, attempts, excused, expected) => {
  expect(nextStep(code, { attempts, excused })).toEqual(expected)
})
