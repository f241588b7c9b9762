import type { EncodeOptions, Encoder, Endpoint } from '../endpoints/index.ts'
import type { ReadRequest, Tasks } from '../prompts/index.ts'

interface EncodingOptions extends EncodeOptions {
  /** What the endpoint reads that is asked first. */
  readonly reads: Endpoint['reads']
}

/** Adds what the encoder says to a request, where there is one and the ranker has a part in the answer. */
export const createEncoding =
  (encoder: Encoder | undefined, tasks: Pick<Tasks, 'isRanked'>) =>
  async (request: ReadRequest, { reads, ...options }: EncodingOptions): Promise<ReadRequest> => {
    if (!encoder || (reads !== 'list' && !tasks.isRanked(request))) return request
    const found = await encoder.encode(request.tagList, request.document.text(), options)
    return { ...request, encoded: found ?? 'failed' }
  }
