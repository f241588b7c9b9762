import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type ClassifyRequest, DocumentId } from '../../domain/classification.ts'
import { ServiceError } from '../../domain/outcome.ts'
import { Problem } from '../../domain/problem.ts'
import type { LineResult, LineStreams } from '../../services/line-streams.ts'
import { clientSignal } from '../client-signal.ts'
import { createLineTally } from '../line-tally.ts'
import { problemOf } from '../problem.ts'
import { logRequest } from '../request-log.ts'
import { ndjson, readStreamedBody } from '../streamed-body.ts'

export const ErrorLine = z
  .strictObject({
    id: DocumentId.nullable().describe('The id of the line, where it could be read.'),
    line: z.int().min(1).describe('From 1. Where the stream ends early: the first line that was not worked on.'),
    error: Problem,
  })
  .meta({ id: 'ErrorLine', description: 'In place of the answer to a line.' })
export type ErrorLine = z.infer<typeof ErrorLine>

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
}

/** Shares of the time for stopping: until the model must have answered, and for what a client still sends after that. */
const patience = 0.6
const linger = 0.2
const mostLinger = 1_000

/** Answers a stream of texts with a stream of answers, each as soon as it is there. */
export function createStreamAnswers(app: FastifyInstance, { lineStreams, timeouts }: StreamOptions) {
  const closing = new AbortController()
  const lingerMs = Math.min(mostLinger, timeouts.shutdown * linger)
  const graceIsOver = new AbortController()
  app.addHook('preClose', async () => {
    const late = () => graceIsOver.abort(new ServiceError('stopping', 'The service stopped before the model answered.'))
    setTimeout(late, timeouts.shutdown * patience).unref()
    const message = 'The service is stopping: this line and all after it were not worked on.'
    closing.abort(new ServiceError('stopping', message))
  })

  return (request: FastifyRequest, reply: FastifyReply, { defaults, afresh, wantDetails }: StreamRequest) => {
    const gone = clientSignal(reply)
    const body = readStreamedBody(request, { timeout: timeouts.body, signal: closing.signal })
    const tally = createLineTally()
    const write = ({ line, id, ...ending }: LineResult): string => {
      if ('error' in ending) {
        if (ending.isEnd) request.outcome = { code: ending.error.code, attempts: [] }
        if (ending.error.code === 'internal') request.log.error({ err: ending.error.cause }, 'unexpected error')
        return `${JSON.stringify({ id, line, error: problemOf(ending.error, request.id) } satisfies ErrorLine)}\n`
      }
      const { answer, details } = ending.result
      return `${JSON.stringify(wantDetails ? { ...answer, details } : answer)}\n`
    }

    async function* answers(): AsyncGenerator<string> {
      // So that a client knows that it is let in, and that one who leaves has had an answer.
      reply.raw.flushHeaders()
      const stream = lineStreams.run({
        ...{ defaults, afresh, wantConfidence: wantDetails, apiKey: request.apiKey },
        body: body.chunks,
        signal: AbortSignal.any([gone, graceIsOver.signal]),
        closing: closing.signal,
        onEnd: tally.count,
      })
      try {
        for await (const lines of stream) yield lines.map(write).join('')
      } finally {
        request.lines = tally.sums()
        if (gone.aborted) {
          request.outcome = { code: 'client_closed', attempts: [] }
          // The hook that logs answers is not called.
          logRequest(request, reply)
        }
      }
    }

    request.outcome = { code: 'ok', attempts: [] }
    // The answers are on their way then; what is still coming in has no reader.
    reply.raw.once('finish', () => body.letGo(lingerMs))
    reply.headers({ 'content-type': ndjson, 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    return reply.send(Readable.from(answers(), { objectMode: false }))
  }
}
