/** Whose batches are meant: a batch is seen by the key that made it alone. */
export interface Owner {
  readonly key: string
  /** For operators: all keys there are, whose batches are theirs. Those of nobody among them are seen as well. */
  readonly keys?: readonly string[] | undefined
}
