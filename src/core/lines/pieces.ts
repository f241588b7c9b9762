/** One entry of an upload as it was sent; no text when it is longer than the limit. */
export interface Piece {
  readonly text: string | undefined
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
    /** The text so far, undefined when it was too long; the next piece starts empty. */
    take(): string | undefined {
      const text = length > limit ? undefined : Buffer.concat(parts).toString('utf8')
      parts = []
      length = 0
      return text
    },
    get isEmpty() {
      return length === 0
    },
  }
}
