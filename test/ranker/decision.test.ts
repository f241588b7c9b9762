import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerSettings } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { EAGERNESS } from '../../src/core/ranking.ts'
import { isAbout } from '../../src/ranker/decision.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { listOf } from '../support/tag-lists.ts'

const vectors = loadWordVectors()
const select = (text: string, names: readonly string[]) =>
  createRanker(listOf(names.map(name => ({ id: name, name }))), { vectors })
    .select(text, 3)
    .map(({ tag }) => tag.name)

const signals = fc.record({
  best: fc.double({ min: 0, max: 3, noNaN: true }),
  taught: fc.double({ min: 0, max: 1, noNaN: true }),
  standing: fc.option(fc.double({ min: 0, max: 8, noNaN: true }), { nil: undefined }),
  encoded: fc.option(fc.double({ min: 0, max: 8, noNaN: true }), { nil: undefined }),
  isRead: fc.boolean(),
  listed: fc.double({ min: 0, max: 1, noNaN: true }),
  rivals: fc.nat(1_000),
  wordsOfTag: fc.double({ min: 0, max: 30, noNaN: true }),
})

test('a stricter ranker answers nothing that a more eager one leaves out', () => {
  fc.assert(
    fc.property(signals, found => {
      const answers = EAGERNESS.map(eagerness => isAbout(found, eagerness))
      expect(answers).toEqual(answers.toSorted((left, right) => Number(left) - Number(right)))
    }),
  )
})

test('a better score, surer examples, a nearer meaning or more shared words take no answer away', () => {
  fc.assert(
    fc.property(
      signals,
      fc.constantFrom('best', 'taught', 'standing', 'encoded', 'listed'),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (found, name, more) => {
        const before = found[name]
        if (before === undefined || !isAbout(found, 'balanced')) return
        expect(isAbout({ ...found, [name]: before + more }, 'balanced')).toBe(true)
      },
    ),
  )
})

test('a text that scores nothing is about nothing, however eager the ranker', () => {
  const nothing = { best: 0, taught: 0, standing: 8, listed: 1, rivals: 4, wordsOfTag: 1 }
  expect(isAbout(nothing, 'eager')).toBe(false)
})

test('the eagerness of the ranker is a part of what an answer depends on', () => {
  const [strict, eager] = (['strict', 'eager'] as const).map(RANKER_EAGERNESS =>
    answerSettings(loadConfig({ RANKER_EAGERNESS })),
  )
  expect(strict).not.toEqual(eager)
})

test.each([
  ['A tool that traces network packets', ['networking', 'databases', 'machine learning', 'design'], 'networking'],
  ['The app crashes when I open the settings', ['billing', 'bug', 'feature request', 'account'], 'bug'],
  ['I forgot my password and cannot log in', ['billing', 'bug', 'feature request', 'account access'], 'account access'],
  ['My package has not arrived yet', ['shipping', 'refund', 'product question', 'praise'], 'shipping'],
  ['Encrypts files with a passphrase', ['security', 'games', 'education', 'weather'], 'security'],
  ['Shows the forecast for the next seven days', ['security', 'games', 'education', 'weather'], 'weather'],
  ['A new telescope found water on a distant planet', ['sports', 'politics', 'economy', 'science'], 'science'],
])('%s, with a few bare names, is about one of them', (text, names, expected) => {
  expect(select(text, names)[0]).toBe(expected)
})

test.each([
  ['Preheat the oven and knead the dough', ['networking', 'databases', 'machine learning', 'design']],
  ['The striker scored in the final minute', ['networking', 'databases', 'machine learning', 'design']],
])('%s, with a list about something else, is about nothing', (text, names) => {
  expect(select(text, names)).toEqual([])
})
