/** What a corpus knows about words: how telling each is, and in what company it stands. */
export interface WordVectors {
  readonly dimensions: number
  /** How telling a word is in the run of a text, 0 to 1; undefined for a word it does not know. */
  bodyWeight(word: string): number | undefined
  /** The same for a name or a one-line summary. */
  nameWeight(word: string): number | undefined
  /** Adds `weight` times the word's vector; false when it has none. */
  add(word: string, weight: number, sum: Float64Array): boolean
}
