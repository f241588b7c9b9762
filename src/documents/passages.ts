import { readBlocks } from './blocks.ts'
import { isGenericTitle, isMinorHeading } from './boilerplate.ts'
import { isNavigation, plainWords, withoutHtml } from './html.ts'

/** Where in a document words stand, from what says most about it to what says least. */
export const PARTS = ['title', 'first', 'lead', 'heading', 'body', 'code', 'boilerplate'] as const
export type Part = (typeof PARTS)[number]

/** A run of words of one part, free of markup. */
export interface Passage {
  readonly part: Part
  readonly text: string
}

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

/** A text taken apart. */
export interface ReadText {
  readonly passages: readonly Passage[]
  /** The paragraphs that open the text, whole. */
  readonly opening: readonly string[]
}

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

export const readPassages = (text: string): readonly Passage[] => readText(text).passages
