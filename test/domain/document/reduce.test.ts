import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isUsable, reduceText, wholeText } from '../../../src/domain/document/reduce.ts'

const readme = readFileSync(new URL('../../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')
const reduced = (text: string, budget = 4_000) => reduceText(text, budget).text

test.each([
  ['[![build](https://ci.test/b.svg)](https://ci.test) [![npm](n.svg)](n)\n# Name', '# Name'],
  ['a<!-- secret -->b', 'ab'],
  ['<p align="center"><b>Name</b></p>', 'Name'],
  ['Vec<T> and Map<string, T>', 'Vec<T> and Map<string, T>'],
  ['<https://example.test> is kept', '<https://example.test> is kept'],
  ['a\r\nb\rc', 'a\nb\nc'],
  ['a\n\n\n\n\nb', 'a\n\nb'],
  ['a\u0000b', 'a b'],
  ['an unclosed <!-- comment', 'an unclosed <!-- comment'],
])('%j becomes %j', (text, result) => {
  expect(reduced(text)).toBe(result)
})

test('what fits stays whole, but for images', () => {
  const { text, coverage } = reduceText(readme, 4_000)
  expect(text).toContain('Tracing packets in the Linux networking stack')
  expect(text).toContain('welcomes contributions')
  expect(coverage).toEqual({ total_bytes: 7389, sent_bytes: Buffer.byteLength(text), cut: ['images'] })
})

test('of what does not fit, head and tail stay', () => {
  const { text, coverage } = reduceText(readme, 500)
  expect(coverage.cut).toContain('middle')
  expect(coverage.sent_bytes).toBeLessThanOrEqual(2_000 + 20)
  expect(text).toMatch(/^Tracing packets/)
  expect(text).toContain('[…]')
  expect(text).toMatch(/more details\.$/)
})

test('a text may be sent as it came', () => {
  expect(wholeText(readme)).toEqual({ text: readme, coverage: { total_bytes: 7389, sent_bytes: 7389, cut: [] } })
})

test.each([
  ['A', true],
  ['７', true],
  ['路由器', true],
  ['…—*#\n', false],
  ['', false],
])('%j can be used: %s', (text, usable) => {
  expect(isUsable(text)).toBe(usable)
})

const graphemes = fc
  .string({ unit: 'grapheme', minLength: 200, maxLength: 600 })
  .filter(text => !text.includes('\uFFFD'))

test('no character is torn and the budget is kept, wherever the cut falls', () => {
  fc.assert(
    fc.property(graphemes, text => {
      const { text: short, coverage } = reduceText(text, 25)
      expect(short).not.toContain('\uFFFD')
      expect(coverage.sent_bytes).toBeLessThanOrEqual(100 + 20)
    }),
  )
})

describe('any text is reduced in time', () => {
  const size = 1_000_000
  test.each([
    '<!--',
    '![',
    '[![a](',
    '](',
    '<a ',
    '<img alt="',
    'data:a/b;',
    '`',
    '\n',
    '- [x](',
    '[',
    '((',
    '<',
    '.. image:: ',
    '# a\n',
    '  ',
  ])('%j without end', part => {
    const text = part.repeat(size / part.length)
    const start = performance.now()
    reduceText(text, 4_000)
    expect(performance.now() - start).toBeLessThan(3_000)
  })
})
