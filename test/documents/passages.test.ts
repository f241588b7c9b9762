import { expect, test } from 'vitest'
import { readText } from '../../src/documents/passages.ts'

const partOf = (text: string, words: string) =>
  readText(text).passages.find(passage => passage.text.includes(words))?.part

const words = (count: number, word: string) => Array.from({ length: count }, () => word).join(' ')

test('tells the title, the first words, the lead, headings, body, code and boilerplate apart', () => {
  const text = `# Otter

Otter watches ${words(18, 'early')} ${words(60, 'later')} ${words(30, 'last')}.

## How it swims

It paddles with four feet.

\`\`\`sh
otter --dive
\`\`\`

## Licence

Everyone may keep an otter.
`
  expect(partOf(text, 'Otter')).toBe('title')
  expect(partOf(text, 'watches')).toBe('first')
  expect(partOf(text, 'later later')).toBe('lead')
  expect(partOf(text, 'last last')).toBe('body')
  expect(partOf(text, 'How it swims')).toBe('heading')
  expect(partOf(text, 'paddles')).toBe('body')
  expect(partOf(text, 'otter --dive')).toBe('code')
  expect(partOf(text, 'Licence')).toBe('boilerplate')
  expect(partOf(text, 'Everyone may keep')).toBe('boilerplate')
})

test('boilerplate ends at the next heading of its rank, not at one below it', () => {
  const text = '# A\n\n## Installation\n\n### Linux\n\nfetch the package now\n\n## Beavers\n\nthey build dams here'
  expect(partOf(text, 'fetch the package')).toBe('boilerplate')
  expect(partOf(text, 'build dams')).not.toBe('boilerplate')
})

test('a general heading is no title', () => {
  expect(partOf('# Introduction\n\n# Otter\n', 'Otter')).toBe('title')
  expect(partOf('# Introduction\n\n# Otter\n', 'Introduction')).toBe('heading')
})

test.each([
  ['underlined', 'Otter\n=====\n\ntext'],
  ['AsciiDoc', '= Otter\n\ntext'],
  ['HTML over several lines', '<h1 align="center">\n  <img src="a.png" alt="logo">\n  Otter\n</h1>\n\ntext'],
])('reads a title that is %s', (_, text) => {
  expect(readText(text).passages[0]).toEqual({ part: 'title', text: 'Otter' })
})

test('link texts stay, addresses, badges, comments, contents and front matter go', () => {
  const text = `---
secret: front
---
[![coverage badge of this project](https://img.example/c.svg)](https://ci.example/x)
<!-- a hidden remark -->
- [Chapter](#chapter)

See [the guide](https://guide.example/path) at https://plain.example/page or <a href="https://html.example">over there</a> today.
`
  const all = readText(text)
    .passages.map(passage => passage.text)
    .join('\n')
  expect(all).toContain('See the guide at or over there today.')
  for (const gone of ['front', 'badge', 'hidden', 'Chapter', 'example']) expect(all).not.toContain(gone)
})

test('rows of links and boxed notes do not open a text', () => {
  const text =
    '[Home](a) | [Docs](b) | [Blog of the team](c) | [Chat](d)\n\n> [!NOTE] we moved to another place\n\nOtters swim in cold rivers.'
  expect(readText(text).opening).toEqual(['Otters swim in cold rivers.'])
})

test('an unclosed fence, comment or tag swallows no more than it must', () => {
  expect(partOf('<!-- never closed\n\nOtters swim in rivers', 'Otters swim')).toBe('first')
  expect(partOf('a < b and <unclosed\n\nOtters swim in rivers', 'Otters swim')).toBe('first')
  expect(partOf('```\nOtters swim in rivers', 'Otters swim')).toBe('first')
  expect(partOf('<pre>\nOtters swim in rivers', 'Otters swim')).toBe('first')
})

test('reads the first 60,000 characters', () => {
  const text = `${'river '.repeat(10_000)}otter`
  expect(text.indexOf('otter')).toBe(60_000)
  expect(partOf(text, 'otter')).toBeUndefined()
})
