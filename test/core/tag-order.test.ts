import { expect, test } from 'vitest'
import { inOrder, type TagOrder } from '../../src/core/tags/choices.ts'
import { readTagList } from '../../src/core/tags/tag-list.ts'

const { list } = readTagList([
  { id: 10, name: 'b' },
  { id: 'x', name: 'C' },
  { id: 9, name: 'a' },
  { id: 'a', name: 'é' },
])
const ids = (order: TagOrder, seed = 0) => inOrder(list!.tags, { order, seed }).map(({ id }) => id)

test.each([
  ['list', [10, 'x', 9, 'a']],
  ['id', [9, 10, 'a', 'x']],
  ['name', ['x', 9, 10, 'a']],
] as const)('the order %s', (order, expected) => {
  expect(ids(order)).toEqual(expected)
})

test('a seed shuffles the same way every time, and two seeds differ', () => {
  const { list } = readTagList(Array.from({ length: 50 }, (_, id) => ({ id, name: `n${id}` })))
  const shuffled = (seed: number) => inOrder(list!.tags, { order: 'seeded', seed }).map(({ id }) => id)
  expect(shuffled(1)).toEqual(shuffled(1))
  expect(shuffled(1)).not.toEqual(shuffled(2))
  expect(shuffled(1).toSorted((left, right) => Number(left) - Number(right))).toEqual(list!.tags.map(({ id }) => id))
})
