import { PRE_CLOSES, PRE_OPENS } from './html.ts'

/** A run of lines that belong together, still with its inline markup. */
export interface Block {
  readonly kind: 'heading' | 'prose' | 'code'
  /** 1 to 6 for headings, 0 for the rest. */
  readonly level: number
  readonly text: string
}

const FENCE = /^\s{0,12}(`{3,}|~{3,})/
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

/** Cuts a text into headings, prose and code, line by line; what only arranges a page is left out. */
export function readBlocks(text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  let prose: string[] = []
  let code: string[] = []
  let fence: string | undefined
  const flush = (): void => {
    if (code.length > 0) blocks.push({ kind: 'code', level: 0, text: code.join('\n') })
    if (prose.length > 0) blocks.push({ kind: 'prose', level: 0, text: prose.join(' ') })
    code = []
    prose = []
  }
  const head = (level: number, words: string): void => {
    flush()
    blocks.push({ kind: 'heading', level, text: words })
  }
  let blankBefore = true
  let inList = false
  for (let index = afterFrontMatter(lines); index < lines.length; index += 1) {
    const line = lines[index] ?? ''
    const bare = line.trim()
    if (fence !== undefined) {
      const closes = fence === PRE_OPENS ? bare === PRE_CLOSES : bare.startsWith(fence) && /^[`~]+$/.test(bare)
      if (closes) {
        flush()
        fence = undefined
      } else code.push(line)
      blankBefore = closes
      continue
    }
    const opened = bare === PRE_OPENS ? PRE_OPENS : FENCE.exec(line)?.[1]
    if (opened !== undefined) {
      flush()
      fence = opened
      continue
    }
    if (bare === '' || bare === PRE_CLOSES) {
      if (code.length === 0) flush()
      blankBefore = true
      continue
    }
    const indented = /^(?: {4}|\t)/.test(line) && !inList
    if ((indented && (blankBefore || code.length > 0)) || bare.startsWith('$ ')) {
      if (prose.length > 0) flush()
      code.push(bare.startsWith('$ ') ? bare.slice(2) : line)
      blankBefore = false
      continue
    }
    if (code.length > 0) flush()
    if (!/^\s/.test(line)) inList = false
    const hashes = HASH_HEADING.exec(line) ?? ASCIIDOC_HEADING.exec(line)
    const under = UNDERLINE.exec(bare)?.[1]
    if (hashes) head(hashes[1]!.length, hashes[2]!.replace(/\s#{1,6}\s*$/, ''))
    else if (under !== undefined) {
      const words = prose.pop()
      if (words !== undefined && !blankBefore) head(UNDERLINE_LEVEL[under[0]!] ?? 3, words)
      else flush()
    } else if (CONTENTS_LINE.test(bare) || REFERENCE_TARGET.test(line) || RST_DIRECTIVE.test(line)) flush()
    else if (TABLE_RULE.test(bare)) blankBefore = false
    else {
      const item = LIST_ITEM.exec(line)
      if (item) {
        flush()
        inList = true
      } else if (bare.startsWith('|')) flush()
      prose.push(item ? line.slice(item[0].length) : bare.replace(/^>\s?/, ''))
    }
    blankBefore = false
  }
  flush()
  return blocks
}
