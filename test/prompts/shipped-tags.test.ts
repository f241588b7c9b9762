import { expect, test } from 'vitest'
import { foldName } from '../../src/core/tags/tag-list.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const tags = shippedTags()

test('ninety tags, by id, with names as they are shown', () => {
  expect(tags).toHaveLength(90)
  expect(listOf(tags).tags.every(({ name, writtenName }) => name === writtenName)).toBe(true)
  const ids = tags.map(({ id }) => Number(id))
  expect(ids).toEqual(ids.toSorted((left, right) => left - right))
})

test('each says in one short line when it fits, and has other names that no other tag has', () => {
  const names = tags.flatMap(({ name, aliases = [] }) => [name, ...aliases].map(foldName))
  expect(new Set(names).size).toBe(names.length)
  for (const { description = '', aliases = [] } of tags) {
    expect(description).toMatch(/^[^\n]{10,100}$/)
    expect(aliases.length).toBeGreaterThanOrEqual(2)
    expect(aliases.length).toBeLessThanOrEqual(8)
  }
})
