import { createLineSplitter, createPieceBuffer, type Piece, type Splitter, type SplitterOptions } from './pieces.ts'

const byteOrderMark = [0xef, 0xbb, 0xbf]
const blank = new Set([0x20, 0x09, 0x0a, 0x0d, ...byteOrderMark])
const openingBracket = 0x5b
const newline = 0x0a

/**
 * Splits NDJSON or JSON arrays, told apart by the first character, as nobody labels a file right. What follows the end
 * of an array is split again: another array, NDJSON, or lines that are none and say so.
 */
export function createSplitter(options: SplitterOptions): Splitter {
  let array: ElementSplitter | undefined
  let lines: Splitter | undefined
  let elementsBefore = 0
  let linesBefore = 0

  return {
    push(chunk) {
      const pieces: Piece[] = []
      let rest = chunk
      while (rest.length > 0) {
        if (lines) return [...pieces, ...lines.push(rest)]
        if (!array) {
          const first = rest.findIndex(byte => !blank.has(byte))
          if (first !== -1 && rest[first] !== openingBracket) {
            lines = createLineSplitter(options, linesBefore)
            continue
          }
          const start = first === -1 ? rest.length : first
          linesBefore += rest.subarray(0, start).filter(byte => byte === newline).length
          rest = rest.subarray(start)
          if (rest.length === 0) break
          array = createElementSplitter(options, elementsBefore)
        }
        pieces.push(...array.push(rest))
        if (array.rest === undefined) break
        rest = array.rest
        elementsBefore = array.number
        linesBefore += array.lines
        array = undefined
      }
      return pieces
    },
    end: () => (array ?? lines)?.end() ?? [],
  }
}

const byte = (character: string) => character.charCodeAt(0)
const quote = byte('"')
const backslash = byte('\\')
const comma = byte(',')
const openers = new Set([byte('['), byte('{')])
const closers = new Set([byte(']'), byte('}')])

interface ElementSplitter extends Splitter {
  /** What follows the end of the array in the chunk that was pushed last; undefined while there is no end. */
  readonly rest: Uint8Array | undefined
  /** The number of the last element. */
  readonly number: number
  /** How many lines ended in the array. */
  readonly lines: number
}

/** Splits a JSON array into the texts of its elements, which are not read here: one that is broken is a piece as well. */
function createElementSplitter(options: SplitterOptions, elementsBefore: number): ElementSplitter {
  const buffer = createPieceBuffer(options)
  let number = elementsBefore
  let lines = 0
  let rest: Uint8Array | undefined
  let depth = 0
  let inString = false
  let escaped = false
  let ended = false

  function complete(isLast: boolean): Piece[] {
    const taken = buffer.take()
    if (isLast && taken.text?.trim() === '') return []
    number += 1
    return [{ ...taken, number, unit: 'element' }]
  }

  return {
    push(chunk) {
      const pieces: Piece[] = []
      let start = 0
      for (let index = 0; index < chunk.length && !ended; index += 1) {
        const current = chunk[index]!
        if (current === newline) lines += 1
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
        if (ended) rest = chunk.subarray(start)
      }
      if (!ended && depth > 0) buffer.add(chunk.subarray(start))
      return pieces
    },
    // What an array that is never closed leaves behind is one broken element, so that the loss shows.
    end: () => (ended || depth === 0 ? [] : complete(true)),
    get rest() {
      return rest
    },
    get number() {
      return number
    },
    get lines() {
      return lines
    },
  }
}
