import { Buffer } from 'node:buffer'
import type { Cut } from './coverage.ts'
import { headingOf } from './sections.ts'

const shareOfHead = 0.65
const shareOfTail = 0.2
const longestLead = 160
const gap = '\n\n[…]\n\n'

export const bytes = (text: string) => Buffer.byteLength(text, 'utf8')

/** A character is three bytes at the most for each of its units: a short text need not be counted. */
const fits = (text: string, budget: number) => text.length * 3 <= budget || bytes(text) <= budget

/**
 * Of a text that is too long, its head, its tail, and of what lies between the headings with the first line below
 * each: what a project is stands first, and what it is for often last.
 */
export function fitted(text: string, budget: number, cuts: Set<Cut>): string {
  if (fits(text, budget)) return text
  cuts.add('middle')
  const encoded = Buffer.from(text, 'utf8')
  const headEnd = Math.floor(budget * shareOfHead)
  const tailStart = encoded.length - Math.floor(budget * shareOfTail)
  const head = upToLastBreak(decode(encoded.subarray(0, headEnd)))
  const tail = fromFirstBreak(decode(encoded.subarray(tailStart)))
  const room = budget - headEnd - (encoded.length - tailStart)
  const middle = outline(decode(encoded.subarray(bytes(head), encoded.length - bytes(tail))), room)
  return [head, ...(middle === '' ? [] : [middle]), tail].join(gap)
}

/** The headings of a text and the line below each, as many as there is room for. */
function outline(text: string, room: number): string {
  const lines = text.split('\n')
  const told: string[] = []
  let left = room - bytes(gap)
  for (const [index, line] of lines.entries()) {
    const heading = headingOf(line, lines[index + 1])
    if (!heading) continue
    const lead = lines.slice(index + 1, index + 4).find(next => /^\s{0,3}[\p{L}\p{N}[*`"(]/u.test(next)) ?? ''
    const entry =
      `${'#'.repeat(heading.level)} ${heading.words}\n${lead.slice(0, longestLead).toWellFormed()}`.trimEnd()
    left -= bytes(entry) + 1
    if (left < 0) break
    told.push(entry)
  }
  return told.join('\n')
}

/** A character that the cut split is left out. */
const decode = (part: Buffer) => part.toString('utf8').replace(/^\uFFFD{1,3}|\uFFFD{1,3}$/gu, '')

function upToLastBreak(head: string): string {
  const end = head.lastIndexOf('\n')
  return (end > head.length / 2 ? head.slice(0, end) : head).trimEnd()
}

function fromFirstBreak(tail: string): string {
  const start = tail.indexOf('\n')
  return (start !== -1 && start < tail.length / 2 ? tail.slice(start) : tail).trimStart()
}
