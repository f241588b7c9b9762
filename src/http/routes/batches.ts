import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { BatchReport } from '../../domain/batch-report.ts'
import { BatchEntry, BatchSettings } from '../../domain/batch-settings.ts'
import { faultsOf } from '../../domain/faults.ts'
import { outcomes, ServiceError } from '../../domain/outcome.ts'
import type { Batches, Owner } from '../../services/batches.ts'
import { validatorCompiler } from '../error-handler.ts'
import { problems } from '../problems.ts'

export interface BatchRouteOptions {
  readonly batches: Batches
}

const positive = z.string().regex(/^\d+(\.\d+)?$/, 'is not a positive number')
const whole = z.string().regex(/^\d{1,9}$/, 'is not a whole number')
const SubmitQuery = z.strictObject({
  prompt: BatchSettings.shape.prompt,
  max_tags: whole.optional().describe('A number from 1 to 50.'),
  max_cost_usd: positive.optional().describe('The batch pauses once it has cost this much.'),
  max_tokens: whole.optional().describe('The batch pauses once it has used so many tokens.'),
  offset: whole.default('0').describe('The place of the first item of this body, when an upload is gone on with.'),
})
const SubmitHeaders = z.looseObject({
  'idempotency-key': z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('The same key again finds the same batch, or goes on with its upload.'),
})
const ResultQuery = z.strictObject({
  outcome: z.string().max(500).optional().describe('Only these outcomes, with commas between them.'),
  status: z.enum(['completed', 'failed']).optional().describe('Only items with an answer, or only those without.'),
  details: z.enum(['true', 'false']).default('false').describe('Whether each answer tells how it came about.'),
})

const tags = ['batches']
const BatchId = z.object({ id: z.string() })
const report = { 200: BatchReport.describe('The batch as it is now.'), ...problems(404, 409, 500, 503) }
// A body that is a stream has no shape yet: its entries are checked one by one.
const exceptBody: typeof validatorCompiler = route =>
  route.httpPart === 'body' ? data => ({ value: data }) : validatorCompiler(route)

// Until there are keys, all who reach the service are one.
const ownerOf = (): Owner => ({ key: 'anonymous' })

export async function batchRoutes(app: FastifyInstance, { batches }: BatchRouteOptions): Promise<void> {
  // Whatever the type is called, an upload is read as it comes and tells by itself what it is.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
  const typed = app.withTypeProvider<ZodTypeProvider>()

  typed.post(
    '/batches',
    {
      validatorCompiler: exceptBody,
      schema: {
        operationId: 'createBatch',
        summary: 'Classify many texts',
        description:
          'Takes NDJSON or a JSON array of any size. The first entry may hold the settings: `{"batch":{"tags":[…]}}`. An entry that cannot be read is an item that failed, with its place. Everything is on disk when this answers.',
        tags,
        querystring: SubmitQuery,
        headers: SubmitHeaders,
        body: {
          content: {
            'application/x-ndjson': { schema: BatchEntry },
            'application/json': { schema: z.array(BatchEntry) },
          },
        },
        response: {
          200: BatchReport.describe('The batch that was complete before under this Idempotency-Key.'),
          202: BatchReport.describe('The batch was taken and will be run.'),
          ...problems(400, 404, 409, 413, 500, 503),
        },
      },
    },
    async (request, reply) => {
      const body = request.body as unknown as IncomingMessage | undefined
      if (body === undefined || body === null) throw new ServiceError('invalid_request', 'The body is empty.')
      const { batch, received } = await batches.submit({
        ...ownerOf(),
        idempotencyKey: request.headers['idempotency-key'],
        settings: settingsOf(request.query),
        offset: Number(request.query.offset),
        // Ending the upload early must not end the connection that is to carry the reason.
        body: body.iterator({ destroyOnReturn: false }),
      })
      return reply
        .status(received ? 202 : 200)
        .header('location', `/batches/${batch.id}`)
        .send(batch)
    },
  )
  typed.get(
    '/batches',
    {
      schema: {
        operationId: 'listBatches',
        summary: 'The batches, newest first',
        tags,
        querystring: z.strictObject({
          after: z.string().max(100).optional().describe('The id of the last batch of the page before.'),
          limit: whole.default('20').describe('From 1 to 100.'),
        }),
        response: {
          200: z
            .object({ object: z.literal('list'), data: z.array(BatchReport), has_more: z.boolean() })
            .describe('A page of batches.'),
          ...problems(400, 500, 503),
        },
      },
    },
    async ({ query: { after, limit } }) => {
      const page = await batches.list({ ...ownerOf(), after, limit: Math.min(100, Math.max(1, Number(limit))) })
      return { object: 'list' as const, ...page }
    },
  )
  typed.get(
    '/batches/:id',
    { schema: { operationId: 'readBatch', summary: 'How far a batch is', tags, params: BatchId, response: report } },
    async ({ params }) => batches.read(params.id, ownerOf()),
  )
  typed.get(
    '/batches/:id/results',
    {
      schema: {
        operationId: 'readBatchResults',
        summary: 'What a batch has come to',
        description: 'NDJSON in the order of the upload, of all items that have ended so far.',
        tags,
        params: BatchId,
        querystring: ResultQuery,
        response: problems(400, 404, 500, 503),
      },
    },
    async ({ params, query }, reply) => {
      const pages = await batches.results(params.id, ownerOf(), {
        details: query.details === 'true',
        outcomes: query.outcome === undefined ? undefined : outcomesIn(query.outcome),
        succeeded: query.status === undefined ? undefined : query.status === 'completed',
      })
      return reply.type('application/x-ndjson').send(Readable.from(pages, { objectMode: false, highWaterMark: 65_536 }))
    },
  )
}

function settingsOf({ prompt, max_tags, max_cost_usd, max_tokens }: z.infer<typeof SubmitQuery>): BatchSettings {
  const settings = BatchSettings.safeParse({
    ...(prompt !== undefined && { prompt }),
    ...(max_tags !== undefined && { max_tags: Number(max_tags) }),
    ...(max_cost_usd !== undefined && { max_cost_usd: Number(max_cost_usd) }),
    ...(max_tokens !== undefined && { max_tokens: Number(max_tokens) }),
  })
  if (settings.success) return settings.data
  throw new ServiceError('invalid_request', 'The query is not valid.', { faults: faultsOf(settings.error) })
}

function outcomesIn(list: string): string[] {
  const names = list.split(',').map(name => name.trim())
  const unknown = names.findIndex(name => !Object.hasOwn(outcomes, name))
  if (unknown === -1) return names
  throw new ServiceError('invalid_request', 'The query is not valid.', {
    faults: [{ pointer: '/outcome', message: `holds an outcome that is not known, in place ${unknown + 1}` }],
  })
}
