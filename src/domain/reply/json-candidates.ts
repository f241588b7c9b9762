const longestText = 64 * 1024
const mostCandidates = 32

/**
 * The JSON values that stand in a text, last first: models think, draft and explain before they answer.
 * A text that is JSON as a whole is its own only candidate. Linear in the text, which is cut to its last 64 KiB.
 */
export function* jsonCandidates(text: string): Generator<unknown> {
  const answer = afterThinking(text).slice(-longestText).trim()
  const whole = parse(answer)
  if (whole !== undefined) return yield whole
  for (const [start, end] of balancedSpans(answer).reverse().slice(0, mostCandidates)) {
    const value = parse(answer.slice(start, end))
    if (value !== undefined) yield value
  }
}

/** What follows the last closing tag of a reasoning block; some servers swallow the opening one. */
function afterThinking(text: string): string {
  const closings = ['</think>', '</thinking>', '</reasoning>']
  const end = Math.max(...closings.map(tag => text.lastIndexOf(tag) + (text.includes(tag) ? tag.length : 1)))
  return end > 0 ? text.slice(end) : text
}

/** Outermost balanced `{…}` and `[…]`, brackets inside strings not counted; an opening that never closes is skipped. */
function balancedSpans(text: string): [start: number, end: number][] {
  const spans: [number, number][] = []
  const open: { bracket: string; at: number; spansBefore: number }[] = []
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"' || character === '\n') inString = false
    } else if (character === '"') inString = open.length > 0
    else if (character === '{' || character === '[') open.push({ bracket: character, at, spansBefore: spans.length })
    else if (character === '}' || character === ']') {
      const opening = open.pop()
      if (opening === undefined) continue
      if ((opening.bracket === '{') !== (character === '}')) {
        open.length = 0
        continue
      }
      spans.length = opening.spansBefore
      spans.push([opening.at, at + 1])
    }
  }
  return spans
}

function parse(text: string): unknown {
  const first = text[0]
  if (first !== '{' && first !== '[') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
