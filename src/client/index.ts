import { Answer, type ClassifyRequest, DetailedAnswer } from '../domain/classification.ts'
import { createBatchCalls } from './batches.ts'
import { type CallOptions, type ClientOptions, createConnection } from './connection.ts'

export type { BatchReport } from '../domain/batch-report.ts'
export type { BatchResult, FailedItem, ItemError } from '../domain/batch-result.ts'
export type { BatchEntry, BatchSettings } from '../domain/batch-settings.ts'
export type { Answer, ClassifyRequest, DetailedAnswer } from '../domain/classification.ts'
export type { Problem } from '../domain/problem.ts'
export type { CreateOptions, ListOptions, UploadOptions } from './batches.ts'
export type { CallOptions, ClientOptions } from './connection.ts'
export type { ResultOptions } from './readers.ts'
export { TagsmithError, type TagsmithErrorCode } from './tagsmith-error.ts'

export type Client = ReturnType<typeof createClient>

/** A tagsmith service, for whatever has `fetch`. Calls fail with a TagsmithError, or the reason of their signal. */
export function createClient(options: ClientOptions) {
  const connection = createConnection(options)
  function classify(request: ClassifyRequest, options: CallOptions & { details: true }): Promise<DetailedAnswer>
  function classify(request: ClassifyRequest, options?: CallOptions & { details?: false }): Promise<Answer>
  function classify(
    request: ClassifyRequest,
    { details = false, signal }: CallOptions & { details?: boolean } = {},
  ): Promise<Answer | DetailedAnswer> {
    return connection.read('/classify', details ? DetailedAnswer : Answer, {
      ...{ method: 'POST', body: JSON.stringify(request), headers: { 'content-type': 'application/json' }, signal },
      query: details ? { details } : {},
    })
  }
  return { classify, batches: createBatchCalls(connection) }
}
