import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { answerSettings } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker, rankerVersion } from '../../src/ranker/ranker.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

// The first of them: more are put behind these, and other texts are no other version.
const gold: { text: string }[] = readFileSync('test/fixtures/gold/invented-projects.jsonl', 'utf8')
  .split('\n')
  .slice(0, 69)
  .map(line => JSON.parse(line))
const otherScripts = ['Ein Werkzeug für Datenbanken', 'Сжатие изображений', '画像を圧縮するツール', 'أداة للشبكات']

test('the ranker answers as it did when its version was last raised', () => {
  const list = listOf(shippedTags())
  const vectors = loadWordVectors()
  const [, ...examples] = gold.map(({ text }, index) => ({ text, tags: [list.tags[index]!.id] }))
  const answers = [createRanker(list, { vectors }), createRanker(list, { vectors, examples })].map(ranker =>
    [...gold.map(({ text }) => text), ...otherScripts].map(text => [
      ranker.select(text, 3).map(({ tag }) => tag.id),
      ranker.shortlist(text, 20).map(({ id }) => id),
    ]),
  )
  // Other answers are another version: raise `rankerVersion`, and only then write the new hash here.
  expect([rankerVersion, hash('sha256', JSON.stringify(answers))]).toEqual([
    'ranker-5',
    '004beb0a958b9162b050543fc33546eff8627a640d20aff5d7ee0c43ef648e9e',
  ])
})

test('the version of the ranker is a part of what an answer depends on', () => {
  expect(answerSettings(loadConfig({}))).toContain(rankerVersion)
})
