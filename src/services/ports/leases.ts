/** One item in the hands of one worker. */
export interface LeasedItem {
  readonly batchId: string
  readonly seq: number
  readonly customId: string
  readonly document: string
  /** Counts this one. */
  readonly attempts: number
  /** JSON the store does not read: replies to earlier attempts that the next question has to refer to. */
  readonly replies: string | null
}

/** Whose lease an answer is given under: the fencing token is the worker's id, new with every incarnation. */
export interface Lease {
  readonly worker: string
  readonly batchId: string
}
