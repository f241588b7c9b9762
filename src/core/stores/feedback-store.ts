import type { MaybePromise } from '../time/promises.ts'

/** Where feedback belongs: the key that gave it, the list it is about, the text, and the person. */
export interface FeedbackPlace {
  readonly key: string
  readonly scope: string
  readonly textHash: string
  /** Empty when nobody was named. */
  readonly reviewer: string
}

export interface FeedbackRow extends FeedbackPlace {
  /** As JSON, since `7` and `"7"` are two ids. */
  readonly documentId: string | null
  readonly prompt: string
  readonly tagList: string
  /** A `Verdict` as JSON. */
  readonly verdict: string
  readonly excerpt: string
  /** Null unless texts are kept. */
  readonly content: string | null
  /** Milliseconds since 1970. */
  readonly changedAt: number
}

/** Undefined keys mean all of them. */
export interface FeedbackOwner {
  readonly keys: readonly string[] | undefined
}

export interface FeedbackStore {
  /** Replaces what the same person said of the same text before. */
  putFeedback(row: FeedbackRow): Promise<void>
  /** All that was said of a text, in the order of reviewers. */
  readFeedback(place: Omit<FeedbackPlace, 'reviewer'>): MaybePromise<readonly FeedbackRow[]>
  /** The newest of an id. */
  findFeedback(key: string, documentId: string): MaybePromise<FeedbackRow | undefined>
  /** In the order of places, from the one after `after`. */
  listFeedback(page: FeedbackOwner & { after?: FeedbackPlace; limit: number }): Promise<readonly FeedbackRow[]>
  /** Tells whether anything of a key and a scope has changed: another text when it has. */
  feedbackVersion(of: Pick<FeedbackPlace, 'key' | 'scope'>): MaybePromise<string>
  /** Says how many there were. */
  deleteFeedback(of: FeedbackOwner & { textHash: string; reviewer?: string }): Promise<number>
}
