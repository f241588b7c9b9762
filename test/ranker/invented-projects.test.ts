import { expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/word-vectors.ts'
import { readSets } from '../bench/ranker/labelled-sets.ts'
import { quality } from '../bench/ranker/measures.ts'
import { runRanker } from '../bench/ranker/runs.ts'

const [set] = readSets(['test/fixtures/gold/invented-projects.jsonl'])
if (!set) throw new Error('the labelled set is missing')

test('the set covers the shipped list and has texts about none of it', () => {
  const covered = new Set(set.texts.flatMap(({ tags }) => tags))
  expect(set.tags.filter(({ id }) => !covered.has(id))).toEqual([])
  expect(set.texts.length).toBeGreaterThanOrEqual(60)
  expect(set.texts.filter(({ tags }) => tags.length === 0).length).toBeGreaterThanOrEqual(5)
  expect(set.texts.every(({ tags }) => tags.length <= 3)).toBe(true)
})

test('the shipped ranker keeps its quality on it', () => {
  const found = quality(set.texts, runRanker(set.tags, set.texts, { vectors: loadWordVectors() }).answers)
  expect(found.firstRight).toBeGreaterThan(0.95)
  expect(found.f1).toBeGreaterThan(0.66)
  expect(found.none.right).toBe(found.none.texts)
})
