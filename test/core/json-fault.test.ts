import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFault } from '../../src/core/json-fault.ts'

test.each([
  ['{"text":"a",}', 'column 13'],
  ['{"text":"a"', 'it ends too early'],
  ['{"text":"a', 'it ends too early'],
  ['', 'it ends too early'],
  ['{\n  "text": "a"\n  "id": 1\n}', 'line 3, column 3'],
  ['{"text":"a\nb"}', 'line 1, column 11'],
  ["{'text':1}", 'column 2'],
  ['{text:1}', 'column 2'],
  ['[1,2', 'it ends too early'],
  ['[1,]', 'column 4'],
  ['[1 2]', 'column 4'],
  ['{"a":1}}', 'column 8'],
  ['{"a":1} {"b":2}', 'column 9'],
  ['{"a" 1}', 'column 6'],
  ['{"a":01}', 'column 7'],
  ['{"a":NaN}', 'column 6'],
  ['{"a":tru}', 'column 6'],
  ['"\\x"', 'column 2'],
  ['"\\u12g4"', 'column 2'],
  ['not json', 'column 1'],
  ['{"a":1}\u0000', 'column 8'],
])('%j: %s', (text, place) => {
  expect(jsonFault(text)).toBe(place)
})

test('finds a fault in what JSON.parse refuses, and in nothing else', () => {
  const mutated = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', '[', '\\', '0', ' ', '\n', 'e', '-'))
  fc.assert(
    fc.property(mutated, ([json, at, inserted]) => {
      const place = at % (json.length + 1)
      for (const text of [json, json.slice(0, place) + inserted + json.slice(place + 1)]) {
        const isJson = (() => {
          try {
            JSON.parse(text)
            return true
          } catch {
            return false
          }
        })()
        expect([text, jsonFault(text) === undefined]).toEqual([text, isJson])
      }
    }),
    { numRuns: 3_000 },
  )
})

test('a deep or a long one is read in one pass', () => {
  for (const text of ['['.repeat(500_000), `"${'\\n'.repeat(500_000)}`, `{"a":"${'x'.repeat(1_000_000)}`])
    expect(jsonFault(text)).toBe('it ends too early')
})
