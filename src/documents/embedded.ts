import type { Cut } from '../core/classification.ts'
import { closesFence, createFenceEnds, openingFence } from './fences.ts'

/** Elements whose inside is for machines. */
const elements = ['script', 'style', 'svg'] as const
type Element = (typeof elements)[number]
const openings = new RegExp(`<(${elements.join('|')})(?=[\\s/>])[^<>]{0,2000}>`, 'giu')

export const isEmbedded = (name: string): boolean => (elements as readonly string[]).includes(name)

/** Finds where an element ends that opened before a place; -1 when it never does. Linear when asked with growing places. */
export function createElementEnds(text: string): (name: string, from: number) => number {
  const found = new Map<string, { pattern: RegExp; start: number; end: number }>()
  return (name, from) => {
    let next = found.get(name)
    if (!next) {
      next = { pattern: new RegExp(`</${name}\\s{0,20}>`, 'giu'), start: -1, end: 0 }
      found.set(name, next)
    }
    while (next.end !== -1 && next.start < from) {
      const closing = next.pattern.exec(text)
      next.start = closing ? closing.index : -1
      next.end = closing ? closing.index + closing[0].length : -1
    }
    return next.end
  }
}

/** A text less its scripts, styles and drawings, except in code that shows some. One that never ends stays. */
export function withoutEmbedded(text: string, cuts: Set<Cut>): string {
  const found = [...text.matchAll(openings)]
  if (found.length === 0) return text
  const isCode = createCodePlaces(text)
  const endOf = createElementEnds(text)
  const parts: string[] = []
  let from = 0
  for (const { 0: tag, 1: name, index } of found) {
    if (index < from || tag.endsWith('/>') || text[index - 1] === '`' || isCode(index)) continue
    const end = endOf(name!.toLowerCase() as Element, index + tag.length)
    if (end === -1) continue
    parts.push(text.slice(from, index))
    from = end
    cuts.add('data')
  }
  return parts.join('') + text.slice(from)
}

/** Whether a place of a text is inside a fenced code block; asked with growing places. */
function createCodePlaces(text: string): (place: number) => boolean {
  const lines = text.split('\n')
  const isClosed = createFenceEnds(lines)
  let line = -1
  let lineEnd = -1
  let fence: string | undefined
  let inside = false
  return place => {
    while (lineEnd < place && line + 1 < lines.length) {
      line += 1
      const written = lines[line]!
      lineEnd += written.length + 1
      inside = fence !== undefined
      if (fence === undefined) {
        const opened = openingFence(written)
        if (opened !== undefined && isClosed(opened, line)) fence = opened
      } else if (closesFence(written, fence)) fence = undefined
    }
    return inside
  }
}

const shortestDump = 3
/** A line of Base64 or hexadecimal digits, as far as it can be told from words: long, unbroken and well mixed. */
const dense = /^[\s>"'(]{0,16}[A-Za-z0-9+/=_-]{40,}["',;+\\)>\s]{0,8}$/u
const isDump = (line: string): boolean =>
  line.length >= 40 &&
  dense.test(line) &&
  /\d/.test(line) &&
  (/[A-Z]/.test(line) ? /[a-z]/.test(line) || /^\W*[0-9A-F]+\W*$/.test(line) : /^\W*[0-9a-f]+\W*$/.test(line))

/** Data that was wrapped over lines: of three or more such lines, only a sign that they were there. */
export function withoutDumps(lines: readonly string[], cuts: Set<Cut>): readonly string[] {
  let kept: string[] | undefined
  let run = 0
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    run = isDump(line) ? run + 1 : 0
    if (run === shortestDump) {
      kept ??= lines.slice(0, index)
      kept.length -= shortestDump - 1
      kept.push('…')
      cuts.add('data')
    } else if (run < shortestDump) kept?.push(line)
  }
  return kept ?? lines
}
