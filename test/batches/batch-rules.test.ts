import { expect, test } from 'vitest'
import { shareSlots } from '../../src/batches/run/fair-share.ts'
import { nextStep } from '../../src/batches/run/item-ending.ts'

const anyone = { accountOf: () => 'anyone', mostOfAccount: () => undefined }

test('a free slot goes to the batch with the fewest in progress', () => {
  const inProgress = new Map([['huge', 62]])
  const most = () => 100
  expect(shareSlots(['huge', 'small'], { slots: 2, inProgress, most, ...anyone })).toEqual(new Map([['small', 2]]))
  expect(shareSlots(['a', 'b', 'huge'], { slots: 5, inProgress: new Map([['a', 1]]), most, ...anyone })).toEqual(
    new Map([
      ['b', 2],
      ['huge', 2],
      ['a', 1],
    ]),
  )
  expect(shareSlots([], { slots: 5, inProgress, most, ...anyone })).toEqual(new Map())
})

test('a batch that has as many in progress as it may leaves the slots to the others', () => {
  const most = (id: string) => (id === 'failing' ? 2 : 100)
  const shares = (ids: string[]) =>
    shareSlots(ids, { slots: 9, inProgress: new Map([['failing', 1]]), most, ...anyone })
  expect(shares(['failing', 'sound'])).toEqual(
    new Map([
      ['sound', 8],
      ['failing', 1],
    ]),
  )
  expect(shares(['failing'])).toEqual(new Map([['failing', 1]]))
})

test('the batches of a key share what the key may have in progress at once', () => {
  const accountOf = (id: string) => id.split(' ')[0]!
  const mostOfAccount = (account: string) => (account === 'limited' ? 3 : undefined)
  const share = { slots: 10, most: () => 100, accountOf, mostOfAccount }
  const shares = (inProgress: Map<string, number>) =>
    shareSlots(['limited 1', 'limited 2', 'other'], { ...share, inProgress })
  expect(shares(new Map())).toEqual(
    new Map([
      ['limited 1', 2],
      ['limited 2', 1],
      ['other', 7],
    ]),
  )
  // One that is not run any more, such as a cancelled one, counts while its items go on.
  expect(shares(new Map([['limited 3', 3]]))).toEqual(new Map([['other', 10]]))
})

test.each([
  ['refused', 1, 'document', { step: 'fail' }],
  ['upstream_auth', 2, 'document', { step: 'fail' }],
  ['upstream_auth', 1, 'unclear', { step: 'return', delayMs: 1_000, refund: false }],
  ['upstream_auth', 1, 'setting', { step: 'pause' }],
  ['upstream_config', 2, 'setting', { step: 'pause' }],
  ['invalid_reply', 1, 'document', { step: 'return', delayMs: 1_000, refund: false }],
  ['invalid_reply', 3, 'document', { step: 'fail' }],
  ['upstream_unavailable', 2, 'document', { step: 'return', delayMs: 2_000, refund: false }],
  ['deadline', 1, 'document', { step: 'return', delayMs: 1_000, refund: false }],
  ['upstream_unavailable', 4, 'document', { step: 'fail' }],
  ['upstream_unavailable', 9, 'endpoint', { step: 'return', delayMs: 1_000, refund: true }],
  ['deadline', 9, 'endpoint', { step: 'return', delayMs: 1_000, refund: true }],
] as const)('%s at attempt %i, caused by the %s', (code, attempts, blame, expected) => {
  expect(nextStep(code, { attempts, blame })).toEqual(expected)
})
