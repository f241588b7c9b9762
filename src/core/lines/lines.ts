import { createPieceBuffer, type Piece, type Splitter, type SplitterOptions } from './pieces.ts'

const newline = 0x0a

export interface LineSplitterOptions extends SplitterOptions {
  /** How many lines stand before what is split. */
  readonly linesBefore?: number
}

/** Splits NDJSON. Blank lines are no pieces, but count as lines. */
export function createLineSplitter({ linesBefore = 0, ...options }: LineSplitterOptions): Splitter {
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
