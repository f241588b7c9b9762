import { PassThrough } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BatchReport } from '../../domain/batch-report.ts'
import { BatchSettings } from '../../domain/batch-settings.ts'
import type { BatchEvent, Owner } from '../../services/batches.ts'
import { problems } from '../problems.ts'
import type { BatchRouteOptions } from './batches.ts'

const tags = ['batches']
const BatchId = z.object({ id: z.string() })
const report = { 200: BatchReport.describe('The batch as it is now.'), ...problems(400, 404, 409, 500, 503) }
const quietMs = 15_000
const Cap = BatchSettings.pick({ max_cost_usd: true, max_tokens: true })

const ownerOf = (): Owner => ({ key: 'anonymous' })

/** What can be done to a batch, and the stream that tells of it. */
export async function batchActionRoutes(app: FastifyInstance, { batches }: BatchRouteOptions): Promise<void> {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  // An action is a POST without a body, whatever type its client says that nothing is of.
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    done(null, undefined)
  })

  const action = (name: string, summary: string) => ({
    schema: { operationId: `${name}Batch`, summary, tags, params: BatchId, response: report },
  })
  typed.post('/batches/:id/cancel', action('cancel', 'Start nothing more, keep what was paid for'), async request =>
    batches.cancel(request.params.id, ownerOf()),
  )
  typed.post('/batches/:id/pause', action('pause', 'Start nothing more for now'), async request =>
    batches.pause(request.params.id, ownerOf()),
  )
  typed.post(
    '/batches/:id/resume',
    {
      schema: {
        ...action('resume', 'Run a paused batch on').schema,
        description: 'A batch that met its cap takes a higher one.',
        body: Cap.nullish(),
      },
    },
    async ({ params, body }) => {
      const { max_cost_usd, max_tokens } = body ?? {}
      return batches.resume(params.id, ownerOf(), {
        ...(max_cost_usd !== undefined && { maxCostUsd: max_cost_usd }),
        ...(max_tokens !== undefined && { maxTokens: max_tokens }),
      })
    },
  )
  typed.post(
    '/batches/:id/retry',
    {
      schema: {
        ...action('retry', 'Try the failed items again').schema,
        response: {
          ...report,
          200: BatchReport.extend({ retried: z.int().describe('How many items are tried again.') }).describe(
            'The batch as it is now.',
          ),
        },
      },
    },
    async ({ params }) => batches.retry(params.id, ownerOf()),
  )
  typed.get(
    '/batches/:id/events',
    {
      schema: {
        operationId: 'watchBatch',
        summary: 'Tell when a batch moves',
        description: 'Server-sent events named `batch`, until the batch has ended. Takes Last-Event-ID.',
        tags,
        params: BatchId,
        response: { 204: z.null().describe('The batch has ended, and you know it.'), ...problems(404, 500, 503) },
      },
    },
    async (request, reply) => {
      const lastId = request.headers['last-event-id']
      const signal = AbortSignal.any([request.signal, closing.signal])
      const events = batches.watch(request.params.id, ownerOf(), { lastId: lastId?.toString(), signal })
      const first = await events.next()
      if (first.done) return reply.status(204).send()
      reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      return reply.send(streamOf(first.value, events))
    },
  )
}

/** With a word now and then while nothing moves, so that no proxy takes the connection for dead. */
function streamOf(first: BatchEvent, rest: AsyncGenerator<BatchEvent>): PassThrough {
  const stream = new PassThrough()
  const quiet = setInterval(() => stream.write(': still here\n\n'), quietMs).unref()
  const write = ({ id, batch }: BatchEvent) =>
    stream.write(`id: ${id}\nevent: batch\ndata: ${JSON.stringify(batch)}\n\n`)
  const pump = async () => {
    write(first)
    for await (const event of rest) if (stream.destroyed || !write(event)) break
    stream.end()
  }
  stream.once('close', () => {
    clearInterval(quiet)
    void rest.return(undefined)
  })
  pump().catch(error => stream.destroy(error))
  return stream
}
