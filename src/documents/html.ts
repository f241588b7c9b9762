import type { Cut } from '../core/classification.ts'
import { altText, withCharacters } from './inline.ts'
import { createFenceReader } from './markdown.ts'

export function withoutComments(text: string, cuts: Set<Cut>): string {
  const parts: string[] = []
  let from = 0
  for (;;) {
    const start = text.indexOf('<!--', from)
    const end = start === -1 ? -1 : text.indexOf('-->', start + 4)
    if (end === -1) break
    parts.push(text.slice(from, start))
    from = end + 3
    cuts.add('comments')
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from)
}

/** Elements whose inside is for machines. */
const embedded = /<(script|style|svg)(?=[\s/>])[^<>]{0,2000}>/giu

/** A text less its scripts, styles and drawings, except in code that shows some. One that never ends stays. */
export function withoutEmbedded(text: string, cuts: Set<Cut>): string {
  const found = [...text.matchAll(embedded)]
  if (found.length === 0) return text
  const isCode = createCodePlaces(text)
  const endOf = createElementEnds(text)
  const parts: string[] = []
  let from = 0
  for (const { 0: tag, 1: name, index } of found) {
    if (index < from || tag.endsWith('/>') || text[index - 1] === '`' || isCode(index)) continue
    const end = endOf(name!.toLowerCase(), index + tag.length)
    if (end === -1) continue
    parts.push(text.slice(from, index))
    from = end
    cuts.add('data')
  }
  return parts.join('') + text.slice(from)
}

/** Finds where an element ends that opened before a place; -1 when it never does. Linear when asked with growing places. */
function createElementEnds(text: string): (name: string, from: number) => number {
  const found = new Map<string, { pattern: RegExp; start: number; end: number }>()
  return (name, from) => {
    const next = found.getOrInsertComputed(name, () => {
      return { pattern: new RegExp(`</${name}\\s{0,20}>`, 'giu'), start: -1, end: 0 }
    })
    while (next.end !== -1 && next.start < from) {
      const closing = next.pattern.exec(text)
      next.start = closing ? closing.index : -1
      next.end = closing ? closing.index + closing[0].length : -1
    }
    return next.end
  }
}

/** Whether a place of a text is inside a fenced code block; asked with growing places. */
function createCodePlaces(text: string): (place: number) => boolean {
  const lines = text.split('\n')
  const fenceKind = createFenceReader(lines)
  let line = -1
  let lineEnd = -1
  let inside = false
  return place => {
    while (lineEnd < place && line + 1 < lines.length) {
      line += 1
      lineEnd += lines[line]!.length + 1
      const kind = fenceKind(line)
      inside = kind === 'code' || kind === 'closes'
    }
    return inside
  }
}

const longestHeading = 1_000
const headingTag = /<(\/?)h([1-6])(?:\s[^<>]{0,500})?>/giu

/** `<h1 align="center">…</h1>`, over any lines, becomes the Markdown heading it stands for. */
export function withMarkdownHeadings(text: string, cuts: Set<Cut>): string {
  if (!text.includes('<h') && !text.includes('<H')) return text
  const parts: string[] = []
  let from = 0
  let opened: { level: number; start: number; end: number } | undefined
  for (const { 0: tag, 1: closes, 2: level, index } of text.matchAll(headingTag)) {
    if (closes === '') opened = { level: Number(level), start: index, end: index + tag.length }
    else if (opened?.level === Number(level) && index - opened.end <= longestHeading) {
      const inside = text.slice(opened.end, index).replace(/<[^<>]{1,500}>/gu, textOfTag)
      const words = inside.split(/\s+/u).join(' ').trim()
      parts.push(text.slice(from, opened.start), words === '' ? '\n' : `\n${'#'.repeat(opened.level)} ${words}\n`)
      from = index + tag.length
      opened = undefined
      cuts.add('markup')
    }
  }
  return parts.join('') + text.slice(from)
}

const textOfTag = (tag: string): string => (/^<img\b/iu.test(tag) ? ` ${altText(attribute(tag, 'alt'))} ` : ' ')

const anyTag = /<(?:(\/?)([a-z][a-z0-9]{0,15})|[/!?])[^<>]{0,4000}>/giu
const breaking = new Set(
  'p div br hr ul ol li dl dt dd table thead tbody tr blockquote details summary section header footer center picture pre'.split(
    ' ',
  ),
)
/** Longer than any that stands in code, so that nothing but its own end closes it. */
const fenceOfPre = `\n${'~'.repeat(50)}\n`

/** The Markdown that HTML inside a text stands for: headings, links and code stay, comments and what has no words go. */
export function withoutHtml(text: string): string {
  if (!text.includes('<')) return withCharacters(text)
  const cuts = new Set<Cut>()
  const shown = withMarkdownHeadings(withoutEmbedded(withoutComments(text, cuts), cuts), cuts)
  const lastPre = shown.toLowerCase().lastIndexOf('</pre')
  let isPre = false
  return withCharacters(
    shown.replace(anyTag, (tag: string, slash = '', written = '', place: number) => {
      const name = written.toLowerCase()
      const closes = slash === '/'
      if (name === 'a') return closes ? ']()' : '['
      if (name === 'img') return textOfTag(tag)
      if (name === 'pre' && (closes ? isPre : !isPre && place < lastPre)) {
        isPre = !closes
        return fenceOfPre
      }
      if (breaking.has(name)) return '\n'
      return name === 'td' || name === 'th' ? ' ' : ''
    }),
  )
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
