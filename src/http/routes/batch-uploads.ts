import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BatchEstimate } from '../../domain/batch-estimate.ts'
import { BatchReport } from '../../domain/batch-report.ts'
import { BatchEntry, BatchSettings } from '../../domain/batch-settings.ts'
import { ServiceError } from '../../domain/outcome.ts'
import type { Batches } from '../../services/batches.ts'
import { ownerOf } from '../owner.ts'
import { problems } from '../problems.ts'
import { Dollars, MaxTags, Offset, Tokens } from '../query-numbers.ts'
import { checkAllButStreams, isStreamed, ndjson, passThrough, readStreamedBody } from '../streamed-body.ts'

const SubmitQuery = z.strictObject({
  prompt: BatchSettings.shape.prompt,
  max_tags: MaxTags,
  delivery: BatchSettings.shape.delivery,
  endpoint: BatchSettings.shape.endpoint,
  max_cost_usd: Dollars.optional().describe('The batch pauses once it has cost this much.'),
  max_tokens: Tokens.optional().describe('The batch pauses once it has used so many tokens.'),
  offset: Offset.default('0').describe('The place of the first item of this body, when an upload is gone on with.'),
  more: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether another part comes after this body; the batch runs once one came without.'),
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
  // Whatever its type is called, an upload is read as it comes and shows by itself what it is.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', passThrough)
  app.setValidatorCompiler(checkAllButStreams)
  const closing = new AbortController()
  app.addHook('preClose', async () => {
    const message = 'The service is stopping. With an Idempotency-Key, what it took is kept: send on from there.'
    closing.abort(new ServiceError('stopping', message, { retryAfter: 1 }))
  })
  app.withTypeProvider<ZodTypeProvider>().post(
    '/batches',
    {
      schema: {
        operationId: 'createBatch',
        summary: 'Classify many texts',
        description:
          'Takes NDJSON or a JSON array of any size. The first entry may hold the settings: `{"batch":{"tags":[…]}}`. An entry that cannot be read is an item that failed, with its place. Everything is on disk when this answers.',
        tags: ['batches'],
        querystring: SubmitQuery,
        headers: SubmitHeaders,
        body: entries,
        response: {
          200: BatchReport.describe('The batch that was complete before under this Idempotency-Key.'),
          202: BatchReport.describe('The batch was taken and will be run.'),
          ...problems(400, 404, 409, 413, 500, 502, 503),
        },
      },
    },
    async (request, reply) => {
      if (!isStreamed(request)) throw new ServiceError('invalid_request', 'The body is empty.')
      const body = readStreamedBody(request, { timeout: bodyTimeout, signal: closing.signal })
      const upload = {
        ...ownerOf(request),
        idempotencyKey: request.headers['idempotency-key'],
        traceparent: request.span?.traceparent,
        settings: settingsOf(request.query),
        offset: Number(request.query.offset),
        goesOn: request.query.more === 'true',
        body: body.chunks,
      }
      const { batch, received } = await batches
        .submit(upload)
        .finally(() => body.letGo(closing.signal.aborted ? lastWordMs : bodyTimeout))
      return reply
        .status(received ? 202 : 200)
        .header('location', `/batches/${batch.id}`)
        .send(batch)
    },
  )
  app.withTypeProvider<ZodTypeProvider>().post(
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
        response: { 200: BatchEstimate.describe('The estimate.'), ...problems(400, 404, 413, 500, 502, 503) },
      },
    },
    async request => {
      if (!isStreamed(request)) throw new ServiceError('invalid_request', 'The body is empty.')
      const body = readStreamedBody(request, { timeout: bodyTimeout, signal: closing.signal })
      const upload = { settings: settingsOf(request.query), body: body.chunks }
      return batches.estimate(upload).finally(() => body.letGo(closing.signal.aborted ? lastWordMs : bodyTimeout))
    },
  )
}

function settingsOf({
  prompt,
  max_tags,
  delivery,
  endpoint,
  max_cost_usd,
  max_tokens,
}: z.infer<typeof EstimateQuery>): BatchSettings {
  return BatchSettings.parse({
    ...(prompt !== undefined && { prompt }),
    ...(max_tags !== undefined && { max_tags: Number(max_tags) }),
    ...(delivery !== undefined && { delivery }),
    ...(endpoint !== undefined && { endpoint }),
    ...(max_cost_usd !== undefined && { max_cost_usd: Number(max_cost_usd) }),
    ...(max_tokens !== undefined && { max_tokens: Number(max_tokens) }),
  })
}
