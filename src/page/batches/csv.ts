/** What the first line holds most of. */
export function separatorOf(text: string): string {
  const line = text.slice(0, text.indexOf('\n') + 1 || undefined)
  return [',', ';', '\t'].reduce((best, each) => (line.split(each).length > line.split(best).length ? each : best))
}

/** CSV as RFC 4180 has it: fields in quotes may hold separators, line ends, and quotes twice. */
export function readTable(text: string, separator: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let field = ''
  let quoted = false
  const endRow = () => {
    row.push(field)
    if (row.length > 1 || field !== '') rows.push(row)
    row = []
    field = ''
  }
  const body = text.replace(/^\uFEFF/, '')
  for (let at = 0; at < body.length; at += 1) {
    const character = body[at]!
    if (quoted) {
      if (character !== '"') field += character
      else if (body[at + 1] === '"') {
        field += '"'
        at += 1
      } else quoted = false
    } else if (character === '"' && field === '') quoted = true
    else if (character === separator) {
      row.push(field)
      field = ''
    } else if (character === '\n') endRow()
    else if (character !== '\r') field += character
  }
  endRow()
  return rows
}
