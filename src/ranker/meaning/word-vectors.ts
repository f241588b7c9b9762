import { readFileSync } from 'node:fs'

/** What a corpus knows about words: how telling each is, and in what company it stands. */
export interface WordVectors {
  readonly dimensions: number
  /** How telling a word is in the run of a text, 0 to 1; undefined for a word it does not know. */
  bodyWeight(word: string): number | undefined
  /** The same for a name or a one-line summary. */
  nameWeight(word: string): number | undefined
  /** Adds `weight` times the word's vector; false when it has none. */
  add(word: string, weight: number, sum: Float64Array): boolean
}

const MAGIC = 'tagsmith-words-1'
const HEADER_END = 10

/*
 * The layout: one line of JSON (format, about, words, dimensions), the words joined by line feeds and ended by one,
 * then for each word one byte of body weight, one of name weight (both in 255ths), a little-endian float32 scale, and
 * the vectors as signed bytes.
 */

/** Reads the bytes of such a file; throws when they are something else. */
export function parseWordVectors(bytes: Uint8Array): WordVectors {
  const headerEnd = bytes.indexOf(HEADER_END)
  const decoder = new TextDecoder()
  const header = readHeader(decoder.decode(bytes.subarray(0, Math.max(0, headerEnd))))
  if (header?.format !== MAGIC) throw new Error(`not a file of word vectors: the format is not ${MAGIC}`)
  const { words: size, wordBytes, dimensions } = header
  const base = headerEnd + 1 + wordBytes
  if (bytes.length !== base + size * (6 + dimensions)) throw new Error('the file of word vectors is cut short')
  const words = decoder.decode(bytes.subarray(headerEnd + 1, base - 1)).split('\n')
  const rows = new Map(words.map((word, row) => [word, row]))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = new Int8Array(bytes.buffer, bytes.byteOffset + base + 6 * size, size * dimensions)
  const weight = (word: string, offset: number): number | undefined => {
    const row = rows.get(word)
    return row === undefined ? undefined : bytes[base + offset + row]! / 255
  }
  return {
    dimensions,
    bodyWeight: word => weight(word, 0),
    nameWeight: word => weight(word, size),
    add(word, factor, sum) {
      const row = rows.get(word)
      if (row === undefined) return false
      const scale = factor * view.getFloat32(base + 2 * size + 4 * row, true)
      for (let column = 0; column < dimensions; column += 1) sum[column]! += scale * values[row * dimensions + column]!
      return true
    },
  }
}

interface Header {
  readonly format: unknown
  readonly words: number
  readonly wordBytes: number
  readonly dimensions: number
}

function readHeader(line: string): Header | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** The file that ships beside this one. */
export const shippedWordVectors = new URL('./word-vectors.bin', import.meta.url)

let shipped: WordVectors | undefined

/** Reads word vectors, those that ship once for all; throws when the file is missing or is something else. */
export function loadWordVectors(file?: URL | string): WordVectors {
  if (file !== undefined) return parseWordVectors(readFileSync(file))
  shipped ??= parseWordVectors(readFileSync(shippedWordVectors))
  return shipped
}
