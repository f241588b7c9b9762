import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clipped } from '../../src/core/names.ts'

test.each([
  ['a🎧b', 1, 'a'],
  ['a🎧b', 2, 'a'],
  ['a🎧b', 3, 'a🎧'],
  ['a🎧b', 4, 'a🎧b'],
  ['a🎧', 9, 'a🎧'],
  ['', 3, ''],
  ['🎧', 1, ''],
])('%j to %d units is %j', (text, most, expected) => {
  expect(clipped(text, most)).toBe(expected)
})

test('what is well formed stays so, and loses no more than one unit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, most) => {
      const part = clipped(text, most)
      if (text.isWellFormed()) expect(part.isWellFormed()).toBe(true)
      expect(text.startsWith(part)).toBe(true)
      expect(Math.min(text.length, most) - part.length).toBeLessThanOrEqual(1)
    }),
  )
})
