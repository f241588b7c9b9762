/**
 * The one place that says what a line of Markdown is: CommonMark, and the headings of reStructuredText and AsciiDoc,
 * as many a text comes without its file name. Everything that reads a text, for a model or for the ranker, reads it so.
 */
export type Line =
  | { readonly kind: 'heading'; readonly level: number; readonly words: string }
  /** `opens`, `code` and `closes` are a fenced block, `rule` is a line of marks, also that below a heading. */
  | { readonly kind: 'text' | 'rule' | 'contents' | 'front matter' | FenceKind }

type FenceKind = 'opens' | 'code' | 'closes'

/** What a block inside a list or a quotation stands behind. */
const container = '[\\s>]{0,16}(?:(?:[-*+]|\\d{1,9}[.)])[\\s>]{1,4}){0,3}'
/** After backticks no further backtick may stand on the line: then they are code inside a line of text. */
const opening = new RegExp(`^${container}(?:(\`{3,})[^\`]*|(~{3,}).*)$`, 'u')
const closing = /^[\s>]{0,16}(`{3,}|~{3,})\s*$/u
const longestFence = 100

const mayBeFence = (line: string): boolean => line.includes('```') || line.includes('~~~')

/** The marks that open a fenced code block on this line, as CommonMark has it; undefined when none does. */
function openingFence(line: string): string | undefined {
  if (!mayBeFence(line)) return undefined
  const found = opening.exec(line)
  return found?.[1] ?? found?.[2]
}

/** Whether a line closes the block that these marks opened: the same mark, as often or more, and nothing behind it. */
const closesFence = (line: string, fence: string): boolean =>
  mayBeFence(line) && (closing.exec(line)?.[1]?.startsWith(fence) ?? false)

/**
 * Tells whether a fence that opens on a line of a text is closed further down. One that is not would make code of all
 * the rest, which is hardly ever what was meant, so it is read as text. Looked up when first asked.
 */
function createFenceEnds(lines: readonly string[]): (fence: string, line: number) => boolean {
  let ends: Map<string, Int32Array> | undefined
  return (fence, line) => {
    ends ??= lastClosings(lines)
    return ends.get(fence[0]!)![Math.min(fence.length, longestFence)]! > line
  }
}

/** For each mark and each number of it, the last line that closes a fence of so many. */
function lastClosings(lines: readonly string[]): Map<string, Int32Array> {
  const ends = new Map(['`', '~'].map(mark => [mark, new Int32Array(longestFence + 1).fill(-1)]))
  for (const [index, line] of lines.entries()) {
    const marks = mayBeFence(line) ? closing.exec(line)?.[1] : undefined
    if (marks !== undefined) ends.get(marks[0]!)![Math.min(marks.length, longestFence)] = index
  }
  for (const last of ends.values())
    for (let length = longestFence; length > 0; length--) last[length - 1] = Math.max(last[length - 1]!, last[length]!)
  return ends
}

/** What a line has to do with fenced code; to be asked about each line in its order. */
export function createFenceReader(lines: readonly string[]): (index: number) => FenceKind | undefined {
  const isClosed = createFenceEnds(lines)
  let fence: string | undefined
  return index => {
    const line = lines[index]!
    if (fence !== undefined) {
      if (!closesFence(line, fence)) return 'code'
      fence = undefined
      return 'closes'
    }
    const opened = openingFence(line)
    if (opened === undefined || !isClosed(opened, index)) return undefined
    fence = opened
    return 'opens'
  }
}

const hashHeading = /^\s{0,3}(#{1,6})\s+(\S.*)$/u
const closingHashes = /\s#{1,6}\s*$/u
const asciidocHeading = /^(={1,6})\s+(\S.*)$/u
const underlining = /^\s{0,3}(={3,}|-{3,}|~{3,}|\^{3,}|\*{3,}|"{3,}|\+{3,})\s*$/u
const levelOfMark: Readonly<Record<string, number>> = { '=': 1, '-': 2, '*': 2, '~': 3, '^': 3, '"': 3, '+': 3 }
/** Items, quotations, rows of tables and code are no headings, whatever stands below them. */
const noHeading = /^(?:\s{0,3}[-*+>|](?:\s|$)|\s{4}|\t)/u
const contentsLine = /^\s{0,16}(?:[-*+]|\d{1,3}[.)])?\s{0,8}\[[^\]\n]{0,200}\]\(#[^)\n]{0,200}\)\s{0,8}$/u
const longestHeading = 2_000
const longestFrontMatter = 200

const space = 0x20
const isSpace = (code: number) => code <= space || code > 0x7e
/** Nearly every line is told by how it starts; only the rest is worth a pattern. */
const mayStart = (line: string, signs: string) => isSpace(line.charCodeAt(0)) || signs.includes(line[0]!)

const underlineOf = (line: string | undefined): string | undefined =>
  line !== undefined && line.length >= 3 && mayStart(line, '=-~^*"+') ? underlining.exec(line)?.[1] : undefined

/**
 * `=` and `-` underline a heading in any length. What only reStructuredText knows has to be as long as the words, as
 * docutils demands: Markdown has `***` for a rule and `~~~` for a fence.
 * https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#sections
 */
const isLongEnough = (underline: string, words: string) =>
  underline[0] === '=' || underline[0] === '-' || underline.length >= Math.max(words.length, 4)

/** Made once, as most lines of a text are one of these. */
const lineOf = Object.fromEntries(
  (['text', 'rule', 'contents', 'front matter', 'opens', 'code', 'closes'] as const).map(kind => [kind, { kind }]),
) as Record<Exclude<Line['kind'], 'heading'>, Line>

/** What each line of a text is; to be asked about each in its order. */
export function createMarkdownReader(lines: readonly string[]): (index: number) => Line {
  const fenceKind = createFenceReader(lines)
  const start = endOfFrontMatter(lines)
  let underlined = -1
  /** The line that is asked about next, and its marks, where they were looked up already. */
  let next = -1
  let marksOfNext: string | undefined

  function headingAt(index: number, own: string | undefined): Line | undefined {
    const line = lines[index]!
    const underline = underlineOf(lines[index + 1])
    next = index + 1
    marksOfNext = underline
    if (line === '' || line.length > longestHeading) return undefined
    const marked = mayStart(line, '#=') ? (hashHeading.exec(line) ?? asciidocHeading.exec(line)) : null
    if (marked) return { kind: 'heading', level: marked[1]!.length, words: marked[2]!.replace(closingHashes, '') }
    if (underline === undefined || own !== undefined || noHeading.test(line)) return undefined
    const words = line.trim()
    if (words === '' || !isLongEnough(underline, words)) return undefined
    underlined = index + 1
    return { kind: 'heading', level: levelOfMark[underline[0]!]!, words }
  }

  return index => {
    if (index < start) return lineOf['front matter']
    if (index === underlined) return lineOf.rule
    const fence = fenceKind(index)
    if (fence !== undefined) return lineOf[fence]
    const line = lines[index]!
    const own = next === index ? marksOfNext : underlineOf(line)
    const heading = headingAt(index, own)
    if (heading) return heading
    if (own !== undefined) return lineOf.rule
    return line.includes('](#') && contentsLine.test(line) ? lineOf.contents : lineOf.text
  }
}

function endOfFrontMatter(lines: readonly string[]): number {
  const rule = lines[0]?.trim()
  if (rule !== '---' && rule !== '+++') return 0
  const end = lines.slice(1, longestFrontMatter).findIndex(line => line.trim() === rule)
  return end < 0 ? 0 : end + 2
}
