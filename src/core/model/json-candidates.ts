import { parseJson } from '../json-fault.ts'
import { withoutThinking } from './thinking.ts'

const longestText = 64 * 1024
const mostCandidates = 32

export interface JsonCandidate {
  readonly value: unknown
  /** Whether it stands on lines of its own, or behind the word `tags`; what stands inside a sentence may be a footnote. */
  readonly standsAlone: boolean
}

export interface JsonReading {
  /** The objects and arrays outside of any thought, last first: models think, draft and explain before they answer. */
  readonly candidates: readonly JsonCandidate[]
  /** Whether the text is one of them and nothing else, a code fence aside. */
  readonly isWhole: boolean
  /** What the text ends inside of: a thought, or a value that was begun after the last complete one. */
  readonly breaksOff: 'thought' | 'value' | undefined
}

/** Finds JSON in what a model wrote. Linear in the text, which is cut to its last 64 KiB. */
export function readJson(text: string): JsonReading {
  // What is JSON as a whole may hold the mark of a thought as a value.
  const alone = text.length > longestText ? undefined : parse(unfenced(text))
  if (alone !== undefined)
    return { candidates: [{ value: alone, standsAlone: true }], isWhole: true, breaksOff: undefined }
  const { text: spoken, endedThinking } = withoutThinking(text)
  const thought = endedThinking ? 'thought' : undefined
  const answer = spoken.slice(-longestText).trim()
  const whole = parse(unfenced(answer))
  if (whole !== undefined)
    return { candidates: [{ value: whole, standsAlone: true }], isWhole: true, breaksOff: thought }
  const { spans, begun } = balancedSpans(answer)
  const candidates = spans
    .reverse()
    .slice(0, mostCandidates)
    .flatMap(([start, end]) => {
      const value = parse(answer.slice(start, end))
      return value === undefined ? [] : [{ value, standsAlone: standsAlone(answer, start, end) }]
    })
  return { candidates, isWhole: false, breaksOff: thought ?? (begun ? 'value' : undefined) }
}

/** The values of a text that is nothing but JSON objects one after another, as several calls of a tool may be glued. */
export function gluedObjects(text: string): readonly string[] | undefined {
  if (text.length > longestText) return undefined
  const { spans } = balancedSpans(text)
  const pieces = spans.map(([start, end]) => text.slice(start, end))
  let between = 0
  const isGlued = spans.every(([start, end]) => {
    const gap = text.slice(between, start)
    between = end
    return gap.trim() === ''
  })
  return pieces.length > 0 &&
    isGlued &&
    text.slice(between).trim() === '' &&
    pieces.every(piece => parse(piece) !== undefined)
    ? pieces
    : undefined
}

/** The JSON object that a text ends with, a code fence aside; undefined when anything else comes last. */
export function closingObject(text: string): string | undefined {
  const answer = withoutFenceEnd(withoutThinking(text).text.slice(-longestText))
  const [start, end] = balancedSpans(answer).spans.at(-1) ?? [0, 0]
  const last = answer.slice(start)
  return end === answer.length && last.startsWith('{') && parse(last) !== undefined ? last : undefined
}

function unfenced(text: string): string {
  const trimmed = text.trim()
  if (!trimmed.startsWith('```')) return trimmed
  return withoutFenceEnd(trimmed.slice(trimmed.search(/[\n{[]|$/))).trim()
}

const withoutFenceEnd = (text: string) =>
  text
    .trimEnd()
    .replace(/`{1,3}$/, '')
    .trimEnd()

function standsAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  const lineEnd = text.indexOf('\n', end)
  const after = text.slice(end, lineEnd === -1 ? undefined : lineEnd)
  return /^(?:.*\btags\b)?[\s"'`*:=]*$/i.test(before.slice(-100)) && /^[\s`*.]*$/.test(after)
}

interface Spans {
  /** Outermost balanced `{…}` and `[…]`; an opening that never closes is skipped. */
  readonly spans: [start: number, end: number][]
  /** Whether JSON was begun, and not ended, after the last complete object. */
  readonly begun: boolean
}

/** Brackets inside strings are not counted. */
function balancedSpans(text: string): Spans {
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
  const lastObject = spans.findLast(([start]) => text[start] === '{')?.[1] ?? 0
  const begun = open.some(
    ({ at }) => at >= lastObject && /^(?:\{\s*(?:"|$)|\[\s*(?:["{[\d-]|$))/.test(text.slice(at, at + 40)),
  )
  return { spans, begun }
}

function parse(text: string): unknown {
  const first = text[0]
  return first === '{' || first === '[' ? parseJson(text) : undefined
}
