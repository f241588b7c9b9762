import type { Cut } from '../core/classification.ts'
import { isBoilerplateHeading } from './boilerplate.ts'
import { closesFence, createFenceEnds, openingFence } from './fences.ts'
import { withCharacters } from './html.ts'

const hashHeading = /^\s{0,3}(#{1,6})\s+(\S.*)$/u
const underline = /^(={3,}|-{3,})\s*$/u
/** Items, quotations, rows of tables and code are no headings, whatever stands below them. */
const noHeading = /^(?:\s{0,3}[-*+>|](?:\s|$)|\s{4}|\t)/u
const contentsLine = /^\s{0,16}(?:[-*+]|\d{1,3}[.)])?\s{0,8}\[[^\]\n]{0,200}\]\(#[^)\n]{0,200}\)\s{0,8}$/u
const longestCode = 16
const keptCode = 8
const longestLine = 2_000
const keptOfLine = 500

/** A line in a script without spaces is as long as its paragraph, and no dump. */
const unbroken = /^[!-~]+$/u

const space = 0x20
const isSpace = (code: number) => code <= space || code > 0x7e
/** Nearly every line is told by how it starts; only the rest is worth a pattern. */
const mayStart = (line: string, signs: string) => isSpace(line.charCodeAt(0)) || signs.includes(line[0]!)

export interface Heading {
  readonly level: number
  readonly words: string
}

/** The heading on a line, or on a line and the one that underlines it. */
export function headingOf(line: string, next: string | undefined): Heading | undefined {
  if (line === '' || line.length > longestLine) return undefined
  const hashes = mayStart(line, '#') ? hashHeading.exec(line) : null
  if (hashes) return { level: hashes[1]!.length, words: hashes[2]! }
  const under = next !== undefined && (next[0] === '=' || next[0] === '-') ? underline.exec(next)?.[1] : undefined
  return under === undefined || underline.test(line) || noHeading.test(line)
    ? undefined
    : { level: under[0] === '=' ? 1 : 2, words: line.trim() }
}

/** The lines less sections, tables of contents, long code and overlong lines that say nothing of the subject. */
export function withoutBoilerplate(lines: readonly string[], cuts: Set<Cut>): string[] {
  const kept: string[] = []
  const isClosed = createFenceEnds(lines)
  let open: string | undefined
  let codeLines = 0
  let skipBelow = 0
  let title: string | undefined

  const keep = (line: string): void => {
    if (skipBelow > 0) return
    if (line.length > longestLine && unbroken.test(line.slice(0, keptOfLine))) {
      cuts.add('data')
      kept.push(`${line.slice(0, keptOfLine)}…`)
    } else kept.push(line)
  }
  const code = (line: string): void => {
    if (closesFence(line, open!)) {
      if (codeLines > longestCode) keep('…')
      open = undefined
      keep(line)
      return
    }
    codeLines += 1
    // Held until it is known to be long: what comes after the limit goes, with what stands between.
    if (codeLines <= longestCode) keep(line)
    else {
      if (codeLines === longestCode + 1 && skipBelow === 0) kept.length -= longestCode - keptCode
      cuts.add('code')
    }
  }
  const heading = ({ level, words }: Heading): void => {
    if (skipBelow > 0 && level > skipBelow) return
    skipBelow = title !== undefined && isBoilerplateHeading(words, title) ? level : 0
    if (skipBelow > 0) cuts.add('boilerplate')
    title ??= words
  }

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    if (open !== undefined) {
      code(line)
      continue
    }
    const found = headingOf(line, lines[index + 1])
    if (found) heading(found)
    else if (line.includes('](#') && contentsLine.test(line)) {
      cuts.add('contents')
      continue
    } else {
      const fence = openingFence(line)
      open = fence !== undefined && isClosed(fence, index) ? fence : undefined
      codeLines = 0
    }
    keep(open === undefined && line.includes('&') ? withCharacters(line) : line)
  }
  return kept
}
