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

test('what fits stays whole, but for images and what every project says', () => {
  const { text, coverage } = reduceText(readme, 4_000)
  expect(text).toContain('Tracing packets in the Linux networking stack')
  expect(text).not.toContain('welcomes contributions')
  expect(coverage).toEqual({
    total_bytes: 7389,
    sent_bytes: Buffer.byteLength(text),
    cut: ['images', 'code', 'boilerplate'],
  })
})

test('of what does not fit, head and tail stay', () => {
  const { text, coverage } = reduceText(readme, 500)
  expect(coverage.cut).toContain('middle')
  expect(coverage.sent_bytes).toBeLessThanOrEqual(2_000 + 20)
  expect(text).toMatch(/^Tracing packets/)
  expect(text).toContain('[…]')
  expect(text).toMatch(/and more\.$/)
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
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

test.each([
  ['<h1 align="center">\n  <img src="a.svg"><br>\n  Name\n</h1>\n\nText', '# Name\n\nText'],
  ['<h2>Some <b>bold</b> words</h2>', '## Some bold words'],
  ['# [![badge](b.svg)](x) Name', '#  Name'],
  ['<h1>never closed', 'never closed'],
])('%j keeps its heading', (text, result) => {
  expect(reduced(text)).toBe(result)
})

test.each([
  [
    '# Name\n\nSays.\n\n## License\n\nMIT\n\n### More\n\nx\n\n## Usage\n\nrun',
    '# Name\n\nSays.\n\n## Usage\n\nrun',
    'boilerplate',
  ],
  [
    'Name\n====\n\nSays.\n\nContributors\n------------\n\nMe\n\nUsage\n-----\n\nrun',
    'Name\n====\n\nSays.\n\nUsage\n-----\n\nrun',
    'boilerplate',
  ],
  ['# Contributor list\n\nKeeps lists.', '# Contributor list\n\nKeeps lists.', undefined],
  ['# Name\n\n- [Usage](#usage)\n  - [More](#more)\n\nSays.', '# Name\n\nSays.', 'contents'],
  ['# Name\n\n```\n# License\nx\n```\nSays.', '# Name\n\n```\n# License\nx\n```\nSays.', undefined],
])('of %j stays %j', (text, result, cut) => {
  const { text: kept, coverage } = reduceText(text, 4_000)
  expect(kept).toBe(result)
  expect(coverage.cut).toEqual(cut === undefined ? [] : [cut])
})

test('of long code its head stays, of a dump its first bytes', () => {
  const code = Array.from({ length: 40 }, (_, index) => `line ${index}`)
  const { text, coverage } = reduceText(
    `# Name\n\n\`\`\`sh\n${code.join('\n')}\n\`\`\`\n\n${'A'.repeat(5_000)}\n\nEnd.`,
    4_000,
  )
  expect(text).toContain('line 7\n…\n```\n')
  expect(text).not.toContain('line 8')
  expect(text).toMatch(/A{500}…\n\nEnd\.$/)
  expect(coverage.cut).toEqual(['code', 'data'])
})

test('a long text keeps the headings of its middle', () => {
  const part = (index: number) => `## Part ${index}\n\nLead of ${index}.\n\n${'Filler words. '.repeat(60)}`
  const text = `# Name\n\nSays.\n\n${Array.from({ length: 20 }, (_, index) => part(index)).join('\n\n')}\n\nThe end.`
  const { text: kept } = reduceText(text, 1_000)
  expect(kept).toContain('## Part 12\nLead of 12.')
  expect(kept).toMatch(/^# Name\n\nSays\./)
  expect(kept).toMatch(/The end\.$/)
})

test('a usable text stays usable', () => {
  const parts = [
    '# License\n',
    '## Contributors\n',
    'MIT\n',
    '![a](b)',
    '- [a](#b)\n',
    '```\n',
    'x'.repeat(2_100),
    '<h1>',
    '</h1>',
    '\n',
    '===\n',
    '路',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 12 }), pieces => {
      const text = pieces.join('')
      const withoutImages = text
        .replaceAll('![a](b)', '')
        .replaceAll(/<\/?h1>/g, '')
        .replaceAll('- [a](#b)', '')
      if (isUsable(withoutImages)) expect(isUsable(reduceText(text, 100).text)).toBe(true)
    }),
  )
})
