export const indentOf = (line: string): number => line.length - line.trimStart().length

/** The lines that are indented more than their head, without what they have in common, and the line after them. */
export function indentedBlock(
  lines: readonly string[],
  from: number,
  indent: number,
): { readonly lines: string[]; readonly end: number } {
  let end = from
  let last = from
  let common = Number.POSITIVE_INFINITY
  for (; end < lines.length; end += 1) {
    const line = lines[end]!
    if (line.trim() === '') continue
    if (indentOf(line) <= indent) break
    common = Math.min(common, indentOf(line))
    last = end + 1
  }
  return { lines: lines.slice(from, last).map(line => line.slice(Math.min(common, indentOf(line)))), end: last }
}

/** Code as Markdown knows it, in a fence that nothing in it closes. */
export function fencedBlock(lines: readonly string[]): string[] {
  const begin = lines.findIndex(line => line.trim() !== '')
  if (begin < 0) return ['']
  const fence = lines.some(line => line.includes('```')) ? '~~~~' : '```'
  return ['', fence, ...lines.slice(begin), fence, '']
}

/** Finds the next line of a kind, by what each line is; a walk through a text asks for ever later ones. */
export function createNextLine(lines: readonly string[], kindOf: (line: string) => string | undefined) {
  const places = Map.groupBy([...lines.keys()].reverse(), at => kindOf(lines[at]!))
  /** -1 when there is none after that line. */
  return (kind: string, after: number): number => {
    const known = places.get(kind) ?? []
    while (known.length > 0 && known.at(-1)! <= after) known.pop()
    return known.at(-1) ?? -1
  }
}
