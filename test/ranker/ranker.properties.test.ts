import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Tag } from '../../src/core/tags/tag-list.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const vectors = loadWordVectors()
const tags = shippedTags()
const texts: string[] = readFileSync('test/fixtures/gold/invented-projects.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line).text)
const aText = fc.constantFrom(...texts)
const someTags = fc.subarray(tags, { minLength: 2 })
const rankerOf = (list: readonly Tag[]) => createRanker(listOf(list), { vectors })
const runs = { numRuns: 60 }

test('permuting the list changes nothing but ties', () => {
  const shuffled = someTags.chain(list =>
    fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
  )
  fc.assert(
    fc.property(shuffled, aText, ([list, permuted], text) => {
      const scores = (of: readonly Tag[]) =>
        new Map(
          rankerOf(of)
            .rank(text)
            .map(({ tag, score }) => [tag.id, score]),
        )
      const before = scores(list)
      const after = scores(permuted)
      expect(after.size).toBe(before.size)
      for (const [id, score] of before) expect(after.get(id)).toBe(score)
    }),
    runs,
  )
})

test('adding an unrelated tag removes no tag', () => {
  const unrelated = fc.stringMatching(/^zq[qxzjv]{3,12}$/)
  fc.assert(
    fc.property(someTags, aText, unrelated, fc.nat(), (list, text, name, place) => {
      const at = place % (list.length + 1)
      const longer = list.toSpliced(at, 0, { id: 'unrelated', name })
      const selected = (of: readonly Tag[]) =>
        rankerOf(of)
          .select(text, 3)
          .map(({ tag }) => tag.id)
      expect(selected(longer)).toEqual(selected(list))
    }),
    runs,
  )
})

test('any text is ranked, with scores in order, and the selection is a part of the ranking', () => {
  const ranker = rankerOf(tags)
  const anyText = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }))
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 5 }), (text, most) => {
      const ranked = ranker.rank(text)
      const selected = ranker.select(text, most)
      expect(selected.length).toBeLessThanOrEqual(most)
      expect(selected).toEqual(ranked.slice(0, selected.length))
      for (const [index, { score }] of ranked.entries()) {
        expect(score).toBeGreaterThan(0)
        expect(score).toBeLessThanOrEqual(ranked[index - 1]?.score ?? Number.POSITIVE_INFINITY)
      }
    }),
  )
})

test('the same text gives the same answer from another ranker', () => {
  for (const text of texts.slice(0, 10)) expect(rankerOf(tags).rank(text)).toEqual(rankerOf(tags).rank(text))
})

test.each([
  ['an empty text', ''],
  ['white space', ' \n\t\n '],
  ['one character', 'x'],
  ['emoji', '👍🏽🚀👩‍👩‍👧‍👦'],
  ['Chinese', '今天天气很好，我们去公园散步。'],
  ['Arabic', 'ذهبنا اليوم إلى الحديقة مع الأطفال'],
  ['half a character', '\ud83d\ud83d'],
])('selects nothing from %s', (_, text) => {
  expect(rankerOf(tags).select(text, 3)).toEqual([])
})

test('a tag in any script is found in a text of that script', () => {
  const ranker = rankerOf([
    { id: 1, name: 'شبكات' },
    { id: 2, name: 'Сети' },
  ])
  expect(ranker.select('# شبكات\n\nأداة تتبع', 3).map(({ tag }) => tag.id)).toEqual([1])
  expect(ranker.select('# сети\n\nпакеты', 3).map(({ tag }) => tag.id)).toEqual([2])
})

test.each([
  ['这是一个跟踪网络数据包的命令行工具。', '网络'],
  ['ネットワークのパケットを追跡する道具です。', 'ネットワーク'],
  ['यह औज़ार नेटवर्क के पैकेट दिखाता है', 'नेटवर्क'],
])('a name is found inside %s', (text, name) => {
  const ranker = rankerOf([
    { id: 1, name },
    { id: 2, name: '料理' },
  ])
  expect(ranker.select(text, 3).map(({ tag }) => tag.id)).toEqual([1])
})

test('a megabyte is read by its beginning', () => {
  const text = `# Packet tracer\n\nFollows packets through the network stack.\n${'more words about routing. '.repeat(42_000)}`
  expect(text.length).toBeGreaterThan(1_000_000)
  expect(rankerOf(tags).select(text, 3)[0]?.tag.name).toBe('networking')
})
