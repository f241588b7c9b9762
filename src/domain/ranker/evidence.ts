import type { TermPart } from './text-terms.ts'

/** Why a tag scored: what was found, and where it stands. */
export interface Evidence {
  readonly phrase: string
  readonly part: TermPart | 'examples'
}
