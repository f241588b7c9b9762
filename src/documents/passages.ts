import type { Part, Passage, ReadText } from '../core/passages.ts'
import { isGenericTitle, isMinorHeading } from './boilerplate.ts'
import { withoutHtml } from './html.ts'
import { isNavigation, plainWords } from './inline.ts'
import { createMarkdownReader } from './markdown.ts'

const LONGEST_TEXT = 60_000
const FIRST_WORDS = 20
const LEAD_WORDS = 80
const SENTENCE_WORDS = 4
/** In a script that puts no spaces between words, so many characters make a sentence. */
const SENTENCE_CHARACTERS = 8
const UNSPACED = /[[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}]&&\p{L}]/gv

const isSentence = (words: readonly string[], text: string): boolean =>
  words.length >= SENTENCE_WORDS || (text.match(UNSPACED)?.length ?? 0) >= SENTENCE_CHARACTERS

/** Rows of links and boxed notes stand early in a page without saying what it is about. */
const isAside = (paragraph: string): boolean => paragraph.startsWith('[!') || isNavigation(paragraph)

/** Reads a text as a README is read: what it is called, what it says first, what comes later, what every project says. */
export function readText(text: string): ReadText {
  const source = text
    .slice(0, LONGEST_TEXT)
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
  const passages: Passage[] = []
  const opening: string[] = []
  const add = (part: Part, words: string): void => {
    if (words !== '') passages.push({ part, text: words })
  }
  let title: string | undefined
  let boilerplateLevel = 0
  let proseWords = 0
  const addProse = (words: readonly string[]): void => {
    if (proseWords < LEAD_WORDS) opening.push(words.join(' '))
    const first = Math.max(0, FIRST_WORDS - proseWords)
    const lead = Math.max(first, LEAD_WORDS - proseWords)
    proseWords += words.length
    add('first', words.slice(0, first).join(' '))
    add('lead', words.slice(first, lead).join(' '))
    add('body', words.slice(lead).join(' '))
  }
  for (const block of readBlocks(withoutHtml(source))) {
    if (block.kind === 'code') {
      add('code', block.text)
      continue
    }
    const words = plainWords(block.text)
    if (block.kind === 'prose') {
      const list = words.split(' ').filter(word => word !== '')
      if (boilerplateLevel > 0) add('boilerplate', words)
      else if (isSentence(list, words) && !isAside(block.text)) addProse(list)
      else add('body', words)
    } else if (block.level === 1 && title === undefined && !isGenericTitle(words) && words !== '') {
      title = words
      boilerplateLevel = 0
      add('title', words)
    } else {
      if (boilerplateLevel === 0 || block.level <= boilerplateLevel)
        boilerplateLevel = isMinorHeading(words, title) ? block.level : 0
      add(boilerplateLevel > 0 ? 'boilerplate' : 'heading', words)
    }
  }
  return { passages, opening }
}

/** A run of lines that belong together, still with its inline markup. */
interface Block {
  readonly kind: 'heading' | 'prose' | 'code'
  /** 1 to 6 for headings, 0 for the rest. */
  readonly level: number
  readonly text: string
}

const LIST_ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s+/
const REFERENCE_TARGET = /^\s{0,3}\[[^\]\n]{1,200}\]:\s/
const RST_DIRECTIVE = /^\s{0,8}\.\.(?:\s|$)|^\s{1,8}:[a-z-]{1,30}:(?:\s|$)/
const TABLE_RULE = /^\s*\|?[\s:|-]{3,}$/

/** Cuts a text into headings, prose and code, line by line; what only arranges a page is left out. */
function readBlocks(text: string): Block[] {
  const lines = text.split('\n')
  const read = createMarkdownReader(lines)
  const blocks: Block[] = []
  let prose: string[] = []
  let code: string[] = []
  let afterBlank = true
  let inList = false

  const flush = (): void => {
    if (code.length > 0) blocks.push({ kind: 'code', level: 0, text: code.join('\n') })
    if (prose.length > 0) blocks.push({ kind: 'prose', level: 0, text: prose.join(' ') })
    code = []
    prose = []
  }
  /** Code that no fence encloses: indented, or a command as a terminal shows it. */
  const plainCode = (line: string, bare: string): string | undefined => {
    if (bare.startsWith('$ ')) return bare.slice(2)
    return !inList && (afterBlank || code.length > 0) && /^(?: {4}|\t)/.test(line) ? line : undefined
  }
  const takeText = (line: string): void => {
    const bare = line.trim()
    if (bare === '') {
      if (code.length === 0) flush()
      return
    }
    const command = plainCode(line, bare)
    if (command !== undefined) {
      if (prose.length > 0) flush()
      code.push(command)
      return
    }
    if (code.length > 0) flush()
    if (TABLE_RULE.test(bare)) return
    if (REFERENCE_TARGET.test(line) || RST_DIRECTIVE.test(line)) {
      flush()
      return
    }
    const item = LIST_ITEM.exec(line)
    if (item || bare.startsWith('|')) flush()
    inList = item !== null || (inList && /^\s/.test(line))
    prose.push(item ? line.slice(item[0].length) : bare.replace(/^>\s?/, ''))
  }

  for (const [index, line] of lines.entries()) {
    const found = read(index)
    if (found.kind === 'code') code.push(line)
    else if (found.kind === 'text') takeText(line)
    else flush()
    if (found.kind === 'heading') blocks.push({ kind: 'heading', level: found.level, text: found.words })
    afterBlank = line.trim() === '' || found.kind === 'closes'
  }
  flush()
  return blocks
}
