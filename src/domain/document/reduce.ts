import type { Coverage, Cut } from './coverage.ts'
import { bytes, fitted } from './fit.ts'
import { cutLines, withMarkdownHeadings, withoutComments } from './line-cuts.ts'
import { withoutBoilerplate } from './sections.ts'

export interface ReducedText {
  readonly text: string
  readonly coverage: Coverage
}

/** Tokens are not counted: four bytes of a README are about one. */
const bytesPerToken = 4

/** Leaves out what says nothing about the subject, then what does not fit the budget (in tokens). */
export function reduceText(original: string, budget: number): ReducedText {
  const cuts = new Set<Cut>()
  const plain = withMarkdownHeadings(withoutComments(withLineFeeds(original), cuts), cuts)
  const lines = cutLines(withoutBlankRuns(plain), cuts)
  const moreCuts = new Set(cuts)
  const text = joined(withoutBoilerplate(lines, moreCuts))
  if (isUsable(text)) return reduced(original, fitted(text, budget * bytesPerToken, moreCuts), moreCuts)
  // A text that is boilerplate from end to end is about that.
  return reduced(original, fitted(joined(lines), budget * bytesPerToken, cuts), cuts)
}

const reduced = (original: string, text: string, cuts: ReadonlySet<Cut>): ReducedText => ({
  text,
  coverage: { total_bytes: bytes(original), sent_bytes: bytes(text), cut: [...cuts] },
})

/** The text as it came. */
export function wholeText(text: string): ReducedText {
  return { text, coverage: { total_bytes: bytes(text), sent_bytes: bytes(text), cut: [] } }
}

/** Whether there is a letter or a digit to go by. */
export const isUsable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

const withoutBlankRuns = (text: string): string => (text.includes('\n\n\n') ? text.replace(/\n{3,}/gu, '\n\n') : text)

const joined = (lines: readonly string[]): string => withPlainControls(withoutBlankRuns(lines.join('\n')).trim())

const withLineFeeds = (text: string): string => (text.includes('\r') ? text.replace(/\r\n?/gu, '\n') : text)

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
const oddControls = /[\u0000-\u001f\u007f-\u009f](?<![\t\n])/

const withPlainControls = (text: string): string =>
  oddControls.test(text)
    ? text.replace(/\p{Cc}/gu, character => (character === '\n' || character === '\t' ? character : ' '))
    : text
