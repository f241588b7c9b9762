import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bestFirst, rounded } from '../../src/ranker/scoring.ts'

test('orders as a stable sort of the positive, rounded scores does', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -2, max: 20, noNaN: true }), { maxLength: 50 }), scores => {
      const plain = scores
        .map((score, place) => ({ score: rounded(score), place }))
        .filter(({ score }) => score > 0)
        .toSorted((left, right) => right.score - left.score)
      expect(bestFirst(scores)).toEqual(plain.map(({ place }) => place))
    }),
  )
})
