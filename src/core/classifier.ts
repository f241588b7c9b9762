import type { ApiKey } from './api-key.ts'
import type { Answer, ClassifyRequest, Details, DocumentId } from './classification.ts'
import type { IgnoredFields } from './lines/ignored-fields.ts'
import type { ServiceError } from './outcome.ts'

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

/** What became of a line: an answer, or an error that says which line it was. */
export type LineResult = { readonly line: number; readonly id: DocumentId | null } & (
  | { readonly result: Classification }
  | {
      readonly error: ServiceError
      /** The stream ends here, before its input does: this line and all after it were not worked on. */
      readonly isEnd?: true
    }
)

export interface LineStream {
  readonly body: AsyncIterable<Uint8Array>
  /** What a line does not say. */
  readonly defaults: Omit<ClassifyRequest, 'text' | 'id'>
  /** Whether every line asks the model anew. */
  readonly afresh: boolean
  readonly wantConfidence: boolean
  /** The name of the one endpoint to ask. */
  readonly endpoint: string | undefined
  /** Counts the fields that are not known here. Undefined when they make a line fail. */
  readonly ignored: IgnoredFields | undefined
  /** Whose stream it is; it is counted as running already. */
  readonly apiKey: ApiKey | undefined
  /** Ends everything, what is in work as well. */
  readonly signal: AbortSignal
  /** Takes no more lines; what is in work ends. */
  readonly closing: AbortSignal
  /** Told of each line that was read, once it is known that the body is no other thing than lines of text. */
  readonly onRead: () => void
  /** Told of every line that has ended, also when nobody asks for its result any more. */
  readonly onEnd: (result: LineResult) => void
}

export interface LineStreams {
  /**
   * Answers each line as soon as it can, in any order. What ends the stream before its input does, such as `closing`,
   * comes last.
   */
  run(stream: LineStream): AsyncGenerator<LineResult[]>
}
