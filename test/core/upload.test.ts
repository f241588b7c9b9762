import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Piece } from '../../src/domain/upload/pieces.ts'
import { createSplitter } from '../../src/domain/upload/split.ts'

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
  ])
})

test('an array that is never closed leaves its rest as a piece', () => {
  expect(texts(split('[{"id":1},{"id":'))).toEqual(['{"id":1}', '{"id":'])
  expect(texts(split('[]'))).toEqual([])
  expect(texts(split('[{"id":1},'))).toEqual(['{"id":1}'])
  expect(texts(split(''))).toEqual([])
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
