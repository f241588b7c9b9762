import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readEntries, readTable } from '../../src/catalogue/rows.ts'

const fields = { id: 'id', text: ['text'] }
const options = { name: 'projects', fields, charset: undefined, limit: 1_000 }
const bytes = (text: string | Uint8Array, size = 7) => {
  const all = Buffer.from(text)
  return Readable.from(
    Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.subarray(part * size, (part + 1) * size)),
    { objectMode: false },
  )
}
const table = (text: string | Uint8Array, more = {}) =>
  Array.fromAsync(readTable(bytes(text, 4_096), { ...options, ...more }))

test.each<[what: string, csv: string | Uint8Array]>([
  ['commas', 'id,text\n1,"Sorts, quickly"\n2,Plots\n'],
  [
    'semicolons, a byte order mark and Windows line ends, as Excel writes',
    '\ufeffid;text\r\n1;Sorts, quickly\r\n2;Plots\r\n',
  ],
  ['tabs', 'id\ttext\n1\tSorts, quickly\n2\tPlots\n'],
  ['other columns before, between and behind', 'stars,id,url,text,x\n3,1,u,"Sorts, quickly",\n4,2,v,Plots,\n'],
  ['names with blanks around them', 'id , text\n1,"Sorts, quickly"\n2,Plots\n'],
  ['blank lines in between', 'id,text\n\n1,"Sorts, quickly"\n\n2,Plots'],
  ['UTF-16, as old spreadsheets export', Buffer.from('\ufeffid;text\r\n1;Sorts, quickly\r\n2;Plots\r\n', 'utf16le')],
])('a table with %s gives its texts', async (_, csv) => {
  expect((await table(csv)).map(item => [item.id, 'text' in item && item.text])).toEqual([
    ['1', 'Sorts, quickly'],
    ['2', 'Plots'],
  ])
})

test('quotes and line breaks inside of a cell belong to its text', async () => {
  const items = await table('id,text\r\n1,"It says ""hello"".\r\nThen it ends."\r\n')
  expect(items).toEqual([{ place: 'projects:2', id: '1', text: 'It says "hello".\r\nThen it ends.' }])
})

test('a TSV with quotes that stand for themselves, as databases export it, keeps them', async () => {
  const items = await table('id\ttext\n1\tIt says "hello" twice\n2\t"Quick" is its name\n3\t"tab\tinside"\n')
  expect(items.map(item => 'text' in item && item.text)).toEqual([
    'It says "hello" twice',
    '"Quick" is its name',
    'tab\tinside',
  ])
})

test('several columns are put together, and an empty one is left out', async () => {
  const joined = { fields: { id: 'id', text: ['name', 'about', 'readme'] } }
  const items = await table('id,name,about,readme\n1,sorter,,Sorts.\n', joined)
  expect(items).toMatchObject([{ text: 'sorter\n\nSorts.' }])
})

test('a row with a column too many or without an id fails alone, and says where it stands', async () => {
  const items = await table('id,text\n1,a,b\n,c\n3,d\n')
  expect(items.map(item => ('error' in item ? item.error.message : item.text))).toEqual([
    'projects:2 has 3 columns, and the head of the table 2.',
    'projects:3 has no id.',
    'd',
  ])
})

test.each([
  ['a column that is not there', 'name,about\n1,a\n', /no column id; name one with --id\. Its columns are name, about/],
  ['a quote that is never closed', 'id,text\n1,"a\n2,b\n', /a quote is opened and never closed/],
  ['a row that is too long', `id,text\n1,${'a'.repeat(2_000)}\n`, /longer than BODY_LIMIT/],
])('%s is told in words', async (_, csv, words) => {
  await expect(table(csv)).rejects.toThrow(words)
})

test('entries of NDJSON and of an array are read alike, in chunks of any size', async () => {
  const entries = [
    { id: 1, text: 'a' },
    { id: 'x', text: 'b', stars: 3 },
  ]
  const lines = entries.map(entry => JSON.stringify(entry)).join('\n')
  for (const text of [lines, JSON.stringify(entries)])
    for (const size of [1, 7, 4_096])
      expect((await Array.fromAsync(readEntries(bytes(text, size), options))).map(item => item.id)).toEqual([1, 'x'])
})

test.each([
  ['a line that is no JSON', '{"id":1', 'projects:2 is not a JSON object.'],
  ['a line that is no object', '[1]', 'projects:2 is not a JSON object.'],
  ['an entry without an id', '{"text":"a"}', 'projects:2 has no id.'],
  ['a text that is a number', '{"id":1,"text":2}', 'projects:2: text is not text.'],
  [
    'an entry that is too long',
    `{"id":1,"text":"${'a'.repeat(2_000)}"}`,
    'projects:2 is longer than BODY_LIMIT, which is 1000 bytes.',
  ],
])('%s fails alone', async (_, line, message) => {
  const items = await Array.fromAsync(
    readEntries(bytes(`{"id":0,"text":"first"}\n${line}\n{"id":9,"text":"last"}\n`), options),
  )
  expect(items.map(item => ('error' in item ? item.error.message : item.text))).toEqual(['first', message, 'last'])
})
