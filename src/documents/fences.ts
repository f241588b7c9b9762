/** What a block inside a list or a quotation stands behind. */
const container = '[\\s>]{0,16}(?:(?:[-*+]|\\d{1,9}[.)])[\\s>]{1,4}){0,3}'
/** After backticks no further backtick may stand on the line: then they are code inside a line of text. */
const opening = new RegExp(`^${container}(?:(\`{3,})[^\`]*|(~{3,}).*)$`, 'u')
const closing = /^[\s>]{0,16}(`{3,}|~{3,})\s*$/u
const longestFence = 100

const mayBeFence = (line: string): boolean => line.includes('```') || line.includes('~~~')

/** The marks that open a fenced code block on this line, as CommonMark has it; undefined when none does. */
export function openingFence(line: string): string | undefined {
  if (!mayBeFence(line)) return undefined
  const found = opening.exec(line)
  return found?.[1] ?? found?.[2]
}

/** Whether a line closes the block that these marks opened: the same mark, as often or more, and nothing behind it. */
export function closesFence(line: string, fence: string): boolean {
  return mayBeFence(line) && (closing.exec(line)?.[1]?.startsWith(fence) ?? false)
}

/**
 * Tells whether a fence that opens on a line of a text is closed further down. One that is not would make code of all
 * the rest, which is hardly ever what was meant, so its readers take the line as text. Looked up when first asked.
 */
export function createFenceEnds(lines: readonly string[]): (fence: string, line: number) => boolean {
  let ends: Map<string, Int32Array> | undefined
  return (fence, line) => {
    ends ??= lastClosings(lines)
    return ends.get(fence[0]!)![Math.min(fence.length, longestFence)]! > line
  }
}

/** For each mark and each number of it, the last line that closes a fence of so many. */
function lastClosings(lines: readonly string[]): Map<string, Int32Array> {
  const ends = new Map(['`', '~'].map(mark => [mark, new Int32Array(longestFence + 1).fill(-1)]))
  for (const [index, line] of lines.entries()) {
    const marks = mayBeFence(line) ? closing.exec(line)?.[1] : undefined
    if (marks !== undefined) ends.get(marks[0]!)![Math.min(marks.length, longestFence)] = index
  }
  for (const last of ends.values())
    for (let length = longestFence; length > 0; length--) last[length - 1] = Math.max(last[length - 1]!, last[length]!)
  return ends
}
