import { Buffer } from 'node:buffer'
import { utf8Text } from '../bytes/decode.ts'

/** One entry of an upload as it was sent; no text when it is longer than the limit. */
export interface Piece {
  readonly text: string | undefined
  /** Set where bytes of it are not UTF-8: the text is then no more than what its id may be found in. */
  readonly isBroken?: true
  /** From 1: its line, or its place in the array. */
  readonly number: number
  readonly unit: 'line' | 'element'
}

export interface Splitter {
  /** The pieces that this chunk completes. */
  push(chunk: Uint8Array): Piece[]
  end(): Piece[]
}

export interface SplitterOptions {
  /** The longest piece, in bytes. What is longer is skipped, never held. */
  readonly limit: number
}

/** Bytes of a piece that comes in several chunks. */
export function createPieceBuffer({ limit }: SplitterOptions) {
  let parts: Uint8Array[] = []
  let length = 0
  return {
    add(part: Uint8Array): void {
      length += part.length
      if (length <= limit) parts.push(part)
      else parts = []
    },
    /** The text so far; the next piece starts empty. */
    take(): Pick<Piece, 'text' | 'isBroken'> {
      const bytes = length > limit ? undefined : Buffer.concat(parts)
      parts = []
      length = 0
      if (bytes === undefined) return { text: undefined }
      const text = utf8Text(bytes)
      return text === undefined ? { text: bytes.toString('utf8'), isBroken: true } : { text }
    },
    get isEmpty() {
      return length === 0
    },
  }
}

const newline = 0x0a

/** Splits NDJSON, before which so many lines stand. Blank lines are no pieces, but count as lines. */
export function createLineSplitter(options: SplitterOptions, linesBefore = 0): Splitter {
  const buffer = createPieceBuffer(options)
  let number = linesBefore

  function complete(): Piece[] {
    number += 1
    const taken = buffer.take()
    return taken.text?.trim() === '' ? [] : [{ ...taken, number, unit: 'line' }]
  }

  return {
    push(chunk) {
      const pieces: Piece[] = []
      let start = 0
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
        buffer.add(chunk.subarray(start, end))
        pieces.push(...complete())
        start = end + 1
      }
      if (start < chunk.length) buffer.add(chunk.subarray(start))
      return pieces
    },
    end: () => (buffer.isEmpty ? [] : complete()),
  }
}
