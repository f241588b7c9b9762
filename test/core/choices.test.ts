import { expect, test } from 'vitest'
import { createChoices, createChoicesOfLists } from '../../src/domain/choices.ts'
import type { Tag } from '../../src/domain/tag.ts'
import { readTagList } from '../../src/domain/tag-list.ts'
import { createWireSchema } from '../../src/domain/wire-schema.ts'

const tags: Tag[] = [
  { id: 8, name: 'declarative-gui ', aliases: ['Reactive UI'] },
  { id: 84, name: 'gui', aliases: ['interface', 'declarative-gui'] },
  { id: 12, name: 'ui', aliases: ['Interface'] },
]
const list = (given: Tag[] = tags) => readTagList(given).list!

test.each([
  [8, 8],
  ['8', 8],
  ['GUI', 84],
  ['declarative-gui', 8],
  ['  reactive  ui ', 8],
  ['ｇｕｉ', 84],
])('%j means tag %i', (value, id) => {
  expect(createChoices(list().tags, 'ids').decode(value)).toMatchObject({ id })
})

test.each([9, 8.5, '08', 'gu', 'guis', 'declarative', '', '__proto__', 'constructor'])('%j means no tag', value => {
  expect(createChoices(list().tags, 'ids').decode(value)).toBeUndefined()
})

test('an alias that two tags claim means neither, and a name comes before an alias', () => {
  const { decode } = createChoices(list().tags, 'ids')
  expect(decode('interface')).toBe('ambiguous')
  expect(decode('declarative-gui')).toMatchObject({ id: 8 })
})

test('positions count from one and take the place of ids', () => {
  const choices = createChoices(list().tags, 'positions')
  expect(choices.labels).toEqual([1, 2, 3])
  expect(choices.decode(1)).toMatchObject({ id: 8 })
  expect(choices.decode(84)).toBeUndefined()
})

test('the wire schema holds integers for integer ids, and strings for all others', () => {
  const itemsOf = (given: Tag[], replyWith: 'ids' | 'names') =>
    createWireSchema(createChoices(list(given).tags, replyWith), 3).properties.tags.items
  expect(itemsOf(tags, 'ids')).toEqual({ type: 'integer', enum: [8, 84, 12] })
  expect(itemsOf(tags, 'names')).toEqual({ type: 'string', enum: ['declarative-gui', 'gui', 'ui'] })
  expect(
    itemsOf(
      [
        { id: 1, name: 'a' },
        { id: 'b', name: 'b' },
      ],
      'ids',
    ),
  ).toEqual({ type: 'string', enum: ['1', 'b'] })
})

test('a list has one set of choices for each way of naming', () => {
  const choicesOf = createChoicesOfLists()
  const some = list()
  expect(choicesOf(some, 'ids')).toBe(choicesOf(some, 'ids'))
  expect(choicesOf(some, 'ids')).not.toBe(choicesOf(some, 'names'))
  expect(choicesOf(some, 'ids')).not.toBe(choicesOf(list(), 'ids'))
})
