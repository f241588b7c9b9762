import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Batches } from '../../batches/index.ts'
import { BatchReport } from '../../core/batch/batch-report.ts'
import { BatchSettings } from '../../core/batch/batch-settings.ts'
import { exampleOf } from '../../core/classification.ts'
import { ownerOf } from '../access.ts'
import { BatchAddress, BatchPaging, SomeOutcomes } from '../parameters.ts'
import { problems } from '../problem.ts'

const tags = ['batches']
const Resumption = BatchSettings.pick({ max_cost_usd: true, max_tokens: true, delivery: true }).meta({
  examples: [{ max_cost_usd: 10 }],
})
const Page = z.object({ object: z.literal('list'), data: z.array(BatchReport), has_more: z.boolean() })
const report = { 200: BatchReport.describe('The batch as it is now.'), ...problems(400, 404, 409, 500, 502, 503) }
const Retried = BatchReport.extend({ retried: z.int().min(0).describe('How many items are tried again.') }).meta({
  examples: [{ ...(exampleOf(BatchReport) as BatchReport), retried: 3 }],
})

export async function batchRoutes(app: FastifyInstance, { batches }: { batches: Batches }): Promise<void> {
  const typed = app.withTypeProvider<ZodTypeProvider>()
  typed.get(
    '/batches',
    {
      schema: {
        operationId: 'listBatches',
        summary: 'The batches, newest first',
        tags,
        querystring: BatchPaging,
        response: { 200: Page.describe('A page of batches.'), ...problems(400, 500, 503) },
      },
    },
    async request => ({
      object: 'list' as const,
      ...(await batches.list({ ...ownerOf(request), ...request.query })),
    }),
  )
  typed.get(
    '/batches/:id',
    {
      schema: { operationId: 'readBatch', summary: 'How far a batch is', tags, params: BatchAddress, response: report },
    },
    async request => batches.read(request.params.id, ownerOf(request)),
  )

  const action = (name: string, summary: string) => ({
    schema: { operationId: `${name}Batch`, summary, tags, params: BatchAddress, response: report },
  })
  typed.post('/batches/:id/cancel', action('cancel', 'Start nothing more, keep what was paid for'), async request =>
    batches.cancel(request.params.id, ownerOf(request)),
  )
  typed.post('/batches/:id/pause', action('pause', 'Start nothing more for now'), async request =>
    batches.pause(request.params.id, ownerOf(request)),
  )
  const resume = action('resume', 'Run a paused batch on').schema
  typed.post(
    '/batches/:id/resume',
    {
      schema: {
        ...resume,
        description:
          'One that met its cap needs a higher one. With `"delivery":"live"`, also of a batch that is running, what the provider has not done yet is taken back and asked live.',
        body: Resumption.nullish(),
        response: { ...report, ...problems(413, 415, 422) },
      },
    },
    async request => {
      const { max_cost_usd, max_tokens, delivery } = request.body ?? {}
      return batches.resume(request.params.id, ownerOf(request), {
        ...(max_cost_usd !== undefined && { maxCostUsd: max_cost_usd }),
        ...(max_tokens !== undefined && { maxTokens: max_tokens }),
        delivery,
      })
    },
  )
  const retry = action('retry', 'Try the failed items again').schema
  typed.post(
    '/batches/:id/retry',
    {
      schema: {
        ...retry,
        querystring: z.strictObject({ outcome: SomeOutcomes }),
        response: { ...report, 200: Retried.describe('The batch as it is now.') },
      },
    },
    async request => batches.retry(request.params.id, ownerOf(request), request.query.outcome),
  )
}
