import { expect, test } from 'vitest'
import { createWireSchema } from '../../src/core/model/reply-schema.ts'
import { createChoices, createChoicesOfLists, replyWithFor } from '../../src/core/tags/choices.ts'
import { readTagList, type Tag } from '../../src/core/tags/tag-list.ts'

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

test('a list has one set of choices for each way of putting it', () => {
  const choicesOf = createChoicesOfLists()
  const some = list()
  const ids = { reply_with: 'ids', order: 'list', seed: 0 } as const
  expect(choicesOf(some, ids)).toBe(choicesOf(some, { ...ids }))
  expect(choicesOf(some, ids)).not.toBe(choicesOf(some, { ...ids, reply_with: 'names' }))
  expect(choicesOf(some, ids)).not.toBe(choicesOf(some, { ...ids, order: 'name' }))
  expect(choicesOf(some, ids)).not.toBe(choicesOf(list(), ids))
})

const named = (...names: string[]) => list(names.map((name, index) => ({ id: index + 1, name }))).tags
const many = (count: number, name: (index: number) => string) =>
  named(...Array.from({ length: count }, (_, index) => name(index)))

test.each([
  ['short names', named('gui', 'ui'), 'names'],
  ['quotes, emoji and right-to-left letters', named('a "b"', '🧪', 'שלום', "c'est"), 'names'],
  ['names that differ in case alone', named('Go', 'GO'), 'ids'],
  ['names that differ in width alone', named('gui', 'ｇｕｉ'), 'ids'],
  ['names that differ in the kind of white space alone', named('a b', 'a\u00a0b'), 'ids'],
  ['a name of 64 characters', named('x'.repeat(64)), 'names'],
  ['a name of 65 characters', named('x'.repeat(65)), 'ids'],
  ['250 names of 64 characters', many(250, index => `${index}`.padEnd(64, 'x')), 'names'],
  ['251 names of 59 characters', many(251, index => `${index}`.padEnd(59, 'x')), 'names'],
  ['251 names of 60 characters', many(251, index => `${index}`.padEnd(60, 'x')), 'ids'],
  ['1,000 names of 15 characters', many(1_000, index => `${index}`.padEnd(15, 'x')), 'names'],
  ['1,001 names', many(1_001, index => `${index}`), 'ids'],
])('%s are sent as %s', (_, tags, expected) => {
  expect(replyWithFor(tags, 'names')).toBe(expected)
  expect(replyWithFor(tags, 'ids')).toBe('ids')
})

test('string ids that are too long for a schema give way to places', () => {
  const tags = list(
    Array.from({ length: 300 }, (_, index) => ({ id: `${index}`.padEnd(60, 'x'), name: `n${index}` })),
  ).tags
  expect(replyWithFor(tags, 'ids')).toBe('positions')
  expect(replyWithFor(tags, 'names')).toBe('names')
})

test('every name of a list of odd names is its own label and means its own tag', () => {
  const odd = named(
    'a "b"',
    'back\\slash',
    'tab\tinside',
    '🧪',
    'שלום',
    'ﷺ',
    'Go',
    'GO',
    'c, d',
    '{"tags":[1]}',
    '7',
    'null',
  )
  for (const replyWith of ['names', 'ids'] as const) {
    const { labels, decode } = createChoices(odd, replyWith)
    labels.forEach((label, index) => {
      expect(decode(JSON.parse(JSON.stringify(label)))).toBe(odd[index])
    })
  }
})

test('a name that is written in another case means neither of two that differ in case', () => {
  const { decode } = createChoices(named('Go', 'GO'), 'ids')
  expect([decode('Go'), decode('go')]).toEqual(['ambiguous', 'ambiguous'])
})

test('where names are asked for an id still means its tag, unless it is the name of another', () => {
  const { decode } = createChoices(
    list([
      { id: 7, name: 'zip' },
      { id: 3, name: '7' },
      { id: 9, name: 'tar' },
    ]).tags,
    'names',
  )
  expect(decode(9)).toMatchObject({ name: 'tar' })
  expect(decode('7')).toMatchObject({ name: '7' })
})
