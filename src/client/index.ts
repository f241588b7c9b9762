import { z } from 'zod'
import { Answer, type ClassifyRequest, DetailedAnswer } from '../core/classification.ts'
import { Feedback, type FeedbackRequest } from '../core/feedback.ts'
import { Problem } from '../core/problem.ts'
import { createBatchCalls } from './batches.ts'
import { type CallOptions, type ClientOptions, checked, createConnection, json, ndjson } from './connection.ts'
import { createPromptCalls } from './prompts.ts'
import { TagsmithError } from './tagsmith-error.ts'

export type { BatchReport, UploadReport } from '../core/batch/batch-report.ts'
export type { BatchResult, FailedItem, ItemError } from '../core/batch/batch-results.ts'
export type { BatchEntry, BatchSettings } from '../core/batch/batch-settings.ts'
export type { Answer, ClassifyRequest, DetailedAnswer } from '../core/classification.ts'
export type { Feedback, FeedbackRequest } from '../core/feedback.ts'
export type { Problem } from '../core/problem.ts'
export type { CreateOptions, ListOptions, UploadOptions } from './batches.ts'
export type { CallOptions, ClientOptions } from './connection.ts'
export type { ResultOptions } from './readers.ts'
export { TagsmithError, type TagsmithErrorCode } from './tagsmith-error.ts'

const FailedLine = z.looseObject({ error: Problem })

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
      ...{ method: 'POST', ...json(request), signal },
      asksModel: true,
      query: details ? { details } : {},
    })
  }
  /** Nobody waits for it: a stream of one line, which takes its turn behind the requests that came alone. */
  async function classifyInBackground(request: ClassifyRequest, { signal }: CallOptions = {}): Promise<DetailedAnswer> {
    const line = await connection.read('/classify', z.looseObject({}), {
      ...{ method: 'POST', body: `${JSON.stringify(request)}\n`, headers: ndjson, signal },
      asksModel: true,
      query: { details: true },
    })
    if (!('error' in line)) return checked(DetailedAnswer, line)
    const { error: problem } = checked(FailedLine, line)
    throw new TagsmithError(problem.code, problem.detail, { status: problem.status, problem })
  }
  const feedback = {
    give: (request: z.input<typeof FeedbackRequest>, { signal }: CallOptions = {}): Promise<Feedback> =>
      connection.read('/feedback', Feedback, { method: 'POST', ...json(request), signal }),
    /** Lines of JSON. */
    export: ({ format, signal }: CallOptions & { format?: string | undefined } = {}) =>
      connection.lines('/feedback', { query: { format }, signal }),
  }
  return {
    ...{ classify, classifyInBackground, feedback },
    prompts: createPromptCalls(connection),
    batches: createBatchCalls(connection),
  }
}
