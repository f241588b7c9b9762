import { Readable } from 'node:stream'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ClassifyRequest, DocumentId, exampleOf } from '../../core/classification.ts'
import type { LineResult, LineStreams } from '../../core/classifier.ts'
import { createIgnoredFields, UploadWarning } from '../../core/lines/ignored-fields.ts'
import { ServiceError } from '../../core/outcome.ts'
import { Problem } from '../../core/problem.ts'
import { ndjson, readStreamedBody } from '../body/streamed-body.ts'
import { clientSignal } from '../open-requests.ts'
import { exampleOfProblem, problemOf } from '../problem.ts'
import { createLineTally, logRequest } from '../request-log.ts'

export const ErrorLine = z
  .strictObject({
    id: DocumentId.nullable().describe('The id of the line, where it could be read.'),
    line: z.int().min(1).describe('From 1. Where the stream ends early: the first line that was not worked on.'),
    error: Problem,
  })
  .meta({
    id: 'ErrorLine',
    description: 'In place of the answer to a line.',
    examples: [{ id: null, line: 7, error: exampleOfProblem('invalid_request') }],
  })
export type ErrorLine = z.infer<typeof ErrorLine>

export const WarningLine = z.strictObject({ warning: UploadWarning }).meta({
  id: 'WarningLine',
  description: 'After the last answer, when lines held fields that are not known here.',
  examples: [{ warning: exampleOf(UploadWarning) }],
})
type WarningLine = z.infer<typeof WarningLine>

export interface StreamOptions {
  readonly lineStreams: LineStreams
  readonly timeouts: {
    /** The most time between two pieces of the body, in milliseconds. */
    readonly body: number
    /** How long the service may take to stop. */
    readonly shutdown: number
  }
}

export interface StreamRequest {
  readonly defaults: Omit<ClassifyRequest, 'text' | 'id'>
  readonly afresh: boolean
  readonly wantDetails: boolean
  readonly endpoint: string | undefined
  /** Whether a line fails that holds a field which is not known here. */
  readonly strict: boolean
}

/** How long the head of the answer waits for the body to begin: a client may wait for the head to begin with it. */
const beforeHeadMs = 100
/** For what a client still sends when the answers are complete. */
const lingerShare = 0.2
const mostLinger = 1_000

/** Answers a stream of texts with a stream of answers, each as soon as it is there. */
export function createStreamAnswers(app: FastifyInstance, { lineStreams, timeouts }: StreamOptions) {
  const closing = new AbortController()
  const lingerMs = Math.min(mostLinger, timeouts.shutdown * lingerShare)
  app.addHook('preClose', async () => {
    const message = 'The service is stopping: this line and all after it were not worked on.'
    closing.abort(new ServiceError('stopping', message))
  })

  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    { defaults, afresh, wantDetails, endpoint, strict }: StreamRequest,
  ) => {
    const gone = clientSignal(reply)
    const body = readStreamedBody(request, { timeout: timeouts.body, signal: closing.signal })
    const tally = createLineTally()
    const ignored = createIgnoredFields()
    const write = ({ line, id, ...ending }: LineResult): string => {
      if ('error' in ending) {
        if (ending.isEnd) request.outcome = { code: ending.error.code, attempts: [] }
        if (ending.error.code === 'internal') request.log.error({ err: ending.error.cause }, 'unexpected error')
        return `${JSON.stringify({ id, line, error: problemOf(ending.error, request.id) } satisfies ErrorLine)}\n`
      }
      const { answer, details } = ending.result
      return `${JSON.stringify(wantDetails ? { ...answer, details } : answer)}\n`
    }

    const begun = Promise.withResolvers<undefined>()
    const stream = lineStreams.run({
      ...{ defaults, afresh, wantConfidence: wantDetails, endpoint, apiKey: request.apiKey },
      body: body.chunks,
      ignored: strict ? undefined : ignored,
      signal: AbortSignal.any([gone, app.graceIsOver]),
      closing: closing.signal,
      onRead: () => begun.resolve(undefined),
      onEnd: tally.count,
    })
    const first = stream.next()

    /** Why the body is refused as a whole; what shows later, the answer having begun, is a line of it. */
    async function refusalOf(): Promise<ServiceError | undefined> {
      const judged = Promise.race([first, begun.promise])
      const timer = new AbortController()
      const silence = sleep(beforeHeadMs, true, { signal: timer.signal, ref: false }).catch(() => false)
      const isSilent = await Promise.race([judged.then(() => false), silence])
      timer.abort()
      // What has arrived while this process was busy is read in this turn.
      if (isSilent) await turn()
      if (isSilent && !request.raw.readableDidRead) return undefined
      const [line] = (await judged)?.value ?? []
      return line && 'isEnd' in line && isAboutBody(line.error) ? line.error : undefined
    }

    async function* answers(): AsyncGenerator<string> {
      // So that a client knows that it is let in, and that one who leaves has had an answer.
      reply.raw.flushHeaders()
      try {
        for (let next = await first; !next.done; next = await stream.next()) yield next.value.map(write).join('')
        const warned = request.outcome?.code === 'ok' ? ignored.warnings() : []
        yield warned.map(warning => `${JSON.stringify({ warning } satisfies WarningLine)}\n`).join('')
      } finally {
        await stream.return(undefined)
        request.lines = tally.sums()
        if (gone.aborted) {
          request.outcome = { code: 'client_closed', attempts: [] }
          // The hook that logs answers is not called.
          logRequest(request, reply)
        }
      }
    }

    // The answers are on their way then; what is still coming in has no reader.
    reply.raw.once('finish', () => body.letGo(lingerMs))
    const refusal = await refusalOf()
    if (refusal || gone.aborted) {
      await stream.return(undefined)
      if (!refusal) request.lines = tally.sums()
      throw refusal ?? gone.reason
    }
    request.outcome = { code: 'ok', attempts: [] }
    reply.headers({ 'content-type': ndjson, 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    return reply.send(Readable.from(answers(), { objectMode: false }))
  }
}

const isAboutBody = ({ code }: ServiceError) => code === 'unsupported_media_type' || code === 'unusable_text'
