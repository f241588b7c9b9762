import { expect, test } from 'vitest'
import { formatWordVectors, parseWordVectors } from '../../src/ranker/word-vectors.ts'

const bytes = formatWordVectors({
  about: { source: 'two words' },
  words: ['otter', 'río'],
  bodyWeights: Float64Array.of(1, 0.25),
  nameWeights: Float64Array.of(0.5, 0),
  dimensions: 3,
  vectors: Float64Array.of(1, -0.5, 0, 0, 0.2, 0.4),
})

test('reads what it wrote, to a byte of precision', () => {
  const vectors = parseWordVectors(bytes)
  expect(vectors.dimensions).toBe(3)
  expect(vectors.bodyWeight('otter')).toBe(1)
  expect(vectors.nameWeight('otter')).toBeCloseTo(0.5, 2)
  expect(vectors.bodyWeight('río')).toBeCloseTo(0.25, 2)
  expect(vectors.bodyWeight('beaver')).toBeUndefined()
  const sum = new Float64Array(3)
  expect(vectors.add('río', 2, sum)).toBe(true)
  expect(vectors.add('beaver', 2, sum)).toBe(false)
  expect([...sum].map(value => Math.round(value * 100) / 100)).toEqual([0, 0.4, 0.8])
})

test('reads from the middle of a larger buffer', () => {
  const buffer = new Uint8Array(bytes.length + 7)
  buffer.set(bytes, 7)
  expect(parseWordVectors(buffer.subarray(7)).bodyWeight('otter')).toBe(1)
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['another file', new TextEncoder().encode('{"name":"x"}\nhello')],
  ['half of it', bytes.slice(0, bytes.length - 4)],
  ['no line', new TextEncoder().encode('hello')],
])('refuses %s', (_, broken) => {
  expect(() => parseWordVectors(broken)).toThrow(/word vectors/)
})
