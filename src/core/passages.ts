/** Where in a document words stand, from what says most about it to what says least. */
export const PARTS = ['title', 'first', 'lead', 'heading', 'body', 'code', 'boilerplate'] as const
export type Part = (typeof PARTS)[number]

/** A run of words of one part, free of markup. */
export interface Passage {
  readonly part: Part
  readonly text: string
}

/** A text taken apart. */
export interface ReadText {
  readonly passages: readonly Passage[]
  /** The paragraphs that open the text, whole. */
  readonly opening: readonly string[]
}
