import { PassThrough, Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { BatchEvent, Batches } from '../../batches/index.ts'
import { BatchResult } from '../../core/batch/batch-results.ts'
import { ownerOf } from '../access.ts'
import { ndjson } from '../body/streamed-body.ts'
import { clientSignal } from '../open-requests.ts'
import { BatchAddress, Flag, Offset, SomeOutcomes, Succeeded } from '../parameters.ts'
import { problems } from '../problem.ts'

const tags = ['batches']
const ResultQuery = z
  .strictObject({
    outcome: SomeOutcomes,
    status: Succeeded,
    details: Flag.describe('Whether each answer tells how it came about.'),
    follow: Flag.describe(
      'Whether to stay until the batch has ended, and give each result once all before it are there.',
    ),
    offset: Offset.transform(Number)
      .optional()
      .describe('With `follow=true`: so many results are left out, those that were read before a connection broke.'),
  })
  .refine(({ follow, offset }) => follow || offset === undefined, {
    path: ['offset'],
    message: 'goes with follow=true only, as results do not keep their places otherwise',
  })
const quietMs = 15_000

/** The two long answers: the results, and the events while there are more to come. */
export async function batchStreamRoutes(app: FastifyInstance, { batches }: { batches: Batches }): Promise<void> {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  const closing = new AbortController()
  app.addHook('preClose', async () => closing.abort())
  typed.get(
    '/batches/:id/results',
    {
      schema: {
        operationId: 'readBatchResults',
        summary: 'What a batch has come to',
        description: 'NDJSON in the order of the upload, of all items that have ended so far.',
        tags,
        params: BatchAddress,
        querystring: ResultQuery,
        response: {
          200: {
            description: 'A line for each item that has ended; this is the schema of a line.',
            content: { 'application/x-ndjson': { schema: BatchResult } },
          },
          ...problems(400, 404, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const { details, outcome: outcomes, status: succeeded, follow, offset = 0 } = request.query
      const [{ id }, owner, filter] = [request.params, ownerOf(request), { details, outcomes, succeeded }]
      const signal = AbortSignal.any([clientSignal(reply as FastifyReply), closing.signal])
      const pages = follow
        ? await batches.follow(id, owner, { ...filter, offset, signal })
        : await batches.results(id, owner, filter)
      const stream = Readable.from(pages, { objectMode: false })
      return (reply as FastifyReply).type(ndjson).send(stream)
    },
  )
  typed.get(
    '/batches/:id/events',
    {
      schema: {
        operationId: 'watchBatch',
        summary: 'Be told when a batch moves',
        description:
          'Server-sent events named `batch`, until the batch has ended. To a Last-Event-ID that is its end the answer is 204, which ends the watch.',
        tags,
        params: BatchAddress,
        response: { ...problems(404, 500, 503) },
      },
    },
    async (request, typedReply) => {
      const reply: FastifyReply = typedReply
      const lastId = request.headers['last-event-id']?.toString()
      const signal = AbortSignal.any([clientSignal(reply), closing.signal])
      const events = batches.watch(request.params.id, ownerOf(request), { lastId, signal })
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
  const quiet = setInterval(() => stream.write(': still here\n\n'), quietMs)
  const write = ({ id, batch }: BatchEvent) =>
    stream.write(`id: ${id}\nevent: batch\ndata: ${JSON.stringify(batch)}\n\n`)
  async function pump(): Promise<void> {
    write(first)
    for await (const event of rest) write(event)
    stream.end()
  }
  stream.once('close', () => clearInterval(quiet))
  pump().catch(error => stream.destroy(error))
  return stream
}
