import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readLabellings } from '../../src/quality/agreement.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { readSets } from '../bench/ranker/labelled-sets.ts'
import { quality } from '../bench/ranker/measures.ts'
import { runRanker } from '../bench/ranker/runs.ts'

const folder = 'test/fixtures/gold'
const [set] = readSets([`${folder}/invented-projects.jsonl`])
if (!set) throw new Error('the labelled set is missing')
const labels = (file: string) => [...readLabellings(file, readFileSync(`${folder}/${file}`, 'utf8'))[0]!.documents]
const ids = labels('invented-projects.jsonl').map(([id]) => id)
const listed = new Set(set.tags.map(({ id }) => String(id)))

test('the set has four texts and more of every tag of the shipped list, and an eighth about none', () => {
  const best = set.texts.flatMap(({ tags }) => tags)
  expect(set.tags.filter(({ id }) => best.filter(tag => tag === id).length < 4)).toEqual([])
  expect(set.texts.length).toBeGreaterThanOrEqual(300)
  const aboutNone = set.texts.filter(({ tags }) => tags.length === 0).length / set.texts.length
  expect(aboutNone).toBeGreaterThan(0.1)
  expect(aboutNone).toBeLessThan(0.15)
  expect(new Set(set.texts.map(({ text }) => text)).size).toBe(set.texts.length)
})

test('other languages and markups are among them', () => {
  expect(ids.filter(id => /\.[a-z]{2}(\.|$)/.test(id)).length).toBeGreaterThanOrEqual(40)
  for (const markup of ['html', 'rst', 'adoc'])
    expect(ids.filter(id => id.endsWith(`.${markup}`)).length).toBeGreaterThanOrEqual(10)
})

test.each(['invented-projects.jsonl', 'second-labels.jsonl'])(
  '%s gives texts of the set at most three tags of the list, and accepts others of it',
  file => {
    for (const [id, { tags, acceptable }] of labels(file)) {
      const all = [...tags, ...acceptable]
      expect([id, ids.includes(id), tags.length <= 3]).toEqual([id, true, true])
      expect([id, all.filter((tag, place) => !listed.has(tag) || all.indexOf(tag) !== place)]).toEqual([id, []])
    }
  },
)

test('the shipped ranker keeps its quality on it', () => {
  const { answers } = runRanker(set.tags, set.texts, { vectors: loadWordVectors() })
  const all = quality(set.texts, answers)
  expect(all.firstRight).toBeGreaterThan(0.64)
  expect(all.f1).toBeGreaterThan(0.38)
  expect(all.none.right / all.none.texts).toBeGreaterThan(0.8)
  // The first ones are by the author of the aliases, and easier.
  const first = quality(set.texts.slice(0, 69), answers.slice(0, 69))
  expect(first.firstRight).toBeGreaterThan(0.95)
  expect(first.f1).toBeGreaterThan(0.66)
  expect(first.none.right).toBe(first.none.texts)
})
