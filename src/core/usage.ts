import { z } from 'zod'
import { exampleOf } from './example.ts'

/** The most tokens that one call is taken to have used: the largest context windows hold ten million. */
export const mostTokensOfCall = 10_000_000
/** Where sums end, so that they, and sums of a few of them, stay whole numbers wherever they are kept. */
export const mostSummed = 1_000_000_000_000_000

export const addUp = (left: number, right: number): number => Math.min(left + right, mostSummed)

const tokens = (what: string) => z.int().min(0).nullable().describe(`${what}; null when the endpoint did not say.`)

export const Usage = z
  .strictObject({
    input_tokens: tokens('Tokens sent, cached ones included'),
    cached_input_tokens: tokens('Of those, read from the prompt cache of the provider'),
    cache_write_tokens: tokens('Of those, written to that cache'),
    output_tokens: tokens('Tokens received, reasoning included'),
    reasoning_tokens: tokens('Of those, spent on reasoning'),
  })
  .meta({
    id: 'Usage',
    description: 'Tokens, summed over all attempts.',
    examples: [
      {
        ...{ input_tokens: 2_950, cached_input_tokens: 2_560, cache_write_tokens: null },
        ...{ output_tokens: 12, reasoning_tokens: null },
      },
    ],
  })
export type Usage = z.infer<typeof Usage>

export const unknownUsage: Usage = {
  input_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  output_tokens: null,
  reasoning_tokens: null,
}

/** Of an answer that was known already. */
export const noUsage: Usage = {
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
}

export const Attempt = z
  .strictObject({
    endpoint: z.string().describe('Name of the endpoint that was asked.'),
    requested_model: z.string().describe('The model that was asked for.'),
    model: z.string().describe('What the endpoint calls the one that answered; the one asked for when none did.'),
    result: z
      .string()
      .describe(
        '`reply`, or what went wrong in one word, such as `http_429`, `timeout` (of the call) or `deadline` (of the request).',
      ),
    elapsed_ms: z.number().min(0),
    wait_ms: z.number().min(0).describe('How long the service waited before the next attempt.'),
    usage: Usage,
    cost_usd: z
      .number()
      .min(0)
      .nullable()
      .describe(
        'What the endpoint says it cost, or else its tokens by the price of its model; null when nobody knows.',
      ),
  })
  .meta({
    id: 'Attempt',
    description: 'One call of the model.',
    examples: [
      {
        ...{ endpoint: 'api.openai.com', requested_model: 'gpt-6-luna', model: 'gpt-6-luna', result: 'reply' },
        ...{ elapsed_ms: 640, wait_ms: 0, usage: exampleOf(Usage), cost_usd: 0.00006 },
      },
    ],
  })
export type Attempt = z.infer<typeof Attempt>

const endings = ['reply', 'length', 'refusal', 'content_filter']

/** Whether the model replied, for what it was worth: then it is paid for. */
export const isAnswered = ({ result }: Pick<Attempt, 'result'>): boolean => endings.includes(result)

const cuts = ['timeout', 'deadline', 'aborted']

/** Whether a call was given up before its answer came: what it used, and whether it is billed, nobody is told. */
export const isCut = ({ result }: Pick<Attempt, 'result'>): boolean => cuts.includes(result)

const sum = (left: number | null, right: number | null) =>
  left === null || right === null ? (left ?? right) : addUp(left, right)

/** Sums usage over attempts; a figure that no attempt knew stays null. */
export const sumUsage = (usages: readonly Usage[]): Usage =>
  usages.reduce(
    (total, usage) => ({
      input_tokens: sum(total.input_tokens, usage.input_tokens),
      cached_input_tokens: sum(total.cached_input_tokens, usage.cached_input_tokens),
      cache_write_tokens: sum(total.cache_write_tokens, usage.cache_write_tokens),
      output_tokens: sum(total.output_tokens, usage.output_tokens),
      reasoning_tokens: sum(total.reasoning_tokens, usage.reasoning_tokens),
    }),
    unknownUsage,
  )

/** What the calls that were answered cost together; one whose cost nobody knows makes the sum unknown. */
export const costOf = (attempts: readonly Pick<Attempt, 'result' | 'cost_usd'>[]): number | null =>
  attempts
    .filter(isAnswered)
    .reduce<number | null>((sum, { cost_usd }) => (sum === null || cost_usd === null ? null : sum + cost_usd), 0)
