import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { dayOf, type Ledger } from '../../accounting/index.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { UsageTotal } from '../../core/stores/usage-ledger.ts'
import { problems } from '../problem.ts'

export interface UsageOptions {
  readonly ledger: Ledger
}

const count = z.int().min(0)
const UsageOfDay = z
  .object({
    day: z.iso.date().describe('In UTC.'),
    model: z.string().describe('What the endpoint calls it.'),
    key: z.string().describe('The name of the key that pays; `anonymous` where none was sent.'),
    requests: count.describe('Calls of the model that were answered, for what the answer was worth, or cut before.'),
    unanswered: count.describe(
      'Of those, calls that timed out or were given up: what they used is told nobody, and in none of these sums.',
    ),
    input_tokens: count,
    cached_input_tokens: count.describe('Of those, read from the prompt cache of the provider.'),
    output_tokens: count,
    cost_usd: z.number().min(0).nullable().describe('Null when the price of an answered call is not known.'),
  })
  .meta({
    id: 'UsageOfDay',
    examples: [
      {
        ...{ day: '2026-11-22', model: 'gpt-6-luna', key: 'indexer', requests: 8_000, unanswered: 2 },
        ...{ input_tokens: 24_000_000, cached_input_tokens: 20_480_000, output_tokens: 96_000, cost_usd: 1.52 },
      },
    ],
  })

const day = z.iso.date('is not a day such as 2026-11-22').optional()
const UsageQuery = z.strictObject({
  from: day.describe('The first day, in UTC; today when left out, or the last day.'),
  to: day.describe('The last day; today when left out.'),
})

/** What was used, for whoever has to pay for it. */
export function usageRoutes(app: FastifyInstance, { ledger }: UsageOptions): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/usage',
    {
      schema: {
        operationId: 'usage',
        summary: 'Tokens and cost by day, model and key',
        tags: ['operations'],
        querystring: UsageQuery,
        response: {
          200: z.object({ data: z.array(UsageOfDay) }).describe('Totals in order of day, model and key.'),
          ...problems(400, 500, 503),
        },
      },
    },
    async ({ query }) => {
      const { to = dayOf(Date.now()), from = to } = query
      if (from > to) throw new ServiceError('invalid_request', 'The query is not valid.', { faults: [backwards] })
      return { data: (await ledger.read({ from, to })).map(report) }
    },
  )
}

const backwards = { pointer: '/from', message: 'is after the last day' }

const report = (total: UsageTotal): z.infer<typeof UsageOfDay> => ({
  day: total.day,
  model: total.model,
  key: total.key,
  requests: total.requests,
  unanswered: total.unanswered,
  input_tokens: total.inputTokens,
  cached_input_tokens: total.cachedInputTokens,
  output_tokens: total.outputTokens,
  cost_usd: total.unpriced > 0 ? null : total.costUsd,
})
