import { closesFence, createFenceEnds, openingFence } from './fences.ts'
import { PRE_CLOSES, PRE_OPENS } from './html.ts'

/** A run of lines that belong together, still with its inline markup. */
export interface Block {
  readonly kind: 'heading' | 'prose' | 'code'
  /** 1 to 6 for headings, 0 for the rest. */
  readonly level: number
  readonly text: string
}

const HASH_HEADING = /^\s{0,3}(#{1,6})\s+(\S.*)$/
const ASCIIDOC_HEADING = /^(={1,6})\s+(\S.*)$/
const UNDERLINE = /^(={3,}|-{3,}|~{3,}|\^{3,}|\*{3,}|"{3,}|\+{3,})\s*$/
const LIST_ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+/
const CONTENTS_LINE = /^(?:[-*+]|\d{1,3}[.)])?\s{0,8}\[[^\]\n]{0,200}\]\(#[^)\n]{0,200}\)\s*$/
const REFERENCE_TARGET = /^\s{0,3}\[[^\]\n]{1,200}\]:\s/
const RST_DIRECTIVE = /^\s{0,8}\.\.(?:\s|$)|^\s{1,8}:[a-z-]{1,30}:(?:\s|$)/
const TABLE_RULE = /^\s*\|?[\s:|-]{3,}$/
const UNDERLINE_LEVEL: Record<string, number> = { '=': 1, '-': 2, '~': 3, '^': 3, '"': 3, '*': 2, '+': 3 }

function afterFrontMatter(lines: readonly string[]): number {
  const rule = lines[0]?.trim()
  if (rule !== '---' && rule !== '+++') return 0
  const end = lines.slice(1, 200).findIndex(line => line.trim() === rule)
  return end < 0 ? 0 : end + 2
}

/** Takes the lines of a text one after the other; each step either takes a line or leaves it to the next. */
function createBlockReader(isClosed: (fence: string, line: number) => boolean) {
  const blocks: Block[] = []
  let prose: string[] = []
  let code: string[] = []
  let fence: string | undefined
  let afterBlank = true
  let inList = false

  const flush = (): void => {
    if (code.length > 0) blocks.push({ kind: 'code', level: 0, text: code.join('\n') })
    if (prose.length > 0) blocks.push({ kind: 'prose', level: 0, text: prose.join(' ') })
    code = []
    prose = []
  }
  const pushHeading = (level: number, text: string): void => {
    flush()
    blocks.push({ kind: 'heading', level, text })
  }
  const insideFence = (line: string, bare: string): boolean => {
    if (fence === undefined) return false
    if (fence === PRE_OPENS ? bare === PRE_CLOSES : closesFence(line, fence)) {
      flush()
      fence = undefined
    } else code.push(line)
    return true
  }
  const opensFence = (line: string, bare: string, index: number): boolean => {
    const opened = bare === PRE_OPENS ? PRE_OPENS : openingFence(line)
    if (opened === undefined || !isClosed(opened, index)) return false
    flush()
    fence = opened
    return true
  }
  const blank = (_: string, bare: string): boolean => {
    if (bare !== '' && bare !== PRE_CLOSES && bare !== PRE_OPENS) return false
    if (code.length === 0) flush()
    return true
  }
  const codeLine = (line: string, bare: string): boolean => {
    const command = bare.startsWith('$ ')
    const indented = !inList && (afterBlank || code.length > 0) && /^(?: {4}|\t)/.test(line)
    if (!command && !indented) {
      if (code.length > 0) flush()
      return false
    }
    if (prose.length > 0) flush()
    code.push(command ? bare.slice(2) : line)
    return true
  }
  const heading = (line: string, bare: string): boolean => {
    const hashes = HASH_HEADING.exec(line) ?? ASCIIDOC_HEADING.exec(line)
    const underline = UNDERLINE.exec(bare)?.[1]
    if (hashes) pushHeading(hashes[1]!.length, hashes[2]!.replace(/\s#{1,6}\s*$/, ''))
    else if (underline === undefined) return false
    else if (prose.length === 0 || afterBlank) flush()
    else pushHeading(UNDERLINE_LEVEL[underline[0]!] ?? 3, prose.pop()!)
    return true
  }
  const furniture = (line: string, bare: string): boolean => {
    if (TABLE_RULE.test(bare)) return true
    if (!CONTENTS_LINE.test(bare) && !REFERENCE_TARGET.test(line) && !RST_DIRECTIVE.test(line)) return false
    flush()
    return true
  }
  const text = (line: string, bare: string): boolean => {
    const item = LIST_ITEM.exec(line)
    if (item || bare.startsWith('|')) flush()
    inList = item !== null || (inList && /^\s/.test(line))
    prose.push(item ? line.slice(item[0].length) : bare.replace(/^>\s?/, ''))
    return true
  }
  const steps = [insideFence, opensFence, blank, codeLine, heading, furniture, text]

  return {
    read(line: string, index: number): void {
      const bare = line.trim()
      steps.some(step => step(line, bare, index))
      afterBlank = bare === '' || bare === PRE_CLOSES
    },
    end(): Block[] {
      flush()
      return blocks
    },
  }
}

/** Cuts a text into headings, prose and code, line by line; what only arranges a page is left out. */
export function readBlocks(text: string): Block[] {
  const lines = text.split('\n')
  const lastOfPre = lines.lastIndexOf(PRE_CLOSES)
  const fenceEnds = createFenceEnds(lines)
  const reader = createBlockReader((fence, line) => (fence === PRE_OPENS ? lastOfPre > line : fenceEnds(fence, line)))
  for (let line = afterFrontMatter(lines); line < lines.length; line++) reader.read(lines[line]!, line)
  return reader.end()
}
