/** The value of a text; undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const blank = /[ \t\n\r]*/y
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
const word = /true|false|null/y
/** A run of plain characters or one escape at a time, so that a long string takes no long memory. */
const plain = /[ !#-[\]-\uffff]+/y
const escaped = /\\(["\\/bfnrt]|u[\da-fA-F]{4})/y

/** Where a text that is no JSON stops to be some, in words and without a word of it; undefined when it is JSON. */
export function jsonFault(text: string): string | undefined {
  const offset = faultOffset(text)
  if (offset === undefined) return undefined
  if (offset >= text.length) return 'it ends too early'
  const before = text.slice(0, offset)
  const column = `column ${offset - before.lastIndexOf('\n')}`
  return text.trim().includes('\n') ? `line ${before.split('\n').length}, ${column}` : column
}

/** What to say of it. */
export function notJson(what: string, text: string): string {
  const place = jsonFault(text)
  return place === undefined ? `${what} is not valid JSON.` : `${what} is not valid JSON: ${place}.`
}

function faultOffset(text: string): number | undefined {
  const open: ('{' | '[')[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    if (!pattern.test(text)) return false
    at = pattern.lastIndex
    return true
  }
  const take = (character: string): boolean => {
    skip(blank)
    if (text[at] !== character) return false
    at += 1
    return true
  }
  function string(): boolean {
    if (text[at] !== '"') return false
    at += 1
    while (skip(plain) || skip(escaped));
    if (text[at] !== '"') return false
    at += 1
    return true
  }
  const key = () => skip(blank) && string() && take(':')

  for (;;) {
    // A value.
    skip(blank)
    if (take('{')) {
      if (!take('}')) {
        open.push('{')
        if (!key()) return at
        continue
      }
    } else if (take('[')) {
      if (!take(']')) {
        open.push('[')
        continue
      }
    } else if (text[at] === '"' ? !string() : !skip(number) && !skip(word)) return at
    // What closes after it, until another value has to come.
    for (;;) {
      const inside = open.at(-1)
      if (inside === undefined) {
        skip(blank)
        return at === text.length ? undefined : at
      }
      if (take(',')) {
        if (inside === '{' && !key()) return at
        break
      }
      if (!take(inside === '{' ? '}' : ']')) return at
      open.pop()
    }
  }
}
