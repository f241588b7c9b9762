import { expect, test } from 'vitest'
import { createFairShare } from '../../src/domain/fair-share.ts'
import { nextStep } from '../../src/domain/item-retry.ts'
import { createOutage } from '../../src/domain/outage.ts'

test('slots are shared equally, and a new batch does not have to catch up nor wait', () => {
  const fair = createFairShare()
  expect(fair.share(['huge'], 64)).toEqual(new Map([['huge', 64]]))
  expect(fair.share(['huge', 'small'], 10)).toEqual(
    new Map([
      ['huge', 5],
      ['small', 5],
    ]),
  )
  fair.giveBack('small', 2)
  expect(fair.share(['huge', 'small'], 2)).toEqual(new Map([['small', 2]]))
  expect(fair.share([], 5)).toEqual(new Map())
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
