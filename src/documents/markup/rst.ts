import { fencedBlock, indentedBlock, indentOf } from './blocks.ts'

/** https://docutils.sourceforge.io/docs/ref/rst/directives.html */
const codeDirectives = new Set(['code', 'code-block', 'sourcecode', 'literalinclude', 'parsed-literal'])
const admonitions = new Set(
  'note tip hint important warning caution danger attention error seealso deprecated'.split(' '),
)
const proseDirectives = new Set('admonition topic sidebar epigraph highlights container rubric'.split(' '))
const adornment = /^([!-/:-@[-`{-~])\1{2,}\s*$/

/** A README in reStructuredText as Markdown, line by line; what has no counterpart, such as a picture, is left out. */
export function fromRst(text: string): string {
  const lines = text.split('\n')
  const levels = new Map<string, number>()
  const levelOf = (style: string) => {
    if (!levels.has(style)) levels.set(style, Math.min(6, levels.size + 1))
    return levels.get(style)!
  }
  const written: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!
    const next = lines[at + 1] ?? ''
    if (isOver(line, next, lines[at + 2])) {
      written.push(`${'#'.repeat(levelOf(`over ${line[0]}`))} ${inline(next.trim())}`)
      at += 2
    } else if (isUnder(line, next)) {
      written.push(`${'#'.repeat(levelOf(next[0]!))} ${inline(line.trim())}`)
      at += 1
    } else if (/^\s*\.\.(?:\s|$)/.test(line)) {
      const block = indentedBlock(lines, at + 1, indentOf(line))
      written.push(...directive(line, block.lines))
      at = block.end - 1
    } else if (line.trimEnd().endsWith('::')) {
      const rest = line.trimEnd().slice(0, -2)
      if (rest.trim() !== '') written.push(`${inline(rest.trimEnd())}:`)
      const block = indentedBlock(lines, at + 1, indentOf(line))
      written.push(...fencedBlock(block.lines))
      at = block.end - 1
    } else written.push(inline(line))
  }
  return written.join('\n')
}

const isUnder = (line: string, under: string): boolean =>
  /\S/.test(line) && !/^\s/.test(line) && !adornment.test(line) && adornment.test(under) && wide(under, line)

const isOver = (over: string, line: string, under: string | undefined): boolean =>
  adornment.test(over) && /\S/.test(line) && under?.trimEnd() === over.trimEnd() && wide(over, line)

/** A line of `---` below a long text is the edge of something else. */
const wide = (adorned: string, line: string): boolean => adorned.trimEnd().length >= Math.min(3, line.trim().length)

function directive(line: string, block: readonly string[]): string[] {
  const [, name = '', argument = ''] = /^\s*\.\.\s+([\w-]+)::\s?(.*)$/.exec(line) ?? []
  const begin = block.findIndex(each => !isOption(each))
  const body = begin < 0 ? [] : block.slice(begin)
  if (codeDirectives.has(name)) return fencedBlock(body)
  if (admonitions.has(name)) {
    const title = `${name[0]!.toUpperCase()}${name.slice(1)}:`
    return ['', `${title} ${inline(argument)}`.trimEnd(), ...body.map(inline), '']
  }
  if (proseDirectives.has(name)) return ['', inline(argument), '', ...body.map(inline), '']
  return ['']
}

const isOption = (line: string) => /^:[\w-]+:/.test(line)

/** https://docutils.sourceforge.io/docs/ref/rst/restructuredtext.html#inline-markup */
function inline(line: string): string {
  if (!/[`|]/.test(line)) return line
  return line
    .replace(/``([^`]{1,300})``/g, '`$1`')
    .replace(/`([^`<]{1,300})<([^`<>\s]{1,500})>`__?/g, (_, words: string, url: string) => `[${words.trim()}](${url})`)
    .replace(/:[\w:-]{1,40}:`([^`<]{1,300})(?:<[^`<>]{1,300}>)?`/g, (_, words: string) => words.trim())
    .replace(/`([^`]{1,300})`__?/g, '$1')
    .replace(/\|[\w -]{1,60}\|_{0,2}/g, '')
}
