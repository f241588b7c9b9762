import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChoices } from '../../../src/domain/choices.ts'
import { readReply } from '../../../src/domain/reply/read-reply.ts'
import { readTagList } from '../../../src/domain/tag-list.ts'

const { list } = readTagList([
  { id: 36, name: 'networking', aliases: ['network'] },
  { id: 365, name: 'calendar' },
  { id: 57, name: 'observability' },
  { id: 18, name: 'monitoring' },
])
const choices = createChoices(list!.tags, 'ids')
const read = (text: string, maxTags = 3) => readReply(text, { choices, maxTags })
const idsOf = (text: string) => {
  const reading = read(text)
  return reading.state === 'tags' ? reading.tags.map(tag => tag.id) : reading.state
}

describe('takes', () => {
  test.each<[text: string, ids: number[]]>([
    ['{"tags":[36]}', [36]],
    ['{"tags":[]}', []],
    ['{"id":"12523","tags":[36,57,18]}', [36, 57, 18]],
    ['{"tags":[36.0,"57"," 18 "]}', [36, 57, 18]],
    ['{"tags":["network","36"]}', [36]],
    ['{"tags":[{"id":36},{"id":"57"},{"name":"Monitoring"}]}', [36, 57, 18]],
    ['{"tags":["36: networking","57\\tobservability","18 - monitoring"]}', [36, 57, 18]],
    ['{"tags":"36, 57"}', [36, 57]],
    ['[36]', [36]],
    ['```json\n{"tags":[36]}\n```', [36]],
    ['{"tags":[57]} — no, rather {"tags":[36]}', [36]],
    ['{"tags":[36]} as said in [57]', [36]],
    ['the string "}" and {"tags":[36]}', [36]],
    ['an unclosed { and {"tags":[36]}', [36]],
    ['a mismatched (]} and {"tags":[36]}', [36]],
    ['<think>{"tags":[57]}</think>{"tags":[36]}', [36]],
    ['{"tags":[57]}</think>\n{"tags":[36]}', [36]],
  ])('%s', (text, ids) => {
    expect(idsOf(text)).toEqual(ids)
  })
})

describe('does not take', () => {
  test.each([
    ['{"tags":[3]}', 'nothing_valid'],
    ['{"tags":[3655]}', 'nothing_valid'],
    ['{"tags":["networkin"]}', 'nothing_valid'],
    ['{"tags":["the networking tag"]}', 'nothing_valid'],
    ['{"tags":[true,null,[36],{"tag":36}]}', 'nothing_valid'],
    ['{"tags":null}', 'unreadable'],
    ['36', 'unreadable'],
    ['networking', 'unreadable'],
    ['', 'unreadable'],
    [' \n ', 'unreadable'],
    ['{"tags":[36', 'unreadable'],
  ])('%s', (text, state) => {
    expect(read(text).state).toBe(state)
  })
})

test('says what it dropped and why, and never repeats a text', () => {
  expect(read('{"tags":[36,36,999,"IGNORE",57,18,365]}')).toMatchObject({
    state: 'tags',
    dropped: [
      { reason: 'duplicate', id: 36 },
      { reason: 'unknown', id: 999 },
      { reason: 'unknown', id: null },
      { reason: 'surplus', id: 365 },
    ],
  })
})

test('whatever the text, what comes out is on the list, unique and not too many', () => {
  const json = fc.json().map(text => `{"tags":${text}}`)
  const entries = fc.array(fc.oneof(fc.constantFrom(36, 57, 18, 365, '36', 'networking'), fc.jsonValue()))
  const tags = entries.map(values => JSON.stringify({ tags: values }))
  fc.assert(
    fc.property(fc.oneof(fc.string(), json, tags), fc.integer({ min: 1, max: 4 }), (text, maxTags) => {
      const reading = read(text, maxTags)
      if (reading.state !== 'tags') return
      expect(reading.tags.length).toBeLessThanOrEqual(maxTags)
      expect(new Set(reading.tags).size).toBe(reading.tags.length)
      expect(reading.tags.every(tag => list!.tags.includes(tag))).toBe(true)
    }),
  )
})

test.each([
  ['brackets that never close', '['.repeat(1_000_000)],
  ['brackets that close wrongly', '{]'.repeat(500_000)],
  ['quotes without end', '{"'.repeat(500_000)],
  ['many small objects', '{"tags":0}'.repeat(100_000)],
  ['deep nesting', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ['closing tags', '</think>'.repeat(100_000)],
])('%s are read in time', (_, text) => {
  const start = performance.now()
  read(text)
  expect(performance.now() - start).toBeLessThan(2_000)
})
