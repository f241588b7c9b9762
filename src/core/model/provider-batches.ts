import { type EngineCall, nameOf, type TextResult, type UpstreamFailure, type Verdict } from './engine.ts'

/** A file of questions in the hands of the provider. */
export interface ProviderBatch {
  readonly id: string
  /** `refused`: none of it was run. */
  readonly phase: 'running' | 'cancelling' | 'cancelled' | 'ended' | 'refused'
  /** The provider's own word for why it refused. */
  readonly reason: string | undefined
  /** Where the replies and the failures are, as far as there are any; in no order. */
  readonly files: readonly string[]
}

export interface ProviderLine {
  readonly customId: string
  readonly result: TextResult
}

interface Waiting {
  readonly signal: AbortSignal
}

/** Names a submission at the provider: by its own key, or by the file that was uploaded for it. */
export interface SubmissionMark {
  readonly key: string
  readonly inputFile: string
}

/** The Batch API of one endpoint. Every method throws a `ProviderFailure` when the endpoint does not do it. */
export interface ProviderBatches {
  readonly endpoint: string
  /** The model that is asked when the prompt names none. */
  readonly model: string
  /** What tokens cost as a part of the live price; undefined when nobody knows. */
  readonly priceShare: number | undefined
  /** Why the endpoint cannot be used this way, in words; undefined when it can. */
  probe(options: Waiting): Promise<string | undefined>
  /** A question as a line of a file. */
  lineOf(customId: string, call: EngineCall): Uint8Array<ArrayBuffer>
  /** Costs nothing yet. */
  upload(lines: readonly Uint8Array<ArrayBuffer>[], options: Waiting): Promise<string>
  create(mark: SubmissionMark, options: Waiting): Promise<ProviderBatch>
  /** Undefined when nothing was created under this mark. */
  find(mark: SubmissionMark, options: Waiting): Promise<ProviderBatch | undefined>
  read(id: string, options: Waiting): Promise<ProviderBatch>
  cancel(id: string, options: Waiting): Promise<void>
  /** The lines of a file as they arrive; undefined for one that cannot be read. A file that is gone has none. */
  linesIn(file: string, options: Waiting): AsyncIterable<ProviderLine | undefined>
  /** No batch can be created of it any more. One that is gone already is no failure. */
  deleteFile(file: string, options: Waiting): Promise<void>
}

export type ProviderFailure = Error & { readonly failure: UpstreamFailure; readonly verdict: Verdict }

/** Its message is fit for logs: it quotes nothing the endpoint said. */
export function providerFailure(failure: UpstreamFailure, verdict: Verdict): ProviderFailure {
  const error = new Error(`The Batch API of the model endpoint failed: ${nameOf(failure)}.`)
  error.name = 'ProviderFailure'
  // Hidden from whoever writes the error to a log.
  return Object.defineProperties(error, {
    failure: { value: failure, enumerable: false },
    verdict: { value: verdict, enumerable: false },
  }) as ProviderFailure
}

export const isProviderFailure = (error: unknown): error is ProviderFailure =>
  error instanceof Error && error.name === 'ProviderFailure'
