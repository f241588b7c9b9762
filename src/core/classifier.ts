import type { Answer, ClassifyRequest, Details } from './classification.ts'

export interface Classification {
  readonly answer: Answer
  readonly details: Details
  /** Whether the answer was known, or somebody else was already asking; `bypass` when the request forbade both. */
  readonly cache: 'hit' | 'miss' | 'bypass'
  /** Milliseconds that went by with asking the model, waits and all. */
  readonly modelTime: number
}

export interface ClassifyOptions {
  readonly signal: AbortSignal
  /** Who pays: the name of a key. */
  readonly account: string
  /** Whether the model is to say how sure it is, where it can. */
  readonly wantConfidence?: boolean
  /** Nobody waits for the answer, as in a batch: requests that somebody waits for go first. */
  readonly background?: boolean
  /** Also nobody minds when: the last resort, which would answer for an endpoint that is down, is left out. */
  readonly canWait?: boolean
  /** The name of an endpoint that is to be asked, and no other. */
  readonly endpoint?: string | undefined
  /** Told each text that the model writes when it is asked for tags; nobody else is, as it may say anything. */
  readonly onReply?: ((text: string) => void) | undefined
}

export interface Classifier {
  /** @throws ServiceError with the code of the outcome; or the reason of `signal` when that was aborted */
  classify(request: ClassifyRequest, options: ClassifyOptions): Promise<Classification>
}
