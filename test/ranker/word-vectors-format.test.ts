import { expect, test } from 'vitest'
import { parseWordVectors } from '../../src/ranker/meaning/word-vectors.ts'

/** The words of a corpus before they are packed. */
interface WordTable {
  readonly words: readonly string[]
  readonly bodyWeights: Float64Array
  readonly nameWeights: Float64Array
  readonly dimensions: number
  /** Row after row, one row a word. */
  readonly vectors: Float64Array
}

/** Packs words as the layout says that `parseWordVectors` reads. */
function formatWordVectors(table: WordTable): Uint8Array {
  const { words, dimensions } = table
  const text = new TextEncoder()
  const spelled = words.map(word => `${word}\n`).join('')
  const wordBytes = text.encode(spelled).length
  const header = { format: 'tagsmith-words-1', about: {}, words: words.length, wordBytes, dimensions }
  const head = text.encode(`${JSON.stringify(header)}\n${spelled}`)
  const bytes = new Uint8Array(head.length + words.length * (6 + dimensions))
  const view = new DataView(bytes.buffer)
  bytes.set(head)
  words.forEach((_, word) => {
    const row = table.vectors.subarray(word * dimensions, (word + 1) * dimensions)
    const scale = row.reduce((greatest, value) => Math.max(greatest, Math.abs(value)), 0) / 127 || 1
    const base = head.length
    bytes[base + word] = Math.round(table.bodyWeights[word]! * 255)
    bytes[base + words.length + word] = Math.round(table.nameWeights[word]! * 255)
    view.setFloat32(base + 2 * words.length + 4 * word, scale, true)
    row.forEach((value, column) => {
      view.setInt8(base + 6 * words.length + word * dimensions + column, Math.round(value / scale))
    })
  })
  return bytes
}

const bytes = formatWordVectors({
  words: ['otter', 'río'],
  bodyWeights: Float64Array.of(1, 0.25),
  nameWeights: Float64Array.of(0.5, 0),
  dimensions: 3,
  vectors: Float64Array.of(1, -0.5, 0, 0, 0.2, 0.4),
})

test('reads what it wrote, to a byte of precision', () => {
  const vectors = parseWordVectors(bytes)
  expect(vectors.dimensions).toBe(3)
  expect(vectors.bodyWeight('otter')).toBe(1)
  expect(vectors.nameWeight('otter')).toBeCloseTo(0.5, 2)
  expect(vectors.bodyWeight('río')).toBeCloseTo(0.25, 2)
  expect(vectors.bodyWeight('beaver')).toBeUndefined()
  const sum = new Float64Array(3)
  expect(vectors.add('río', 2, sum)).toBe(true)
  expect(vectors.add('beaver', 2, sum)).toBe(false)
  expect([...sum].map(value => Math.round(value * 100) / 100)).toEqual([0, 0.4, 0.8])
})

test('reads from the middle of a larger buffer', () => {
  const buffer = new Uint8Array(bytes.length + 7)
  buffer.set(bytes, 7)
  expect(parseWordVectors(buffer.subarray(7)).bodyWeight('otter')).toBe(1)
})

test.each([
  ['nothing', new Uint8Array(0)],
  ['another file', new TextEncoder().encode('{"name":"x"}\nhello')],
  ['half of it', bytes.slice(0, bytes.length - 4)],
  ['no line', new TextEncoder().encode('hello')],
])('refuses %s', (_, broken) => {
  expect(() => parseWordVectors(broken)).toThrow(/word vectors/)
})
