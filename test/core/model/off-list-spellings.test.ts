import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readReply } from '../../../src/core/model/read-reply.ts'
import type { ReplyWith } from '../../../src/core/model/reply-format.ts'
import { createChoices } from '../../../src/core/tags/choices.ts'
import { foldName, readTagList, type Tag } from '../../../src/core/tags/tag-list.ts'

/** Ids from 0 to 12, some more that are easily hit by accident, and names that are parts of others. */
const tags: Tag[] = [
  { id: 0, name: 'none of these' },
  { id: 1, name: 'database', aliases: ['db', 'data store'] },
  { id: 2, name: 'networking', aliases: ['network'] },
  { id: 3, name: 'audio', aliases: ['sound'] },
  { id: 4, name: 'image processing' },
  { id: 5, name: 'machine learning', aliases: ['ML'] },
  { id: 6, name: 'testing' },
  { id: 7, name: 'c' },
  { id: 8, name: 'c++' },
  { id: 9, name: 'web' },
  { id: 10, name: 'web server' },
  { id: 11, name: 'not web' },
  { id: 12, name: 'go' },
  { id: 100, name: 'time series' },
  { id: 404, name: 'errors' },
  { id: 2048, name: 'games' },
  { id: 365, name: 'calendar' },
]

/** By what makes them look like a tag of the list. */
const groups: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('../../fixtures/off-list-spellings.json', import.meta.url), 'utf8'),
)
const offList = Object.values(groups).flat()

const { list } = readTagList(tags)
const labelled = { ids: createChoices(list!.tags, 'ids'), names: createChoices(list!.tags, 'names') }
/** Of a long list 100 tags are shown, as 1 to 100: nearly every number that a name begins with is a place. */
const shown = readTagList(Array.from({ length: 100 }, (_, index) => ({ id: 1_000 + index, name: `subject ${index}` })))
const places = createChoices(shown.list!.tags, 'positions')

test('the spellings off the list are more than a hundred, none of them twice', () => {
  expect(new Set(offList).size).toBeGreaterThan(100)
  expect(new Set(offList).size).toBe(offList.length)
})

describe.each(Object.entries(groups))('%s', (_group, spellings) => {
  test.each(spellings.map(spelling => [spelling]))('%j means no tag and is dropped as unknown', spelling => {
    for (const choices of [labelled.ids, labelled.names, places]) {
      for (const entry of [spelling, { id: spelling }, { name: spelling }]) {
        const isNumber = /^-?\d+$/.test(spelling) && !Object.hasOwn(Object(entry), 'name')
        const reading = readReply(JSON.stringify({ tags: [entry] }), { choices, maxTags: 3 })
        expect(reading, `${choices.replyWith} ${JSON.stringify(entry)}`).toEqual({
          state: 'nothing_valid',
          dropped: [{ reason: 'unknown', id: isNumber ? Number(spelling) : null }],
        })
      }
    }
  })
})

test.each<[entry: unknown, id: number]>([
  [3, 3],
  ['3', 3],
  [' 3 ', 3],
  ['audio', 3],
  [' AUDIO ', 3],
  ['ａｕｄｉｏ', 3],
  ['Sound', 3],
  ['image  processing', 4],
  ['3: audio', 3],
  ['3: sound', 3],
  ['3:Audio', 3],
  ['3\taudio', 3],
  ['3 - audio', 3],
  ['3 – audio', 3],
  ['3 — audio', 3],
  ['3|audio', 3],
  ['8: c++', 8],
  [{ id: 3 }, 3],
  [{ id: '3' }, 3],
  [{ name: 'Audio' }, 3],
  [{ id: 3, name: 'audio', reason: 'it plays sounds' }, 3],
  [{ id: '3', name: 'Sound' }, 3],
  [{ id: 3, name: null }, 3],
  [{ id: 3, name: '' }, 3],
  [{ id: null, name: 'audio' }, 3],
])('%j is a tag as a whole, and is taken', (entry, id) => {
  const reading = readReply(JSON.stringify({ tags: [entry] }), { choices: labelled.ids, maxTags: 3 })
  expect(reading).toMatchObject({ state: 'tags', tags: [{ id }], dropped: [] })
})

