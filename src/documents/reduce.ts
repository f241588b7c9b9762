import { Buffer } from 'node:buffer'
import type { Coverage, Cut } from '../core/classification.ts'
import { withMarkdownHeadings, withoutComments, withoutEmbedded } from './html.ts'
import { createMarkdownReader } from './markdown.ts'
import { cutLines, withoutBoilerplate, withoutDumps } from './sections.ts'

export interface ReducedText {
  readonly text: string
  readonly coverage: Coverage
}

/** Tokens are not counted: four bytes of a README are about one. */
const bytesPerToken = 4

/** Leaves out what says nothing about the subject, then what does not fit the budget (in tokens). */
export function reduceText(original: string, budget: number): ReducedText {
  const cuts = new Set<Cut>()
  const shown = withoutEmbedded(withoutComments(withLineFeeds(original), cuts), cuts)
  const plain = withMarkdownHeadings(shown, cuts)
  const lines = withoutDumps(cutLines(withoutBlankRuns(plain), cuts), cuts)
  const moreCuts = new Set(cuts)
  const kept = withoutBoilerplate(lines, moreCuts)
  const text = joined(kept)
  if (isUsable(text) && hasBody(kept))
    return reduced(original, fitted(text, budget * bytesPerToken, moreCuts), moreCuts)
  // A text of which nothing but headings would be left is about what was cut.
  return reduced(original, fitted(joined(lines), budget * bytesPerToken, cuts), cuts)
}

/** Whether there is a letter or a digit to go by. */
export const isUsable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

/** Whether anything but headings is left: a text that is cut to its headings was not about what they are usually about. */
function hasBody(lines: readonly string[]): boolean {
  const read = createMarkdownReader(lines)
  return lines.some((line, index) => read(index).kind !== 'heading' && isUsable(line))
}

const reduced = (original: string, text: string, cuts: ReadonlySet<Cut>): ReducedText => ({
  text,
  coverage: { total_bytes: bytes(original), sent_bytes: bytes(text), cut: [...cuts] },
})

/** The text as it came. */
export function wholeText(text: string): ReducedText {
  return { text, coverage: { total_bytes: bytes(text), sent_bytes: bytes(text), cut: [] } }
}

const withoutBlankRuns = (text: string): string => (text.includes('\n\n\n') ? text.replace(/\n{3,}/gu, '\n\n') : text)

const joined = (lines: readonly string[]): string => withPlainControls(withoutBlankRuns(lines.join('\n')).trim())

const withLineFeeds = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/gu, '\n') : text)

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
const oddControls = /[\u0000-\u001f\u007f-\u009f](?<![\t\n])/

const withPlainControls = (text: string): string =>
  oddControls.test(text)
    ? text.replace(/\p{Cc}/gu, character => (character === '\n' || character === '\t' ? character : ' '))
    : text

const shareOfHead = 0.65
const shareOfTail = 0.2
const longestLead = 160
const gap = '\n\n[…]\n\n'

const bytes = (text: string) => Buffer.byteLength(text, 'utf8')

/** A character is three bytes at the most for each of its units: a short text need not be counted. */
const fits = (text: string, budget: number) => text.length * 3 <= budget || bytes(text) <= budget

/**
 * Of a text that is too long, its head, its tail, and of what lies between the headings with the first line below
 * each: what a project is stands first, and what it is for often last.
 */
function fitted(text: string, budget: number, cuts: Set<Cut>): string {
  if (fits(text, budget)) return text
  cuts.add('middle')
  const encoded = Buffer.from(text, 'utf8')
  const headEnd = Math.floor(budget * shareOfHead)
  const tailStart = encoded.length - Math.floor(budget * shareOfTail)
  const head = upToLastBreak(decode(encoded.subarray(0, headEnd)))
  const tail = fromFirstBreak(decode(encoded.subarray(tailStart)))
  const room = budget - headEnd - (encoded.length - tailStart)
  const middle = outline(text, { from: head.length, to: text.length - tail.length, room })
  return [head, ...(middle === '' ? [] : [middle]), tail].join(gap)
}

/** The headings of a part of a text and the line below each, as many as there is room for. */
function outline(text: string, { from, to, room }: { from: number; to: number; room: number }): string {
  const lines = text.split('\n')
  const read = createMarkdownReader(lines)
  const told: string[] = []
  let left = room - bytes(gap)
  let start = 0
  for (const [index, line] of lines.entries()) {
    const found = read(index)
    const isInside = start >= from
    start += line.length + 1
    if (start > to) break
    if (!isInside || found.kind !== 'heading') continue
    const lead = lines.slice(index + 1, index + 4).find(next => /^\s{0,3}[\p{L}\p{N}[*`"(]/u.test(next)) ?? ''
    const entry = `${'#'.repeat(found.level)} ${found.words}\n${lead.slice(0, longestLead).toWellFormed()}`.trimEnd()
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
