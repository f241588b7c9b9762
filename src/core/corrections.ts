import type { LearnedExamples } from './ranking.ts'
import type { TagId, TagList } from './tags/tag-list.ts'
import type { MaybePromise } from './time/promises.ts'

/** A text as feedback on it is found: under the prompt or the list that it was judged by. */
export interface JudgedText {
  readonly prompt: { readonly name: string; readonly tagList: TagList }
  readonly tagList: TagList
  /** Of the text as it was sent. */
  readonly document: { readonly originalDigest: string }
}

/** What people said of a text. */
export interface Correction {
  /** The whole answer; undefined when nobody gave one. */
  readonly answer: readonly TagId[] | undefined
  /** Spellings of the ids that must not be in an answer. */
  readonly rejected: ReadonlySet<string>
}

export interface Corrections {
  /** Looked up for every request, so that what is undone counts for the next one, wherever it was undone. */
  of(text: JudgedText, account: string): MaybePromise<Correction | undefined>
  /** The texts that a key confirmed under its list; undefined while they are too few. */
  confirmed(text: JudgedText, account: string): Promise<LearnedExamples | undefined>
}

/** Fewer confirmed texts mislead more than they teach. */
export const fewestConfirmed = 20
