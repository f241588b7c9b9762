import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Batches } from '../../batches/index.ts'
import { BatchEstimate, UploadReport } from '../../core/batch/batch-report.ts'
import { BatchEntry, BatchSettings } from '../../core/batch/batch-settings.ts'
import { ServiceError } from '../../core/outcome.ts'
import { ownerOf } from '../access.ts'
import { isPacked } from '../body/content-encoding.ts'
import {
  checkAllButStreams,
  isStreamed,
  ndjson,
  passThrough,
  readStreamedBody,
  type StreamedBody,
} from '../body/streamed-body.ts'
import { Dollars, Flag, MaxTags, Offset, Share, Strict, Tokens } from '../parameters.ts'
import { problems } from '../problem.ts'

const SubmitQuery = z.strictObject({
  prompt: BatchSettings.shape.prompt,
  max_tags: MaxTags,
  min_confidence: Share.describe('Drops tags that the model was less sure of; with 0, answers tell how sure it was.'),
  review_below: Share.describe('Results then say in `needs_review` whether a person should look at them.'),
  mode: BatchSettings.shape.mode,
  delivery: BatchSettings.shape.delivery,
  endpoint: BatchSettings.shape.endpoint,
  max_cost_usd: Dollars.describe('The batch pauses once it has cost this much.'),
  max_tokens: Tokens.describe('The batch pauses once it has used so many tokens.'),
  strict: Strict,
  offset: Offset.default('0')
    .transform(Number)
    .describe('The place of the first item of this body, when an upload is gone on with.'),
  more: Flag.describe('Whether another part comes after this body; the batch runs once one came without.'),
})
const EstimateQuery = SubmitQuery.omit({ offset: true })
const SubmitHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The same key again finds the same batch, or goes on with its upload.'),
})

const entries = {
  content: {
    [ndjson]: { schema: BatchEntry },
    'application/json': { schema: z.array(BatchEntry) },
  },
}

/**
 * NDJSON under each of its names, JSON, and the type that `fetch` gives to a string. A form is what a page sends without
 * being asked, and what curl calls a body that it is told nothing about: it could be anything.
 */
const uploadTypes = [
  ...[ndjson, 'application/ndjson', 'application/jsonl', 'application/x-jsonl', 'application/jsonlines'],
  ...['application/x-jsonlines', 'application/json', 'text/json', 'text/plain'],
] as const

/** How long an upload that a stop ended may still be sent, so that its sender hears why. */
const lastWordMs = 1_000

export interface BatchUploadOptions {
  readonly batches: Batches
  /** The most time between two pieces of a body, in milliseconds. */
  readonly bodyTimeout: number
}

export async function batchUploadRoutes(
  app: FastifyInstance,
  { batches, bodyTimeout }: BatchUploadOptions,
): Promise<void> {
  // Of these types, an upload is read as it comes and shows by itself whether it is lines or an array.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([...uploadTypes], passThrough)
  app.setValidatorCompiler(checkAllButStreams)
  app.addHook('onRequest', refusePacked)
  const closing = new AbortController()
  app.addHook('preClose', async () => {
    const message = 'The service is stopping. With an Idempotency-Key, what it took is kept: send on from there.'
    closing.abort(new ServiceError('stopping', message, { retryAfter: 1 }))
  })
  async function withBody<T>(request: FastifyRequest, use: (body: StreamedBody['chunks']) => Promise<T>): Promise<T> {
    if (!isStreamed(request)) throw new ServiceError('invalid_request', 'The body is empty.')
    const body = readStreamedBody(request, { timeout: bodyTimeout, signal: closing.signal })
    return use(body.chunks).finally(() => body.letGo(closing.signal.aborted ? lastWordMs : bodyTimeout))
  }

  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.post(
    '/batches',
    {
      schema: {
        operationId: 'createBatch',
        summary: 'Classify many texts',
        description:
          'Takes NDJSON or JSON arrays of any size, without `content-encoding`. The first entry may hold the settings: `{"batch":{"tags":[…]}}`. An entry that cannot be read is an item that failed, with its place; fields that are not known are left out, and counted in `warnings`. Everything is on disk when this answers.',
        tags: ['batches'],
        querystring: SubmitQuery,
        headers: SubmitHeaders,
        body: entries,
        response: {
          200: UploadReport.describe(
            'The batch that was complete before under this Idempotency-Key, with the same items.',
          ),
          202: UploadReport.describe('The batch was taken and will be run.'),
          ...problems(400, 404, 409, 413, 415, 422, 500, 502, 503),
        },
      },
    },
    async (request, reply) => {
      const { offset, more: goesOn, strict, ...settings } = request.query
      const { batch, received } = await withBody(request, body =>
        batches.submit({
          ...ownerOf(request),
          idempotencyKey: request.headers['idempotency-key'],
          traceparent: request.span?.traceparent,
          ...{ settings, offset, goesOn, strict, body },
        }),
      )
      return reply
        .status(received ? 202 : 200)
        .header('location', `/batches/${batch.id}`)
        .send(batch)
    },
  )
  typed.post(
    '/batches/estimate',
    {
      schema: {
        operationId: 'estimateBatch',
        summary: 'What a batch would cost',
        description:
          'Takes what `POST /batches` takes, renders a sample of it as it would be sent, stores nothing and asks no model.',
        tags: ['batches'],
        querystring: EstimateQuery,
        body: entries,
        response: { 200: BatchEstimate.describe('The estimate.'), ...problems(400, 404, 413, 415, 422, 500, 502, 503) },
      },
    },
    async request => {
      const { more: _, strict, ...settings } = request.query
      return withBody(request, body => batches.estimate({ settings, strict, body }))
    },
  )
}

/** What may come at any size has no bound that it could be unpacked to. */
async function refusePacked({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (!isPacked(headers)) return
  reply.header('accept-encoding', 'identity')
  const message = 'An upload may have any size and is not taken packed: send it without content-encoding.'
  throw new ServiceError('unsupported_media_type', message)
}
