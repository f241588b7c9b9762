import { definitionsIn } from '../document/definition.ts'
import { PARTS, type Part, type ReadText } from '../document/passages.ts'
import { tokenize } from './tokens.ts'

/** The parts of a text, and what it says its subject is, which stands in one of them and counts once more. */
const TERM_PARTS = [...PARTS, 'definition'] as const
export type TermPart = Part | 'definition'
export const DEFINITION = PARTS.length

/** One number for each part, in the order of TERM_PARTS. */
export type PerPart = readonly number[]
export type PartCounts = Uint16Array
export const noCounts = (): PartCounts => new Uint16Array(TERM_PARTS.length)

/** A document as the scorers read it. */
export interface TextTerms {
  readonly segments: readonly { readonly part: number; readonly tokens: readonly string[] }[]
  /** How often each word stands in each part. */
  readonly counts: ReadonlyMap<string, PartCounts>
}

const LONGEST_WORD = 64

export function readTerms(text: ReadText): TextTerms {
  const counts = new Map<string, PartCounts>()
  const definitions = definitionsIn(text).map(text => ({ part: 'definition' as const, text }))
  const segments = [...text.passages, ...definitions].map(passage => {
    const part = TERM_PARTS.indexOf(passage.part)
    const tokens = tokenize(passage.text)
    for (const token of tokens) {
      if (token.length > LONGEST_WORD) continue
      let count = counts.get(token)
      if (!count) {
        count = noCounts()
        counts.set(token, count)
      }
      count[part]! += 1
    }
    return { part, tokens }
  })
  return { segments, counts }
}

/** How present something is: its counts weighed by part, each part counted up to a limit. */
export function presence(counts: PartCounts, weights: PerPart, limit: number): number {
  let sum = 0
  for (let part = 0; part < weights.length; part += 1) sum += weights[part]! * Math.min(counts[part]!, limit)
  return sum
}

/** The part that counts most for this weighing. */
export function strongestPart(counts: PartCounts, weights: PerPart): TermPart {
  let best = 0
  for (let part = 1; part < weights.length; part += 1)
    if (weights[part]! * Math.min(counts[part]!, 1) > weights[best]! * Math.min(counts[best]!, 1)) best = part
  return TERM_PARTS[best]!
}
