import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readEntry } from '../../src/core/lines/entry.ts'
import type { Piece } from '../../src/core/lines/pieces.ts'
import { createSplitter } from '../../src/core/lines/split.ts'

function split(text: string, { size = 7, limit = 1_000_000 } = {}): Piece[] {
  const splitter = createSplitter({ limit })
  const bytes = Buffer.from(text)
  const pieces: Piece[] = []
  for (let from = 0; from < bytes.length; from += size) pieces.push(...splitter.push(bytes.subarray(from, from + size)))
  return [...pieces, ...splitter.end()]
}
const texts = (pieces: readonly Piece[]) => pieces.map(piece => piece.text)

test('lines keep their number over blank ones, and the last needs no end', () => {
  expect(split('\uFEFF{"a":1}\r\n\n  \n{"b":2}')).toEqual([
    { text: '\uFEFF{"a":1}\r', number: 1, unit: 'line' },
    { text: '{"b":2}', number: 4, unit: 'line' },
  ])
})

test('elements of an array, with brackets and commas in strings', () => {
  const pieces = split(' \n[ {"text":"a],[\\"b"}, [1,2],\n"x,\\\\" ] trailing')
  expect(pieces).toEqual([
    { text: ' {"text":"a],[\\"b"}', number: 1, unit: 'element' },
    { text: ' [1,2]', number: 2, unit: 'element' },
    { text: '\n"x,\\\\" ', number: 3, unit: 'element' },
    { text: ' trailing', number: 3, unit: 'line' },
  ])
})

test('an array that is never closed leaves its rest as a piece', () => {
  expect(texts(split('[{"id":1},{"id":'))).toEqual(['{"id":1}', '{"id":'])
  expect(texts(split('[]'))).toEqual([])
  expect(texts(split('[{"id":1},'))).toEqual(['{"id":1}'])
  expect(texts(split(''))).toEqual([])
})

const placed = (text: string, size: number) =>
  split(text, { size }).map(piece => [piece.text?.trim(), piece.unit, piece.number])

test.each<[what: string, text: string, pieces: [string, string, number][]]>([
  [
    'another array',
    '[{"id":1},\n{"id":2}]\n[{"id":3}]',
    [
      ['{"id":1}', 'element', 1],
      ['{"id":2}', 'element', 2],
      ['{"id":3}', 'element', 3],
    ],
  ],
  [
    'NDJSON',
    '\n[{"id":1},\n{"id":2}\n]\n\n{"id":3}\n{"id":4}',
    [
      ['{"id":1}', 'element', 1],
      ['{"id":2}', 'element', 2],
      ['{"id":3}', 'line', 6],
      ['{"id":4}', 'line', 7],
    ],
  ],
  [
    'an array, then NDJSON',
    '[1][2]\n3\n[4]',
    [
      ['1', 'element', 1],
      ['2', 'element', 2],
      ['3', 'line', 2],
      ['[4]', 'line', 3],
    ],
  ],
  [
    'an array of another file, with its byte order mark',
    '[1]\n\uFEFF[2]',
    [
      ['1', 'element', 1],
      ['2', 'element', 2],
    ],
  ],
  [
    'a comma and an array',
    '[1],\n[2]',
    [
      ['1', 'element', 1],
      [',', 'line', 1],
      ['[2]', 'line', 2],
    ],
  ],
  [
    'a bracket too many',
    '[{"id":1}]]\n{"id":2}',
    [
      ['{"id":1}', 'element', 1],
      [']', 'line', 1],
      ['{"id":2}', 'line', 2],
    ],
  ],
  ['nothing but blanks', '[1] \r\n \n', [['1', 'element', 1]]],
  ['empty arrays', '[][]\n[ ]\n[1]', [['1', 'element', 1]]],
  [
    'an array that is not closed',
    '[1]\n[2,3',
    [
      ['1', 'element', 1],
      ['2', 'element', 2],
      ['3', 'element', 3],
    ],
  ],
])('after an array, %s: nothing is dropped', (_, text, pieces) => {
  for (const size of [1, 2, 7, 1_000]) expect(placed(text, size)).toEqual(pieces)
})

test('bytes that are not UTF-8 break their own entry', () => {
  const bad = Buffer.from([0xf6])
  const bytes = Buffer.concat([Buffer.from('{"id":1}\n{"id":"2","text":"'), bad, Buffer.from('"}\n{"id":3}')])
  const splitter = createSplitter({ limit: 100 })
  const pieces = [...splitter.push(bytes), ...splitter.end()]
  expect(pieces.map(({ isBroken = false }) => isBroken)).toEqual([false, true, false])
  const entries = pieces.map(piece =>
    readEntry(piece, { schema: z.object({ id: z.unknown() }), limit: 100, ignored: undefined }),
  )
  expect(entries).toMatchObject([
    { value: { id: 1 } },
    {
      id: '2',
      error: { code: 'unusable_text', message: expect.stringMatching(/^Line 2 holds bytes that are neither/) },
    },
    { value: { id: 3 } },
  ])
})

test('what is too long is told and skipped', () => {
  expect(texts(split('{"a":1}\n{"a":"long"}\n{"b":2}\n', { limit: 8 }))).toEqual(['{"a":1}', undefined, '{"b":2}'])
  expect(texts(split('[1,"longer than that",2]', { limit: 8 }))).toEqual(['1', undefined, '2'])
})

test('what is put together comes apart again, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.integer({ min: 1, max: 50 }), (values, size) => {
      const written = values.map(value => JSON.stringify(value))
      expect(texts(split(`[${written.join(',')}]`, { size }))).toEqual(written)
      const lines = written.map(text => `{"v":${text}}`)
      expect(texts(split(lines.join('\n'), { size }))).toEqual(lines)
    }),
  )
})
