import { createElementSplitter } from './elements.ts'
import { createLineSplitter } from './lines.ts'
import type { Splitter, SplitterOptions } from './pieces.ts'

const byteOrderMark = [0xef, 0xbb, 0xbf]
const blank = new Set([0x20, 0x09, 0x0a, 0x0d, ...byteOrderMark])
const openingBracket = 0x5b

/** Splits NDJSON or one JSON array, told apart by the first character, as nobody labels a file right. */
export function createSplitter(options: SplitterOptions): Splitter {
  let splitter: Splitter | undefined
  let before: Uint8Array[] = []
  return {
    push(chunk) {
      if (splitter) return splitter.push(chunk)
      const first = chunk.find(byte => !blank.has(byte))
      if (first === undefined) {
        before.push(chunk)
        return []
      }
      splitter = first === openingBracket ? createElementSplitter(options) : createLineSplitter(options)
      const held = before
      before = []
      return [...held, chunk].flatMap(part => splitter!.push(part))
    },
    end: () => splitter?.end() ?? [],
  }
}
