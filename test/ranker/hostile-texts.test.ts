import { expect, test } from 'vitest'
import { loadWordVectors } from '../../src/ranker/meaning/word-vectors.ts'
import { createRanker } from '../../src/ranker/ranker.ts'
import { cpuTime } from '../support/cpu-time.ts'
import { listOf, shippedTags } from '../support/tag-lists.ts'

const ranker = createRanker(listOf(shippedTags()), { vectors: loadWordVectors() })
const LENGTH = 65_536
/** Far above what it takes (tens of milliseconds), far below what anything quadratic takes. */
const mostMs = 3_000

const repeated = [
  '<img alt="', '[', '![', '[a](', '](', '](a(', '[[a](b)', '`', '~', '<', '<a ', '<h1>', '<!--', '</h1>', '<pre>', '&', '|', '| - ',
  '#', '# ', '=', 'a\n=\n', '- ', '> ', '*', '\n', '\t', ' ', '\r\n', 'a', 's', 'a ', 'aB', 'A. ', ': ', 'x is a ', '1) ', '1', 'http://',
  'www.', '.. a\n', ':a', '`a<b', '- [x](#y)\n', '[x](#', '---\n', 'ﷺ', 'ﷺ ', 'a\u0301\u0302', '\ud800', '\0', 'npm i ', 'npm i -g ',
  "require('", 'import a', 'usage: ', ' --help', 'programming language ', 'game ', 'c++ ',
] // biome-ignore format: one row a line would be sixty lines

test.each(repeated)('%j repeated is read in linear time', piece => {
  const text = piece.repeat(Math.ceil(LENGTH / piece.length)).slice(0, LENGTH)
  const start = cpuTime()
  ranker.select(text, 3)
  ranker.shortlist(text, 50)
  expect(cpuTime() - start).toBeLessThan(mostMs)
})

test('deeply nested lists are read in linear time', () => {
  const text = Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}- a`).join('\n')
  const start = cpuTime()
  ranker.select(text, 3)
  expect(cpuTime() - start).toBeLessThan(mostMs)
})
