import { createNextLine, fencedBlock } from './blocks.ts'

const code = /^(?:-{4,}|\.{4,}|`{3,}\w*)\s*$/
const comment = /^\/{4,}\s*$/
/** Edges of examples, side bars, quotes and open blocks: what is between them is text. */
const edge = /^(?:={4,}|\*{4,}|_{4,}|\+{4,}|--|\|===|[,:]===)\s*$/
const unread =
  /^(?::!?[\w-]+!?:|\/\/(?!\/)|image::|video::|audio::|include::|ifn?def::|ifeval::|endif::|toc::|\[.*\]\s*$)/

/** A README in AsciiDoc as Markdown, line by line; what has no counterpart, such as a picture, is left out. */
export function fromAsciidoc(text: string): string {
  const lines = text.split('\n')
  const nextEdge = createNextLine(lines, line => (code.test(line) || comment.test(line) ? line.trimEnd() : undefined))
  const written: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!
    const isComment = comment.test(line)
    if (isComment || code.test(line)) {
      const edgeLine = /^`/.test(line) ? '```' : line.trimEnd()
      const end = nextEdge(edgeLine, at)
      // One that nothing closes is a line of its own, not the rest of the text.
      if (end < 0) continue
      if (!isComment) written.push(...fencedBlock(lines.slice(at + 1, end)))
      at = end
    } else if (edge.test(line) || unread.test(line)) written.push('')
    else written.push(inline(block(line)))
  }
  return written.join('\n')
}

/** https://docs.asciidoctor.org/asciidoc/latest/syntax-quick-reference/ */
function block(line: string): string {
  const heading = /^(={1,6}|#{1,6})\s+(.*)$/.exec(line)
  if (heading) return `${'#'.repeat(heading[1]!.length)} ${heading[2]}`
  const item = /^\s*(\*{1,5}|-|\.{1,5})\s+(.*)$/.exec(line)
  if (item) return `${'  '.repeat(item[1]!.length - 1)}- ${item[2]}`
  if (/^\.[^\s.]/.test(line)) return line.slice(1)
  return line.startsWith('|') ? line.replaceAll('|', ' ').trim() : line
}

function inline(line: string): string {
  if (!/[[+<]/.test(line)) return line
  return line
    .replace(/image:[^\s[]{1,500}\[[^\]]{0,300}\]/g, '')
    .replace(/(?:link:|mailto:)?(https?:\/\/[^\s[\]]{1,500}|(?<=link:)[^\s[\]]{1,500})\[([^\]]{1,300})\]/g, '[$2]($1)')
    .replace(/\blink:([^\s[\]]{1,500})\[([^\]]{1,300})\]/g, '[$2]($1)')
    .replace(/xref:[^\s[\]]{1,300}\[([^\]]{1,300})\]/g, '$1')
    .replace(/<<[^>,]{1,200},([^>]{1,200})>>/g, '$1')
    .replace(/`\+([^`]{1,300})\+`/g, '`$1`')
}
