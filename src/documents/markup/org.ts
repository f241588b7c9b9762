import { createNextLine, fencedBlock } from './blocks.ts'

const drawerEnd = /^\s*:end:\s*$/i
const prose = new Set(['quote', 'center', 'verse', 'abstract'])

/** A README of Org mode as Markdown, line by line; what has no counterpart, such as a picture, is left out. */
export function fromOrg(text: string): string {
  const lines = text.split('\n')
  const nextEnd = createNextLine(lines, line => {
    if (drawerEnd.test(line)) return ':end:'
    return /^\s*#\+end_(\w{1,60})/i.exec(line)?.[1]?.toLowerCase()
  })
  const written: string[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!
    const begin = /^\s*#\+begin_(\w{1,60})/i.exec(line)?.[1]?.toLowerCase()
    if (begin !== undefined && !prose.has(begin)) {
      const end = nextEnd(begin, at)
      // One that nothing closes is a line of its own, not the rest of the text.
      if (end < 0) continue
      if (begin !== 'comment') written.push(...fencedBlock(lines.slice(at + 1, end)))
      at = end
    } else if (/^\s*:(?:properties|logbook):\s*$/i.test(line)) {
      const end = nextEnd(':end:', at)
      at = end < 0 ? at : end
    } else written.push(inline(block(line)))
  }
  return written.join('\n')
}

/** https://orgmode.org/manual/Markup-for-Rich-Contents.html */
function block(line: string): string {
  const title = /^#\+(?:title|subtitle):\s*(.*)$/i.exec(line)
  if (title) return `# ${title[1]}`
  if (/^\s*#(?:\+|\s|$)/.test(line)) return ''
  const heading =
    /^(\*{1,8})\s+(?:(?:TODO|DONE|NEXT|WAITING)\s+)?(?:\[#[A-Z]\]\s+)?(.*?)(?:\s+:[\w@:]{1,200}:)?\s*$/.exec(line)
  if (heading) return `${'#'.repeat(Math.min(6, heading[1]!.length))} ${heading[2]}`
  return line.replace(/^(\s*)[+]\s/, '$1- ')
}

function inline(line: string): string {
  if (!/[[~=]/.test(line)) return line
  return line
    .replace(/\[\[[^\][]{1,500}\.(?:png|jpe?g|gif|svg|webp)\]\]/gi, '')
    .replace(/\[\[([^\][]{1,500})\]\[([^\][]{1,300})\]\]/g, '[$2]($1)')
    .replace(/\[\[([^\][]{1,500})\]\]/g, '$1')
    .replace(/(^|[\s(])[~=]([^~=\s](?:[^~=]{0,200}[^~=\s])?)[~=](?=[\s.,;:!?)]|$)/g, '$1`$2`')
}
