import { expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf } from '../support/tag-lists.ts'

const list = listOf([
  { id: 1, name: 'Anna' },
  { id: 2, name: 'Ben' },
])
const apples = 'Prune the old apple trees in February and paint the wounds.'
const examples = [
  ...Array.from({ length: 60 }, (_, row) => ({ text: `Prune the apple trees of row ${row} in winter.`, tags: [1] })),
  ...Array.from({ length: 60 }, (_, boat) => ({
    text: `Mend the herring nets of boat ${boat} in harbour.`,
    tags: [2],
  })),
]

test.each([
  ['with word vectors', { vectors: loadWordVectors() }],
  ['without', {}],
])('learns from examples what no name says, %s', (_, options) => {
  expect(createRanker(list, options).select(apples, 3)).toEqual([])
  const [best] = createRanker(list, { ...options, examples }).select(apples, 3)
  expect(best?.tag.id).toBe(1)
  expect(best?.evidence).toContainEqual({ phrase: expect.stringContaining('Prune the apple trees'), part: 'examples' })
})

test('the more examples say the same, the more they count', () => {
  const score = (count: number) =>
    createRanker(list, { examples: examples.slice(0, count) })
      .rank(apples)
      .find(({ tag }) => tag.id === 1)?.score ?? 0
  expect(score(0)).toBeLessThan(score(1))
  expect(score(1)).toBeLessThan(score(60))
})

test('a text never votes for itself', () => {
  const alone = createRanker(list, { examples: [{ text: apples, tags: [1] }] })
  expect(alone.rank(apples)).toEqual([])
  expect(alone.nearest(apples, 5)).toEqual([])
})

test('finds the nearest examples, nearest first', () => {
  const nearest = createRanker(list, { examples }).nearest('Which nets for herring?', 3)
  expect(nearest.map(({ example }) => example.tags)).toEqual([[2], [2], [2]])
  expect(nearest[0]!.similarity).toBeGreaterThanOrEqual(nearest[2]!.similarity)
})

test('examples may hold tags that the list does not', () => {
  const ranker = createRanker(list, { examples: examples.map(({ text }) => ({ text, tags: ['gone'] })) })
  expect(ranker.select(apples, 3)).toEqual([])
  expect(ranker.shortlist(apples, 2)).toEqual([])
})
