import { createPieceBuffer, type Piece, type Splitter, type SplitterOptions } from './pieces.ts'

const byte = (character: string) => character.charCodeAt(0)
const quote = byte('"')
const backslash = byte('\\')
const comma = byte(',')
const openers = new Set([byte('['), byte('{')])
const closers = new Set([byte(']'), byte('}')])

/** Splits a JSON array into the texts of its elements, which are not read here: one that is broken is a piece as well. */
export function createElementSplitter(options: SplitterOptions): Splitter {
  const buffer = createPieceBuffer(options)
  let number = 0
  let depth = 0
  let inString = false
  let escaped = false
  let ended = false

  function complete(isLast: boolean): Piece[] {
    const text = buffer.take()
    if (isLast && text?.trim() === '') return []
    number += 1
    return [{ text, number, unit: 'element' }]
  }

  return {
    push(chunk) {
      const pieces: Piece[] = []
      let start = 0
      for (let index = 0; index < chunk.length && !ended; index += 1) {
        const current = chunk[index]!
        if (inString) {
          if (escaped) escaped = false
          else if (current === backslash) escaped = true
          else if (current === quote) inString = false
        } else if (current === quote) inString = true
        else if (openers.has(current)) {
          depth += 1
          if (depth === 1) start = index + 1
        } else if (closers.has(current)) {
          depth -= 1
          ended = depth === 0
        }
        if (inString || !(ended || (depth === 1 && current === comma))) continue
        buffer.add(chunk.subarray(start, index))
        pieces.push(...complete(ended))
        start = index + 1
      }
      if (!ended && depth > 0) buffer.add(chunk.subarray(start))
      return pieces
    },
    // What an array that is never closed leaves behind is one broken element, so that the loss shows.
    end: () => (ended || depth === 0 ? [] : complete(true)),
  }
}
