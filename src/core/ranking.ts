import type { ListedTag, TagId, TagList } from './tags/tag-list.ts'

/** A text whose right tags are known. */
export interface LabelledExample {
  readonly text: string
  readonly tags: readonly TagId[]
  /** Tags that a person said are wrong for it. */
  readonly rejected?: readonly TagId[]
}

export interface Neighbour {
  readonly example: LabelledExample
  readonly similarity: number
}

/** Labelled texts that come and go; the same ones are the same object. */
export interface LearnedExamples {
  /** Another version, another answer. */
  readonly version: string
  readonly examples: readonly LabelledExample[]
}

/** What a sentence encoder finds of a text. */
export interface EncodedText {
  /** For each tag how much nearer it is than the list is on average, in units of how much the list varies. */
  readonly nearness: Float64Array
  /** How far the nearest tag stands over what it comes to with texts about anything, in units of how much that varies. */
  readonly standing: number
}

/** A list as a sentence encoder reads it. */
export interface EncodedList {
  readonly bytes: number
  /** @throws RangeError when the vector is of another length than those of the list */
  compare(vector: Float32Array): EncodedText
}

/** What a sentence encoder is given to read, and what becomes of its vectors. */
export interface Encoding {
  /** Texts about anything, to be read once for all lists. */
  readonly background: readonly string[]
  ofText(text: string): string
  ofTag(tag: ListedTag): string
  createList(tags: readonly Float32Array[], background: readonly Float32Array[]): EncodedList
}

export interface TagScore {
  readonly tag: ListedTag
  readonly score: number
}

/** Scores the tags of one list for a text. */
export interface Ranker {
  /** The tags that fit well enough to be an answer; none when nothing does. */
  select(text: string, maxTags: number, encoded?: EncodedText): readonly TagScore[]
  /** The tags worth showing to a model that cannot read the whole list: at most `size`, most promising first. */
  shortlist(text: string, size: number, encoded?: EncodedText): readonly ListedTag[]
  /**
   * Whether what is found in a text, or not found, says something: false when the text is in a language in which
   * neither the list has words nor the ranker.
   */
  canRead(text: string): boolean
  /** The labelled examples most like a text, nearest first; never the text itself. */
  nearest(text: string, count: number): readonly Neighbour[]
}

/** The ranker of each list: its index is built when it is first asked for, and goes with the list. */
export interface Rankers {
  /** One that has also learned from these, kept as long as they are. */
  of(list: TagList, learned?: LearnedExamples): Ranker
}

/** How much of what fits a text less than well is answered, and how much is left out. */
export const EAGERNESS = ['strict', 'balanced', 'eager'] as const
export type Eagerness = (typeof EAGERNESS)[number]
