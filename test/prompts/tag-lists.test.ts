import { expect, test } from 'vitest'
import { createTagLists } from '../../src/prompts/tag-lists.ts'

test('the same array is read once, and an equal one is the same list', () => {
  let written = 0
  const tags = Object.assign([{ id: 1, name: 'cli' }], {
    toJSON: () => {
      written += 1
      return [{ id: 1, name: 'cli' }]
    },
  })
  const lists = createTagLists({ mostTags: 10 })
  const first = lists.read(tags)
  expect([lists.read(tags), lists.read([{ id: 1, name: 'cli' }])]).toEqual([first, first])
  expect(written).toBe(1)
})
