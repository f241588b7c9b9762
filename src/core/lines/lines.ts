import { createPieceBuffer, type Piece, type Splitter, type SplitterOptions } from './pieces.ts'

const newline = 0x0a

/** Splits NDJSON. Blank lines are no pieces, but count as lines. */
export function createLineSplitter(options: SplitterOptions): Splitter {
  const buffer = createPieceBuffer(options)
  let number = 0

  function complete(): Piece[] {
    number += 1
    const text = buffer.take()
    return text?.trim() === '' ? [] : [{ text, number, unit: 'line' }]
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
