import { expect, test } from 'vitest'
import { foldName, readTagList, Tags } from '../../src/core/tags/tag-list.ts'

test('keeps ids and order, shows names trimmed, remembers them as written', () => {
  const { list } = readTagList([
    { id: 8, name: 'declarative-gui ' },
    { id: 'x', name: 'other', aliases: [' a '] },
  ])
  expect(list?.tags.map(tag => [tag.id, tag.name, tag.writtenName])).toEqual([
    [8, 'declarative-gui', 'declarative-gui '],
    ['x', 'other', 'other'],
  ])
  expect(list?.byId.get('x')?.aliases).toEqual(['a'])
})

test('names every fault with a pointer', () => {
  const { faults } = readTagList([
    { id: 1, name: 'http' },
    { id: 1, name: 'http ' },
    { id: 2, name: ' ' },
  ])
  expect(faults.map(fault => fault.pointer)).toEqual(['/1/name', '/1/id', '/2/name'])
  expect(readTagList([]).faults).toEqual([{ pointer: '', message: 'holds no tag' }])
})

test('names that differ in case or width alone are two names', () => {
  const names = ['Go', 'GO', 'ｇｏ', 'go'].map((name, id) => ({ id, name }))
  expect(readTagList(names).list?.tags.map(({ name }) => name)).toEqual(['Go', 'GO', 'ｇｏ', 'go'])
})

test('an integer id and a string id may not be spelled alike', () => {
  const { faults } = readTagList([
    { id: 7, name: 'a' },
    { id: '7', name: 'b' },
  ])
  expect(faults.map(fault => fault.pointer)).toEqual(['/1/id'])
})

test('the version changes with the content alone', () => {
  const version = (name: string) => readTagList([{ id: 1, name }]).list?.version
  expect(version('a')).toBe(version('a'))
  expect(version('a')).not.toBe(version('b'))
})

test('folds case, width and white space', () => {
  expect(foldName(' Ｗeb   App ')).toBe('web app')
})

test.each(['name', 'alias'])('a %s that is a text once it is spelled out is refused, and says where', what => {
  const long = 'ﷺ'.repeat(100)
  const tag = { id: 1, name: what === 'name' ? long : 'a', ...(what === 'alias' && { aliases: ['b', long] }) }
  expect(readTagList([tag]).faults).toEqual([
    { pointer: what === 'name' ? '/0/name' : '/0/aliases/1', message: expect.stringContaining('spelled out (NFKC)') },
  ])
  expect(
    readTagList([
      { id: 1, name: 'ﷺ' },
      { id: 2, name: 'a'.repeat(128) },
    ]).faults,
  ).toEqual([])
})

test('a list with faults is checked up to the first of them and no further', () => {
  const good = Array.from({ length: 5_000 }, (_, id) => ({ id, name: `tag ${id}` }))
  const faults = (list: readonly unknown[]) => Tags.safeParse(list).error?.issues.map(({ path }) => path[0]) ?? []
  expect(faults(good)).toEqual([])
  expect(faults([...good, 'x', ...good, 'y'])).toEqual([5_000])
  expect(faults([1, ...good])).toEqual([0])
  expect(faults(Array(400_000).fill(1))).toHaveLength(1_000)
  expect(faults([])).toHaveLength(1)
  expect(Tags.safeParse('tags').success).toBe(false)
})
