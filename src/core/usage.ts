import { z } from 'zod'

/** The most tokens that one call is taken to have used: the largest context windows hold ten million. */
export const mostTokensOfCall = 10_000_000
/** Where sums end, so that they, and sums of a few of them, stay whole numbers wherever they are kept. */
export const mostSummed = 1_000_000_000_000_000

export const addUp = (left: number, right: number): number => Math.min(left + right, mostSummed)

const tokens = (what: string) => z.int().min(0).nullable().describe(`${what}; null when the endpoint did not say.`)

const exampleUsage = {
  ...{ input_tokens: 2_950, cached_input_tokens: 2_560, cache_write_tokens: null },
  ...{ output_tokens: 12, reasoning_tokens: null },
}

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
    examples: [exampleUsage],
  })
export type Usage = z.infer<typeof Usage>

const figures = Usage.keyof().options
const usageOf = (countOf: (figure: keyof Usage) => number | null): Usage =>
  Object.fromEntries(figures.map(figure => [figure, countOf(figure)])) as Usage

export const unknownUsage = usageOf(() => null)

/** Of an answer that was known already. */
export const noUsage = usageOf(() => 0)

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
        ...{ elapsed_ms: 640, wait_ms: 0, usage: exampleUsage, cost_usd: 0.00006 },
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
  usages.reduce((total, usage) => usageOf(figure => sum(total[figure], usage[figure])), unknownUsage)

/** What the calls that were answered cost together; one whose cost nobody knows makes the sum unknown. */
export const costOf = (attempts: readonly Pick<Attempt, 'result' | 'cost_usd'>[]): number | null =>
  attempts
    .filter(isAnswered)
    .reduce<number | null>((sum, { cost_usd }) => (sum === null || cost_usd === null ? null : sum + cost_usd), 0)

/** A call, as far as its price depends on it. */
export interface PricedCall extends Pick<Attempt, 'endpoint' | 'model' | 'usage'> {
  /** What the endpoint says it cost. */
  readonly cost_usd?: number | null
  /** The part of the live price that is asked; null when it is not known. */
  readonly share?: number | null
}

export interface Prices {
  /** In US dollars; null when nobody knows. */
  cost(call: PricedCall): number | null
}
