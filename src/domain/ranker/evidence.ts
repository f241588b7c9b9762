import type { TermPart } from './text-terms.ts'

/** Why a tag scored: what was found, and where: in a part of the text, in a sign of its form, or in the examples. */
export interface Evidence {
  readonly phrase: string
  readonly part: TermPart | 'form' | 'examples'
}
