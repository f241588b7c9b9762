import type { Cut } from '../core/classification.ts'

/** By name, so that `Vec<T>` in an example stays what it is. */
const htmlTag =
  /<\/?(?:a|b|blockquote|br|center|code|dd|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|iframe|img|kbd|li|ol|p|picture|pre|samp|source|span|strong|sub|summary|sup|svg|path|table|tbody|td|th|thead|tr|tt|u|ul|video)(?:\s[^<>]{0,2000})?\/?>/giu

/** Every step is linear in the text: quantifiers are bounded, and a line without the sign is not looked at. */
const steps: readonly { readonly cut: Cut; readonly sign: string; readonly pattern: RegExp; readonly by: string }[] = [
  { cut: 'data', sign: 'data:', pattern: /data:[\w.+-]{1,60}\/[\w.+-]{1,60}[;,][\w+/=%;,-]{40,}/gu, by: '' },
  { cut: 'images', sign: '![', pattern: /!\[([^\][]{0,300})\](?:\([^()]{0,2000}\)|\[[^\][]{0,100}\])/gu, by: '' },
  { cut: 'images', sign: '](', pattern: /\[\s{0,8}\]\([^()]{0,2000}\)/gu, by: '' },
  { cut: 'images', sign: '][', pattern: /\[\s{0,8}\]\[[^\][]{0,100}\]/gu, by: '' },
  { cut: 'images', sign: '.. image::', pattern: /^\s{0,8}\.\. image:: \S{1,2000}$/gu, by: '' },
  { cut: 'markup', sign: '<', pattern: htmlTag, by: ' ' },
]

/** The lines of a text less images, badges, tags and embedded data; a line on which nothing else was goes. */
export function cutLines(text: string, cuts: Set<Cut>): string[] {
  const needed = steps.filter(({ sign }) => text.includes(sign))
  /** Where the sign of each step stands next: a line that ends before is not looked at. */
  const next = needed.map(() => -1)
  const kept: string[] = []
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const line = text.slice(start, end)
    let rest = line
    for (let index = 0; index < needed.length; index++) {
      const { cut, sign, pattern, by } = needed[index]!
      if (next[index]! < start) next[index] = indexOrEnd(text, sign, start)
      if (next[index]! >= end) continue
      const shorter = rest.replace(pattern, by)
      if (shorter !== rest) cuts.add(cut)
      rest = shorter
    }
    if (rest === line || rest.trim() !== '') kept.push(rest.trimEnd())
    start = end + 1
  }
  return kept
}

function indexOrEnd(text: string, sign: string, from: number): number {
  const index = text.indexOf(sign, from)
  return index === -1 ? text.length : index
}

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
      const inside = text.slice(opened.end, index).replace(/<[^<>]{1,500}>/gu, ' ')
      const words = inside.split(/\s+/u).join(' ').trim()
      parts.push(text.slice(from, opened.start), `\n${'#'.repeat(opened.level)} ${words}\n`)
      from = index + tag.length
      opened = undefined
      cuts.add('markup')
    }
  }
  return parts.join('') + text.slice(from)
}
