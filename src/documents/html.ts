import { decodeHTMLStrict } from 'entities/decode'
import { createElementEnds, isEmbedded } from './embedded.ts'

/** Lines that stand for the edges of `<pre>`; private-use characters, so no text holds them by accident. */
export const PRE_OPENS = '\uE000'
export const PRE_CLOSES = '\uE001'

const LONGEST_TAG = 4_000
const LONGEST_HEADING = 400
const BREAKING = new Set(
  'p div br hr ul ol li dl dt dd table thead tbody tr blockquote details summary section header footer center picture'.split(
    ' ',
  ),
)
const BADGE =
  /badge|logo|status|banner|screenshot|shield|build|licen[cs]e|coverage|version|backer|sponsor|chat|discord|gitter|slack|download|release|follow|star|join|npm|workflow|demo/i

/** The words of an image that says something; pictures named by one or two words, and badges, say nothing. */
function altText(alt: string): string {
  return alt.split(/\s+/).filter(word => word !== '').length >= 4 && !BADGE.test(alt) ? alt : ''
}

function attribute(tag: string, name: string): string {
  const start = tag.toLowerCase().indexOf(` ${name}=`)
  if (start < 0) return ''
  const from = start + name.length + 2
  const quote = tag[from]
  if (quote !== '"' && quote !== "'") return tag.slice(from).split(/[\s>]/, 1)[0] ?? ''
  const end = tag.indexOf(quote, from + 1)
  return tag.slice(from + 1, end < 0 ? undefined : end)
}

function replacement(tag: string): string {
  const name = /^<\/?([a-z][a-z0-9]{0,15})/i.exec(tag)?.[1]?.toLowerCase() ?? ''
  const closes = tag[1] === '/'
  if (name === 'a') return closes ? ']()' : '['
  if (name === 'img') return ` ${altText(attribute(tag, 'alt'))} `
  if (name === 'pre') return `\n${closes ? PRE_CLOSES : PRE_OPENS}\n`
  if (BREAKING.has(name)) return '\n'
  return name === 'td' || name === 'th' ? ' ' : ''
}

/** Finds the next place of a mark at or after a position; remembers the last answer, so a whole walk is linear. */
function walker(text: string, mark: string): (from: number) => number {
  let place = -2
  return from => {
    if (place === -1 || place >= from) return place
    place = text.indexOf(mark, from)
    return place
  }
}

/** Entities as the characters they stand for, `Z&uuml;rich` as Zürich; what is no entity stays as it is written. */
export const withCharacters = (text: string): string => decodeHTMLStrict(text).replaceAll('\u00a0', ' ')

/** Turns HTML inside a text into Markdown or nothing: headings become `#` lines, comments go, link texts stay. */
export function withoutHtml(text: string): string {
  if (!text.includes('<')) return withCharacters(text)
  const tagEnd = walker(text, '>')
  const commentEnd = walker(text, '-->')
  const elementEnd = createElementEnds(text)
  const pieces: string[] = []
  let heading: { level: string; piece: number; start: number } | undefined
  let from = 0
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', from)) {
    pieces.push(text.slice(from, open))
    if (text.startsWith('<!--', open) && commentEnd(open) >= 0) {
      from = commentEnd(open) + 3
      continue
    }
    const close = tagEnd(open)
    const starts = /[a-z/!?]/i.test(text[open + 1] ?? '')
    if (!starts || close < 0 || close - open > LONGEST_TAG) {
      pieces.push('<')
      from = open + 1
      continue
    }
    const tag = text.slice(open, close + 1)
    from = close + 1
    const name = /^<([a-z]{3,6})(?=[\s/>])/i.exec(tag)?.[1]?.toLowerCase() ?? ''
    if (isEmbedded(name) && !tag.endsWith('/>')) from = Math.max(from, elementEnd(name, from))
    const level = /^<\/?h([1-6])\b/i.exec(tag)?.[1]
    if (level === undefined) pieces.push(replacement(tag))
    else if (tag[1] !== '/') {
      heading = { level, piece: pieces.length, start: open }
    } else if (heading && heading.level === level) {
      const words = pieces.splice(heading.piece).join('').slice(0, LONGEST_HEADING).replace(/\s+/g, ' ').trim()
      pieces.push(words === '' ? '\n' : `\n${'#'.repeat(Number(level))} ${words}\n`)
      heading = undefined
    }
  }
  pieces.push(text.slice(from))
  return withCharacters(pieces.join(''))
}

const IMAGE = /!\[([^\]\n]{0,300})\](?:\([^()\n]{0,1000}\)|\[[^\]\n]{0,100}\])/g
const LINK_TARGET = /\]\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)/g
const REFERENCE = /\]\[[^[\]\n]{0,100}\]/g
const RST_LINK = /`([^`<\n]{1,200})<[^>`\n]{1,500}>`_{1,2}/g
const RST_ROLE = /:[a-z][a-z:+-]{1,30}:(?=`)/g
const ADDRESS = /(?:\b(?:https?|ftp|git|ssh):\/\/|\bwww\.)[^\s)>\]]+/gi

const LINK = /\[[^[\]\n]{0,300}\](?:\([^()\n]{0,1000}(?:\([^()\n]{0,200}\)[^()\n]{0,200})?\)|\[[^[\]\n]{0,100}\])/g
const NAVIGATION_SHARE = 0.4

const countWords = (text: string): number => text.match(/[\p{L}\p{N}]{2,}/gu)?.length ?? 0

/** Is this paragraph a row of links, as pages put above their text? */
export function isNavigation(markdown: string): boolean {
  if (!markdown.includes('](') && !markdown.includes('][')) return false
  const outside = countWords(plainWords(markdown.replace(IMAGE, ' ').replace(LINK, ' ')))
  return outside < NAVIGATION_SHARE * countWords(plainWords(markdown))
}

/** The words of a paragraph: link texts stay, targets, addresses, badges and markup go. */
export function plainWords(markdown: string): string {
  return markdown
    .replace(IMAGE, (_, alt: string) => ` ${altText(alt)} `)
    .replace(LINK_TARGET, ' ')
    .replace(REFERENCE, ' ')
    .replace(RST_LINK, '$1')
    .replace(RST_ROLE, '')
    .replace(ADDRESS, ' ')
    .replace(/[*`|[\]]+/g, ' ')
    .replace(/[ \t]+/g, ' ')
    .trim()
}
