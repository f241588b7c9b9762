import type { ListedTag } from '../tags/tag-list.ts'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** How a prompt puts a list to a decision model. */
export interface Questions {
  ofTag(tag: ListedTag): string
  readonly choice: string | undefined
  readonly threshold: number
}

/** What an engine that scores says of a tag. */
export interface ScoredTag {
  readonly tag: ListedTag
  /** Null where it is picked already, by an engine that knows ranks and no probabilities. */
  readonly probability: number | null
}