test.each([
  { id: 1, name: 'networking' },
  { id: '1', name: 'networking' },
  { id: 99, name: 'networking' },
  { id: 2, name: 'network engineering' },
  { id: 2.5, name: 'networking' },
  { id: [2], name: 'networking' },
  { tag: 2 },
])('%j names no tag, as its parts do not agree', entry => {
  const reading = readReply(JSON.stringify({ tags: [entry] }), { choices: labelled.ids, maxTags: 3 })
  expect(reading).toMatchObject({ state: 'nothing_valid', dropped: [{ reason: 'unknown' }] })
})

test('a number that lost digits when it was read means no tag', () => {
  const versions = createChoices(
    readTagList([
      { id: '1.1', name: 'a' },
      { id: '12345678901234567000', name: 'b' },
    ]).list!.tags,
    'ids',
  )
  for (const entry of ['1.10', '1.1', '12345678901234567890']) {
    expect(readReply(`{"tags":[${entry}]}`, { choices: versions, maxTags: 3 }).state).toBe('nothing_valid')
  }
  expect(readReply('{"tags":["1.1"]}', { choices: versions, maxTags: 3 })).toMatchObject({ tags: [{ id: '1.1' }] })
})

const word = fc.stringMatching(/^[a-zA-Z0-9+#.:|, -]{1,12}$/)
const id = fc.oneof(fc.integer({ min: 0, max: 40 }), word)
const anyTag = fc.record({ id, name: word, aliases: fc.array(word, { maxLength: 2 }) })
const anyList = fc.array(anyTag, { minLength: 1, maxLength: 6 }).map(given => readTagList(given).list)
/** What an entry is put together of: something of the list, a number, or a word. */
const parts = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 99 }), word), { minLength: 1, maxLength: 2 })
const separator = fc.constantFrom('', ' ', ': ', ' - ', '-', '|', '\t', ', ', '/')
const naming = fc.constantFrom<ReplyWith>('ids', 'names', 'positions')

test('whatever the list and the entry, a tag that comes out is named by the whole entry', () => {
  fc.assert(
    fc.property(anyList, naming, parts, separator, (some, replyWith, written, between) => {
      fc.pre(some !== undefined)
      const choices = createChoices(some.tags, replyWith)
      const known = some.tags.flatMap(tag => [String(tag.id), tag.name, ...tag.aliases])
      const entry = written
        .map(([kind, number, text]) => [known[number % known.length]!, known[0]!, String(number), '1', text][kind]!)
        .join(between)
      const reading = readReply(JSON.stringify({ tags: [entry] }), { choices, maxTags: 3 })
      // Without `expect`, which takes its time in so many runs.
      if (reading.state === 'nothing_valid' && reading.dropped.length === 1) return true
      if (reading.state !== 'tags' || reading.dropped.length > 0) return false
      const tag = reading.tags[0]!
      // A model that is asked for names may know the ids.
      const label = replyWith === 'names' ? String(tag.id) : String(choices.labels[choices.tags.indexOf(tag)])
      const names = [tag.name, ...tag.aliases].map(foldName)
      const isLabel = entry.trim() === label.trim()
      const isPair = [...entry.matchAll(/[:\t|–—-]/g)].some(
        ({ index }) =>
          // No two ids of a list differ in the blanks around them alone.
          entry.slice(0, index).trim() === label.trim() && names.includes(foldName(entry.slice(index + 1))),
      )
      return isLabel || names.includes(foldName(entry)) || isPair
    }),
    { numRuns: 60_000 },
  )
})

test('every entry of a reply is either among the tags or among what was dropped', () => {
  const entry = fc.oneof(
    fc.constantFrom(1, '2', 'audio', '3: audio', '3: database', 99, null, { id: 3, name: 'audio' }, [4], ...offList),
    fc.jsonValue(),
  )
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 4 }),
      (entries, maxTags) => {
        const reading = readReply(JSON.stringify({ tags: entries }), { choices: labelled.ids, maxTags })
        if (reading.state === 'unreadable') throw new Error('unreadable')
        const taken = reading.state === 'tags' ? reading.tags.length : 0
        expect(taken + reading.dropped.length).toBe(entries.length)
      },
    ),
  )
})
