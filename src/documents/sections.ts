import type { Cut } from '../core/classification.ts'
import { isBoilerplateHeading } from './boilerplate.ts'
import { IMAGE, withCharacters } from './inline.ts'
import { createMarkdownReader } from './markdown.ts'

/** By name, so that `Vec<T>` in an example stays what it is. */
const htmlTag =
  /<\/?(?:a|b|blockquote|br|center|code|dd|details|div|dl|dt|em|figcaption|figure|font|h[1-6]|hr|i|iframe|img|kbd|li|ol|p|picture|pre|samp|source|span|strong|sub|summary|sup|svg|path|table|tbody|td|th|thead|tr|tt|u|ul|video)(?:\s[^<>]{0,2000})?\/?>/giu

/** Every step is linear in the text: quantifiers are bounded, and a line without the sign is not looked at. */
const steps: readonly { readonly cut: Cut; readonly sign: string; readonly pattern: RegExp; readonly by: string }[] = [
  { cut: 'data', sign: 'data:', pattern: /data:[\w.+-]{1,60}\/[\w.+-]{1,60}[;,][\w+/=%;,-]{40,}/gu, by: '' },
  { cut: 'images', sign: '![', pattern: IMAGE, by: '' },
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

const shortestDump = 3
/** A line of Base64 or hexadecimal digits, as far as it can be told from words: long, unbroken and well mixed. */
const dense = /^[\s>"'(]{0,16}[A-Za-z0-9+/=_-]{40,}["',;+\\)>\s]{0,8}$/u
const isDump = (line: string): boolean =>
  line.length >= 40 &&
  dense.test(line) &&
  /\d/.test(line) &&
  (/[A-Z]/.test(line) ? /[a-z]/.test(line) || /^\W*[0-9A-F]+\W*$/.test(line) : /^\W*[0-9a-f]+\W*$/.test(line))

/** Data that was wrapped over lines: of three or more such lines, only a sign that they were there. */
export function withoutDumps(lines: readonly string[], cuts: Set<Cut>): readonly string[] {
  let kept: string[] | undefined
  let run = 0
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    run = isDump(line) ? run + 1 : 0
    if (run === shortestDump) {
      kept ??= lines.slice(0, index)
      kept.length -= shortestDump - 1
      kept.push('…')
      cuts.add('data')
    } else if (run < shortestDump) kept?.push(line)
  }
  return kept ?? lines
}

const longestCode = 16
const keptCode = 8
const longestLine = 2_000
const keptOfLine = 500

/** A line in a script without spaces is as long as its paragraph, and no dump. */
const unbroken = /^[!-~]+$/u

/** The lines less sections, tables of contents, long code and overlong lines that say nothing of the subject. */
export function withoutBoilerplate(lines: readonly string[], cuts: Set<Cut>): string[] {
  const kept: string[] = []
  const read = createMarkdownReader(lines)
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
    codeLines += 1
    // Held until it is known to be long: what comes after the limit goes, with what stands between.
    if (codeLines <= longestCode) keep(line)
    else {
      if (codeLines === longestCode + 1 && skipBelow === 0) kept.length -= longestCode - keptCode
      cuts.add('code')
    }
  }
  const heading = (level: number, words: string): void => {
    if (skipBelow > 0 && level > skipBelow) return
    skipBelow = title !== undefined && isBoilerplateHeading(words, title) ? level : 0
    if (skipBelow > 0) cuts.add('boilerplate')
    title ??= words
  }

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const found = read(index)
    if (found.kind === 'code') code(line)
    else if (found.kind === 'opens') {
      codeLines = 0
      keep(line)
    } else if (found.kind === 'closes') {
      if (codeLines > longestCode) keep('…')
      keep(line)
    } else if (found.kind === 'contents') cuts.add('contents')
    else {
      if (found.kind === 'heading') heading(found.level, found.words)
      keep(line.includes('&') ? withCharacters(line) : line)
    }
  }
  return kept
}
