import { fromAsciidoc } from './asciidoc.ts'
import { fromOrg } from './org.ts'
import { fromRst } from './rst.ts'

const readers: Readonly<Record<string, (text: string) => string>> = {
  rst: fromRst,
  rest: fromRst,
  adoc: fromAsciidoc,
  asciidoc: fromAsciidoc,
  asc: fromAsciidoc,
  org: fromOrg,
}

/**
 * The text of a file as Markdown, by the ending of its name: reStructuredText, AsciiDoc and Org are read as such.
 * Everything else comes back as it is; HTML is read wherever it stands.
 */
export function markdownOf(text: string, fileName: string): string {
  const ending = /\.([a-z]{2,9})$/i.exec(fileName)?.[1]?.toLowerCase() ?? ''
  const read = Object.hasOwn(readers, ending) ? readers[ending] : undefined
  return read ? read(text.replaceAll('\r\n', '\n')) : text
}
