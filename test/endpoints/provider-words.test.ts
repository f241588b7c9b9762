import { expect, test } from 'vitest'
import type { UpstreamFailure } from '../../src/core/model/engine.ts'
import { providerWords } from '../../src/endpoints/upstream-failure.ts'

const failure = (parts: Partial<UpstreamFailure>): UpstreamFailure => ({
  ...{ kind: 'status', status: 404, code: undefined, text: '', body: undefined, headers: undefined },
  ...parts,
})
const key = 'sk-proj-AbCdEfGhIjKl0123456789'

test.each([
  [{ text: '404 model `x` not found' }, '404 model `x` not found'],
  [{ text: 'model `x` not found', code: 'model_not_found' }, '404 model `x` not found (model_not_found)'],
  [{ text: 'two\nlines\u0007 and\u202e marks\u001b[31m' }, '404 two lines and marks [31m'],
  [{ status: undefined, kind: 'network' as const, code: 'ECONNREFUSED' }, '(ECONNREFUSED)'],
  [{ status: undefined, kind: 'timeout' as const }, null],
  [
    { text: '404 <html><head><style>b{c:d}</style></head><body><h1>Not <b>here</b></h1></body></html>' },
    '404 Not here',
  ],
  [{ text: '404 use <model> in place of <name>' }, '404 use <model> in place of <name>'],
])('%j is told as %j', (parts, words) => {
  expect(providerWords(failure(parts), [key])).toBe(words)
})

test.each([
  `Incorrect API key provided: ${key}.`,
  `key=${key}&x=1`,
  `Bearer ${key}`,
  `"${key.slice(0, 12)}…" is not known`,
  `ends in ${key.slice(-8)}`,
  `${key}${key}`,
])('a key, or a part of it, is left out: %s', text => {
  const words = providerWords(failure({ text, code: key }), [key])!
  expect(words).toContain('[key]')
  for (let start = 0; start + 6 <= key.length; start++) expect(words).not.toContain(key.slice(start, start + 6))
})

test('words of any length are one line of at most 300 characters, and no character is cut in two', () => {
  const words = providerWords(failure({ text: '😀'.repeat(3_000) }), [])!
  expect([...words].length).toBe(301)
  expect(words.isWellFormed()).toBe(true)
})
