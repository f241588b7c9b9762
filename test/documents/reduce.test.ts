import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isUsable, reduceText, wholeText } from '../../src/documents/reduce.ts'
import { cpuTime } from '../support/cpu-time.ts'

const readme = readFileSync(new URL('../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')
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
    '<svg>',
    '<style>a',
    '<script>a</script>`',
    '</svg>',
    '```a`\n',
    '```\n~~~\n',
    '&uuml;',
    '&',
    '# license a\n',
    '> ',
    '1. ',
    `${'Ab0/'.repeat(19)}\n`,
    '  ',
  ])('%j without end', part => {
    const text = part.repeat(size / part.length)
    const start = cpuTime()
    reduceText(text, 4_000)
    expect(cpuTime() - start).toBeLessThan(2_000)
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

const subject = 'It counts otters.'
/** More lines than a code block keeps. */
const after = Array.from({ length: 30 }, (_, index) => `Paragraph ${index}.`).join('\n\n')

test.each([
  ['backticks in the info string', '```npm install x```'],
  ['backticks later on the line', '``` run `x`'],
  ['a fence that never closes', '```sh'],
  ['tildes that never close', '~~~'],
  ['a fence closed by fewer marks only', '`````\ncode\n```'],
  ['a fence closed by other marks only', '```\ncode\n~~~'],
  ['a closing line with words behind it', '```\ncode\n``` done'],
  ['a fence that never closes after one that does', '```\ncode\n```\n\n```'],
  ['a quoted fence that closes', '> ```\n> code\n> ```'],
  ['a fence in an item that closes', '1. ```sh\n   code\n   ```'],
])('%s swallows nothing of the text below', (_, opening) => {
  const text = `# Name\n\n${subject}\n\n${opening}\n\n${after}\n\n## License\n\nMIT`
  const { text: kept, coverage } = reduceText(text, 4_000)
  expect(kept).toBe(text.slice(0, text.indexOf('\n\n## License')))
  expect(coverage.cut).toEqual(['boilerplate'])
})

test.each(['```', '~~~', '````', '   ```', '> ```', '- ```'])('code between %j is cut when it is long', fence => {
  const close = fence.replace('-', ' ')
  const text = `# Name\n\n${fence}\n${'line\n'.repeat(40)}${close}\n\n${subject}`
  const { text: kept, coverage } = reduceText(text, 4_000)
  expect(kept).toBe(`# Name\n\n${fence}\n${'line\n'.repeat(8)}…\n${close}\n\n${subject}`)
  expect(coverage.cut).toEqual(['code'])
})

test.each([
  ['Z&uuml;rich &amp; Gen&egrave;ve', 'Zürich & Genève'],
  ['&#220;ber, &#x41;, &euro;5, a&nbsp;b', 'Über, A, €5, a b'],
  ['&toString; &constructor; &__proto__; &hasOwnProperty;', '&toString; &constructor; &__proto__; &hasOwnProperty;'],
  ['AT&T ?a=1&copy=2 &nosuch; &;', 'AT&T ?a=1&copy=2 &nosuch; &;'],
  ['&lt;b&gt; is a tag', '<b> is a tag'],
  ['&#0;&#xD800;&#x110000;x', '\uFFFD\uFFFD\uFFFDx'],
  ['```\n&lt;\n```', '```\n&lt;\n```'],
])('the entities of %j are read as %j', (text, result) => {
  expect(reduced(text)).toBe(result)
})

const base64 = (lines: number) =>
  Array.from({ length: lines }, (_, line) =>
    Buffer.from(`${line} and more of ${line * 7919} to be wrapped, it is…`).toString('base64'),
  )

test.each([
  ['a style', '<style>\nbody { color: red }\n\n.a { margin: 0 }\n</style>', ''],
  ['a style with a media', '<style media="print">\n@page { size: a4 }\n</style >', ''],
  ['a script', '<script>\nlet x = 1 < 2\n\nrun(x)\n</script>', ''],
  ['a script from elsewhere', '<SCRIPT src="a.js" async></SCRIPT>', ''],
  ['two scripts on a line', '<script>a</script>between<script>b</script>', 'between'],
  ['a drawing over lines', '<svg\n  width="1"\n>\n<path\n d="M0 0"\n/>\n<g><text>words</text></g>\n</svg>', ''],
  ['wrapped Base64', base64(40).join('\n'), '…'],
  [
    'wrapped Base64 in quotes',
    base64(40)
      .map(line => `"${line}",`)
      .join('\n'),
    '…',
  ],
  ['an image of wrapped Base64', `![a](data:image/png;base64,${base64(40).join('\n')})`, '![a](\n…'],
  ['a hex dump', Array(40).fill('00ff'.repeat(16)).join('\n'), '…'],
])('%s does not fill the prompt', (_, embedded, left) => {
  const { text, coverage } = reduceText(`# Name\n\n${subject}\n\n${embedded}\n\nThe end.`, 4_000)
  expect(text).toBe(`# Name\n\n${subject}\n\n${left}${left === '' ? '' : '\n\n'}The end.`)
  expect(coverage.cut).toContain('data')
})

test.each([
  ['a style that never ends', '<style>\nbody'],
  ['elements that are only named', 'Put it between `<script>` and `</script>`.'],
  ['a page in code', '```html\n<script>\nrun()\n</script>\n```'],
  ['a styled word', 'A <styled> word and </styled>'],
  [
    'long words',
    Array(5).fill('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft').join('\n'),
  ],
  ['long names', Array(5).fill('a_rather_long_name_of_a_function_that_does_a_lot').join('\n')],
  ['two keys', base64(2).join('\n')],
])('%s is kept', (_, embedded) => {
  const text = `# Name\n\n${embedded}\n\n${subject}`
  expect(reduceText(text, 4_000)).toEqual({
    text,
    coverage: { total_bytes: Buffer.byteLength(text), sent_bytes: Buffer.byteLength(text), cut: [] },
  })
})

test.each(['数据包追踪器。', 'データベースを管理します。', 'เครื่องมือ'])(
  'a long paragraph of %s is kept whole',
  words => {
    const text = `# Name\n\n${words.repeat(400)}`
    expect(reduced(text, 100_000)).toBe(text)
  },
)

test.each([
  ['# Name\n\n## Contributors\n\nIt ranks contributors by what they merged.'],
  ['# Name\n\n# License\n\nIt is a game of licences.\n\n# Authors\n\nNovelists.'],
])('of %j more than headings stays', text => {
  expect(reduced(text)).toBe(text)
})

test('items and quotations above a rule are no headings', () => {
  const text = '# Name\n\nSays.\n\n- Thanks\n---\n\n> License\n---\n\nMore.'
  expect(reduced(text)).toBe(text)
})

test.each([
  [
    'reStructuredText',
    'Name\n====\n\nSays.\n\nLicense\n~~~~~~~\n\nMIT\n\nUsage\n~~~~~\n\nrun',
    /^Name\n====\n\nSays\.\n\nUsage\n~~~~~\n\nrun$/,
  ],
  ['AsciiDoc', '= Name\n\nSays.\n\n== License\n\nMIT\n\n== Usage\n\nrun', /^= Name\n\nSays\.\n\n== Usage\n\nrun$/],
])('a section is one in %s too', (_, text, left) => {
  expect(reduced(text)).toMatch(left)
})

test.each([
  ['a fence below three letters', 'Run\n~~~\n# License\nx\n~~~\nSays.'],
  ['a rule below a sentence', 'It is licensed to nobody.\n***\nSays.'],
  ['front matter', '---\ntitle: License\n---\n\nSays.'],
])('%s underlines no heading', (_, text) => {
  expect(reduced(`# Name\n\n${text}`)).toBe(`# Name\n\n${text}`)
  expect(reduced(text)).toBe(text)
})

test('a heading that is an image keeps its words, and goes where it has none', () => {
  expect(reduced('<h1><img src="a.svg" alt="Cloud native management of users"></h1>\n\nText')).toBe(
    '# Cloud native management of users\n\nText',
  )
  expect(reduced('<h1><img src="a.svg" alt="Logo"></h1>\n\nText')).toBe('Text')
})

test('comments in the code of a long text are no headings of its middle', () => {
  const code = '```sh\n# install it\nmake\n```'
  const part = (index: number) => `## Part ${index}\n\n${code}\n\n${'Filler words. '.repeat(60)}`
  const { text } = reduceText(`# Name\n\n${Array.from({ length: 20 }, (_, index) => part(index)).join('\n\n')}`, 1_000)
  const [, middle] = text.split('\n\n[…]\n\n')
  expect(middle).toContain('## Part 12')
  expect(middle).not.toContain('install it')
})
