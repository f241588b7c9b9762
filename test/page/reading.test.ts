import { expect, test } from 'vitest'
import { readTable, separatorOf } from '../../src/page/batches/csv.ts'
import { quantile, readSamples, sumOf } from '../../src/page/insight/prometheus.ts'
import { certaintyOf, isSampled } from '../../src/page/review/order.ts'
import { partsOf } from '../../src/page/try/seen-text.ts'
import { readTags, writeTags } from '../../src/page/try/tags.ts'

test.each<[what: string, text: string, rows: string[][]]>([
  [
    'plain rows',
    'id,text\n1,a\n2,b\n',
    [
      ['id', 'text'],
      ['1', 'a'],
      ['2', 'b'],
    ],
  ],
  [
    'no line end at the end',
    'a,b\n1,2',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  [
    'line ends of Windows',
    'a,b\r\n1,2\r\n',
    [
      ['a', 'b'],
      ['1', '2'],
    ],
  ],
  ['a separator, a line end and quotes in quotes', 'a\n"x, ""y""\nz"\n', [['a'], ['x, "y"\nz']]],
  ['a byte order mark', '\uFEFFa,b\n', [['a', 'b']]],
  [
    'empty fields and blank lines',
    'a,b\n\n,\n',
    [
      ['a', 'b'],
      ['', ''],
    ],
  ],
  ['quotes inside a field', 'a,5" disk\n', [['a', '5" disk']]],
])('CSV with %s is read', (_, text, rows) => {
  expect(readTable(text, ',')).toEqual(rows)
})

test.each([
  ['a;b;c\n1,5;2;3', ';'],
  ['a\tb\n', '\t'],
  ['only\n', ','],
])('the separator of %j is %j', (text, separator) => {
  expect(separatorOf(text)).toBe(separator)
})

test('a histogram gives its quantiles, and a counter its sums by label', () => {
  const samples = readSamples(`# HELP x
x_bucket{le="0.1",route="/a"} 50
x_bucket{le="0.2",route="/a"} 100
x_bucket{le="+Inf",route="/a"} 100
x_bucket{le="+Inf",route="/b"} 9
c{code="ok",key="a\\"b"} 3
c{code="refused"} 0
c{code="ok"} 2
`)
  const ofA = ({ route }: Readonly<Record<string, string>>) => route === '/a'
  expect(quantile(samples, 'x', 0.5, ofA)).toBeCloseTo(0.1)
  expect(quantile(samples, 'x', 0.75, ofA)).toBeCloseTo(0.15)
  expect(quantile(samples, 'x', 0.5, () => false)).toBeUndefined()
  expect(sumOf(samples, 'c', 'code')).toEqual([['ok', 5]])
})

test('what was not sent is told from what was, in place', () => {
  const text = '# A tool\n\n![badge](x.svg)\nIt sorts lines of text.\n\n## License\nMIT\n'
  const messages = [
    { content: 'rules' },
    { content: 'Suggested: cli\n<document>\n# A tool\n\nIt sorts lines of text.\n</document>' },
  ]
  const cut = partsOf(text, messages).filter(part => !part.isSent)
  expect(cut.map(part => part.text.trim())).toEqual(['![badge](x.svg)', '## License\nMIT'])
  expect(
    partsOf(text, messages)
      .map(part => part.text)
      .join(''),
  ).toBe(text)
})

test('an answer is as certain as its least certain tag, and about one in twenty is sampled', () => {
  const answer = (...shares: (number | null)[]) => ({
    index: 0,
    id: null,
    tags: shares.map(confidence => ({ id: 1, name: 'a', confidence })),
  })
  expect([answer(0.9, 0.2), answer(null), answer(), answer(1)].map(certaintyOf)).toEqual([0.2, 0.5, 0.5, 1])
  const sampled = Array.from({ length: 10_000 }, (_, index) => index).filter(isSampled).length
  expect(sampled).toBeGreaterThan(400)
  expect(sampled).toBeLessThan(600)
})

test('a tag list is read as it was written, and its faults are told in words', () => {
  const tags = [
    { id: 7, name: 'search' },
    { id: 'x-9', name: 'food', description: 'what is eaten, or drunk' },
  ]
  expect(readTags(writeTags(tags))).toEqual(tags)
  const aliased = [{ id: 1, name: 'cli', aliases: ['terminal'] }]
  expect(readTags(writeTags(aliased))).toEqual(aliased)
  expect(() => readTags('7')).toThrow('Line 1 has no name')
  expect(() => readTags(' ')).toThrow('holds no tag')
  expect(() => readTags('[{"id":1}]')).toThrow('needs an "id" and a "name"')
})
