import { expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const vectors = loadWordVectors()
const padded = [
  ...shippedTags(),
  ...Array.from({ length: 2_000 }, (_, index) => ({ id: `p${index}`, name: `package ${index}` })),
]
const text = '# Packet tracer\n\nFollows every packet through the network stack and draws its way.'

test('holds the right tag first, no tag twice, and no more than asked for', () => {
  const shortlist = createRanker(listOf(padded), { vectors }).shortlist(text, 25)
  expect(shortlist[0]?.name).toBe('networking')
  expect(shortlist).toHaveLength(25)
  expect(new Set(shortlist.map(({ id }) => id)).size).toBe(25)
})

test('holds only tags that something speaks for', () => {
  const list = listOf([
    { id: 1, name: 'networking' },
    { id: 2, name: 'zqxxzq' },
  ])
  expect(
    createRanker(list)
      .shortlist('networking', 10)
      .map(({ id }) => id),
  ).toEqual([1])
})

test('keeps seats for the tags of the nearest examples', () => {
  const examples = [{ text: 'How a packet crosses the network stack, drawn', tags: ['p1234'] }]
  const without = createRanker(listOf(padded), { vectors }).shortlist(text, 20)
  const withExamples = createRanker(listOf(padded), { vectors, examples }).shortlist(text, 20)
  expect(without.map(({ id }) => id)).not.toContain('p1234')
  expect(withExamples.map(({ id }) => id)).toContain('p1234')
  expect(withExamples).toHaveLength(20)
})
