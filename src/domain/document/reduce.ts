import type { Coverage, Cut } from './coverage.ts'
import { bytes, fitted } from './fit.ts'
import { cutLine, withMarkdownHeadings, withoutComments } from './line-cuts.ts'
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
  const plain = withMarkdownHeadings(withoutComments(withPlainControls(original), cuts), cuts)
  const lines: string[] = []
  for (const line of withoutBlankRuns(plain).split('\n')) {
    const kept = cutLine(line, cuts)
    if (kept !== undefined) lines.push(kept)
  }
  const whole = joined(lines)
  const cutsOfLines = new Set(cuts)
  const text = joined(withoutBoilerplate(lines, cuts))
  // A text that is boilerplate from end to end is about that.
  const usable = isUsable(text) || !isUsable(whole)
  const kept = usable ? fitted(text, budget * bytesPerToken, cuts) : fitted(whole, budget * bytesPerToken, cutsOfLines)
  return {
    text: kept,
    coverage: { total_bytes: bytes(original), sent_bytes: bytes(kept), cut: [...(usable ? cuts : cutsOfLines)] },
  }
}

/** The text as it came. */
export function wholeText(text: string): ReducedText {
  return { text, coverage: { total_bytes: bytes(text), sent_bytes: bytes(text), cut: [] } }
}

/** Whether there is a letter or a digit to go by. */
export const isUsable = (text: string): boolean => /[\p{L}\p{N}]/u.test(text)

const withoutBlankRuns = (text: string): string => text.replace(/\n{3,}/gu, '\n\n')

const joined = (lines: readonly string[]): string => withoutBlankRuns(lines.join('\n')).trim()

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to be replaced
const oddControls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/

function withPlainControls(text: string): string {
  if (!oddControls.test(text)) return text
  return text.replace(/\r\n?/gu, '\n').replace(/\p{Cc}/gu, keepWhiteSpace)
}

const keepWhiteSpace = (character: string) => (character === '\n' || character === '\t' ? character : ' ')
