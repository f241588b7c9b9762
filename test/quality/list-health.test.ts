import { expect, test } from 'vitest'
import { listChange, listHealth, type StoredAnswer } from '../../src/quality/list-health.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const tag = (id: number, name: string, more = {}) => ({ id, name, description: 'What it is.', ...more })
const kinds = (list: Parameters<typeof listOf>[0], gold: Parameters<typeof listHealth>[1] = []) =>
  listHealth(listOf(list), gold).map(({ kind, tags }) => `${kind} ${tags.join(' ')}`)

test.each<[string, Parameters<typeof listOf>[0], string[]]>([
  ['names that fold to the same', [tag(1, 'Web'), tag(2, 'web')], ['same_name 1 2']],
  ['an alias that is the name of another', [tag(1, 'web'), tag(2, 'http', { aliases: ['Web'] })], ['same_name 1 2']],
  ['singular and plural', [tag(1, 'databases'), tag(2, 'database')], ['near_duplicate 2 1']],
  ['a letter that differs', [tag(1, 'grafics'), tag(2, 'graphics'), tag(3, 'graficz')], ['near_duplicate 1 3']],
  ['hyphen and blank', [tag(1, 'real time'), tag(2, 'real-time')], ['near_duplicate 1 2']],
  ['short names that differ in a letter', [tag(1, 'cli'), tag(2, 'gli'), tag(3, 'c'), tag(4, 'd')], []],
  ['a tag without a description', [{ id: 1, name: 'web' }], ['no_description 1']],
])('%s', (_, list, found) => {
  expect(kinds(list)).toEqual(expect.arrayContaining(found))
  expect(kinds(list).filter(kind => kind.startsWith('near'))).toEqual(found.filter(kind => kind.startsWith('near')))
})

test('tags that fit no labelled text, or too many of them, are told', () => {
  const gold = Array.from({ length: 40 }, (_, index) => ({
    ...{ id: `${index}`, text: '', acceptable: [], group: undefined },
    tags: index < 20 ? ['1'] : [],
  }))
  expect(kinds([tag(1, 'web'), tag(2, 'games')], gold)).toEqual(['used_too_often 1', 'never_used 2'])
  expect(kinds([tag(1, 'web'), tag(2, 'games')], gold.slice(0, 10))).toEqual([])
})

test('the shipped list has no two tags of one name', () => {
  expect(listHealth(listOf(shippedTags())).filter(({ kind }) => kind === 'same_name')).toEqual([])
})

const before = listOf([tag(1, 'web'), tag(2, 'games'), tag(3, 'mail client'), tag(4, 'birds')])
const none = { suggests: () => [] }
function change(after: Parameters<typeof listOf>[0], answers: readonly StoredAnswer[] = [], more = {}) {
  const { reasonToAskAgain, isUntold, ...parts } = listChange([before, listOf(after)], { ...none, ...more })
  const again = answers.flatMap(stored => {
    const reason = reasonToAskAgain(stored)
    return reason === undefined ? [] : [{ id: stored.id, reason }]
  })
  return { ...parts, again, untold: answers.filter(isUntold).length }
}
const same = [tag(1, 'web'), tag(2, 'games'), tag(3, 'mail client'), tag(4, 'birds')]
const answer = (id: string, ...tags: string[]) => ({ id, tags, text: `text ${id}` })

test('of 10,000 answers a removed tag asks those again that hold it, and no others', () => {
  const answers = Array.from({ length: 10_000 }, (_, index) => answer(`a${index}`, index % 100 === 7 ? '2' : '1'))
  const { removed, again, untold } = change(
    same.filter(({ id }) => id !== 2),
    answers,
  )
  expect([removed, again.length, untold]).toEqual([['2'], 100, 0])
  expect(again.every(({ id }) => Number(id.slice(1)) % 100 === 7)).toBe(true)
})

test('an added tag asks those again whose words suggest it', () => {
  const suggests = (text: string) => (text.endsWith('7') ? ['5', '1'] : ['1'])
  const answers = Array.from({ length: 100 }, (_, index) => answer(`a${index}`, '1'))
  const found = change([...same, tag(5, 'maps')], [...answers, { id: 'x', tags: ['1'] }], { suggests })
  expect([found.added, found.again.length, found.untold]).toEqual([['5'], 10, 1])
})

test.each<[string, Parameters<typeof listOf>[0], object]>([
  ['a renamed tag', same.map(one => (one.id === 3 ? tag(3, 'mail program') : one)), { renamed: ['3'] }],
  [
    'a tag that is described otherwise',
    same.map(one => (one.id === 1 ? tag(1, 'web', { description: 'Sites.' }) : one)),
    { reworded: ['1'] },
  ],
  ['a removed tag that another replaces', same.filter(({ id }) => id !== 4), { removed: ['4'] }],
  ['the same list', same, {}],
])('%s asks nothing again', (_, after, told) => {
  const answers = ['1', '2', '3', '4'].map(id => answer(id, id))
  const found = change(after, answers, { replacedBy: new Map([['4', '1']]) })
  expect(found).toEqual({
    added: [],
    removed: [],
    renamed: [],
    reworded: [],
    reused: [],
    again: [],
    untold: 0,
    ...told,
  })
})

test('an id that names another thing now is told, and its answers are asked again', () => {
  const found = change(
    same.map(one => (one.id === 4 ? tag(4, 'finance') : one)),
    [answer('a', '4'), answer('b', '1')],
  )
  expect(found).toMatchObject({ reused: ['4'], renamed: [], again: [{ id: 'a', reason: 'holds birds' }] })
})
