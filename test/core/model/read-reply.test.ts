import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readReply } from '../../../src/core/model/read-reply.ts'
import { createChoices } from '../../../src/core/tags/choices.ts'
import { readTagList } from '../../../src/core/tags/tag-list.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const { list } = readTagList([
  { id: 36, name: 'networking', aliases: ['network'] },
  { id: 365, name: 'calendar' },
  { id: 57, name: 'observability' },
  { id: 18, name: 'monitoring' },
])
const choices = createChoices(list!.tags, 'ids')
const read = (text: string, { maxTags = 3, cut = false } = {}) => readReply(text, { choices, maxTags, cut })
const idsOf = (text: string, options?: { cut?: boolean }) => {
  const reading = read(text, options)
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
    ['My choice:\n\n[36, 57]', [36, 57]],
    ['Tags: [36, 57].', [36, 57]],
    ['[{"tags":[36]},{"tags":[57]}]', [36, 57]],
    ['[{"tags":[36]},{"tags":"57"},{"tags":[]}]', [36, 57]],
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
    ['{"tags":[57]} — no, rather {"tags":[36', 'unreadable'],
    ['{"tags":[57]} — no, rather {"tags":[36]', 'unreadable'],
    ['I cannot say, see [36].', 'unreadable'],
    ['As [36] and [57] show, it is a router', 'unreadable'],
    ['[36](https://router.test) is the source', 'unreadable'],
  ])('%s', (text, state) => {
    expect(read(text).state).toBe(state)
  })
})

describe('a text in place of a list', () => {
  const shop = readTagList([
    { id: 'food', name: 'Food' },
    { id: 'drinks', name: 'Drinks' },
    { id: 'food, drinks', name: 'Groceries' },
    { id: 'c', name: 'Cinema, theatre, opera' },
  ]).list!
  const read = (tags: string) =>
    readReply(JSON.stringify({ tags }), { choices: createChoices(shop.tags, 'ids'), maxTags: 3 })

  test.each<[tags: string, ids: string[], dropped: number]>([
    ['food, drinks', ['food, drinks'], 0],
    ['Food,drinks', ['food', 'drinks'], 0],
    ['drinks, food', ['drinks', 'food'], 0],
    ['food, drinks, c', ['food, drinks', 'c'], 0],
    ['food, Cinema, theatre, opera', ['food', 'c'], 0],
    ['food, nothing, drinks', ['food', 'drinks'], 1],
    ['food', ['food'], 0],
  ])('%j is read as the longest labels it holds', (tags, ids, dropped) => {
    const reading = read(tags)
    expect(reading.state === 'tags' && reading.tags.map(tag => tag.id)).toEqual(ids)
    expect(reading).toMatchObject({ dropped: Array(dropped).fill({ reason: 'unknown', id: null }) })
  })
})

test('the parts of a list of calls that name no tags are dropped', () => {
  expect(read('[{"tags":[36]},{"tag":57},{"tags":["routers"]}]')).toMatchObject({
    tags: [{ id: 36 }],
    dropped: [
      { reason: 'unknown', id: null },
      { reason: 'unknown', id: null },
    ],
  })
})

describe('a reply that was cut', () => {
  test.each([
    '{"tags":[36]}',
    '{"tags":[36]}\n\n\n  ',
    '```json\n{"tags":[36]}\n```',
    '```json\n{"tags":[36]}\n``',
    '```\n{"tags":[36]}',
    '<think>Perhaps {"tags":[57]}?</think>{"tags":[36]}',
    '<think>Perhaps {"tags":[57]}?</think>\n```json\n{"tags":[36]}\n```\n',
    '<|channel|>analysis<|message|>Perhaps {"tags":[57]}<|end|><|start|>assistant<|channel|>final<|message|>{"tags":[36]}',
    '{"tags":[36]}<think>Or {"tags":[57]}, as it',
    '[{"tags":[36]}]',
  ])('is an answer where it is complete and outside of any thought: %j', text => {
    expect(idsOf(text, { cut: true })).toEqual([36])
  })

  test.each([
    '{"tags":[36, ',
    '{"tags":[36]',
    'First idea: {"tags":[57]}. On a second look that is wrong, since the text',
    'First idea: {"tags":[57]}',
    'Either {"tags":[57]} or {"tags":[18]}, and',
    '{"tags":[57]} is what I would say, but',
    '```json\n{"tags":[57]}\n```\nOn a second look',
    'Candidates: [57, 18]',
    '[57]\nor rather',
    '<think>Perhaps {"tags":[57]}? But it never mentions it, so that is wrong, I should',
    '<think>{"tags":[57]}',
    '<think>Perhaps {"tags":[57]}</think>So it is {"tags":[18]} or',
  ])('is none otherwise: %j', text => {
    expect(read(text, { cut: true })).toEqual({ state: 'unreadable', reason: 'not_json' })
  })
})

describe('what is thought is no answer', () => {
  const marks: [open: string, close: string, again?: string][] = [
    ['<think>', '</think>'],
    ['<THINK>', '</THINK>'],
    ['<thinking>', '</thinking>'],
    ['<thought>', '</thought>'],
    ['<reason>', '</reason>'],
    ['<reasoning>', '</reasoning>'],
    ['<seed:think>', '</seed:think>'],
    ['[THINK]', '[/THINK]'],
    ['◁think▷', '◁/think▷'],
    ['<|START_THINKING|>', '<|END_THINKING|>'],
    ['<|begin_of_thought|>\n\n', '\n\n<|end_of_thought|>'],
    ['<|channel>thought\n', '<channel|>'],
    ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final<|message|>'],
    ['<|channel|>analysis<|message|>', '<|end|><|start|>assistant<|channel|>final <|constrain|>json<|message|>'],
    ['<|channel|>analysis<|message|>', '<|channel|>commentary to=functions.pick_tags <|constrain|>json<|message|>'],
    ['analysisWe ask: ', 'assistantfinal', 'assistantanalysisWe ask: '],
  ]

  test.each(marks)('between %j and %j', (open, close, again = open) => {
    const draft = 'Perhaps {"tags":[57]}?\n{"tags":[18]}\nNo, neither.'
    expect(idsOf(`${open}${draft}${close}{"tags":[36]}`)).toEqual([36])
    expect(idsOf(`${draft}${close}{"tags":[36]}`), 'the opening mark was swallowed').toEqual([36])
    expect(idsOf(`${open}${draft}`), 'it never ended').toBe('unreadable')
    expect(idsOf(`${open}${draft}${close}`), 'nothing follows').toBe('unreadable')
    expect(idsOf(`${open}${draft}${close}{"tags":[36]}\n${again}${draft}`), 'another begins').toEqual([36])
  })

  test('a mark inside of JSON is a value like any other', () => {
    expect(read('{"tags":["<think>", 36]}')).toMatchObject({ tags: [{ id: 36 }], dropped: [{ reason: 'unknown' }] })
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
      const reading = read(text, { maxTags })
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
  ['opening tags', '<think>'.repeat(100_000)],
  ['commas in a text', JSON.stringify({ tags: ','.repeat(10_000) })],
  ['separators in an entry', JSON.stringify({ tags: ['36:'.repeat(20_000)] })],
  ['arrays on lines of their own', '[1]\n'.repeat(100_000)],
])('%s are read in time', (_, text) => {
  const start = cpuTime()
  read(text)
  expect(cpuTime() - start).toBeLessThan(2_000)
})
