import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BatchEstimate } from '../../domain/batch-estimate.ts'
import { BatchReport } from '../../domain/batch-report.ts'
import { BatchEntry, BatchSettings } from '../../domain/batch-settings.ts'
import { faultsOf } from '../../domain/faults.ts'
import { ServiceError } from '../../domain/outcome.ts'
import type { Batches } from '../../services/batches.ts'
import { ownerOf } from '../owner.ts'
import { problems } from '../problems.ts'
import { checkAllButStreams, isStreamed, ndjson, passThrough, readStreamedBody } from '../streamed-body.ts'

const positive = z.string().regex(/^\d+(\.\d+)?$/, 'is not a positive number')
const whole = z.string().regex(/^\d{1,9}$/, 'is not a whole number')
const SubmitQuery = z.strictObject({
  prompt: BatchSettings.shape.prompt,
  max_tags: whole.optional().describe('A number from 1 to 50.'),
  delivery: BatchSettings.shape.delivery,
  endpoint: BatchSettings.shape.endpoint,
  max_cost_usd: positive.optional().describe('The batch pauses once it has cost this much.'),
  max_tokens: whole.optional().describe('The batch pauses once it has used so many tokens.'),
  offset: whole.default('0').describe('The place of the first item of this body, when an upload is gone on with.'),
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
      const body = readStreamedBody(request, { timeout: bodyTimeout })
      const upload = {
        ...ownerOf(request),
        idempotencyKey: request.headers['idempotency-key'],
        traceparent: request.span?.traceparent,
        settings: settingsOf(request.query),
        offset: Number(request.query.offset),
        goesOn: request.query.more === 'true',
        body: body.chunks,
      }
      const { batch, received } = await batches.submit(upload).finally(() => body.letGo(bodyTimeout))
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
      const body = readStreamedBody(request, { timeout: bodyTimeout })
      const upload = { settings: settingsOf(request.query), body: body.chunks }
      return batches.estimate(upload).finally(() => body.letGo(bodyTimeout))
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
  const settings = BatchSettings.safeParse({
    ...(prompt !== undefined && { prompt }),
    ...(max_tags !== undefined && { max_tags: Number(max_tags) }),
    ...(delivery !== undefined && { delivery }),
    ...(endpoint !== undefined && { endpoint }),
    ...(max_cost_usd !== undefined && { max_cost_usd: Number(max_cost_usd) }),
    ...(max_tokens !== undefined && { max_tokens: Number(max_tokens) }),
  })
  if (settings.success) return settings.data
  throw new ServiceError('invalid_request', 'The query is not valid.', { faults: faultsOf(settings.error) })
}
