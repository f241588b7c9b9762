import { expect, test } from 'vitest'
import { foldName, readTagList } from '../../src/domain/tag-list.ts'

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
    { id: 1, name: 'HTTP ' },
    { id: 2, name: ' ' },
  ])
  expect(faults.map(fault => fault.pointer)).toEqual(['/1/name', '/1/id', '/2/name'])
  expect(readTagList([]).faults).toEqual([{ pointer: '', message: 'holds no tag' }])
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
