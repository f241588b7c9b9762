import type { Part } from '../document/passages.ts'

/** Why a tag scored: what was found, and where it stands. */
export interface Evidence {
  readonly phrase: string
  readonly part: Part | 'examples'
}
