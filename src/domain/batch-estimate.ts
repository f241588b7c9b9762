import { z } from 'zod'
import { deliveries } from './batch.ts'

const count = z.int().min(0)
const range = (each: z.ZodNumber) => z.strictObject({ low: each, high: each })

export const BatchEstimate = z
  .strictObject({
    object: z.literal('batch_estimate'),
    items: count.describe('Entries that can be read.'),
    unreadable: count.describe('Entries that would fail at once; they cost nothing.'),
    sampled: count.describe('How many of the items were rendered, picked evenly at random.'),
    unusable: count.describe('Of those, texts that no model would be asked about.'),
    model: z.string(),
    delivery: z.enum(deliveries),
    input_tokens: count.describe('For all items: a quarter of the bytes of the messages and the schema.'),
    output_tokens: range(count).describe(
      'For all items. Low: the shortest full answer. High: MAX_OUTPUT_TOKENS each. What a model thinks comes on top.',
    ),
    cost_usd: range(z.number().min(0))
      .nullable()
      .describe(
        'Low: the fixed part is read from the prompt cache. High: nothing is. Null when the price is not known. One call for each item: what is known already costs nothing, a call that has to be repeated costs more.',
      ),
  })
  .meta({ id: 'BatchEstimate' })
export type BatchEstimate = z.infer<typeof BatchEstimate>

/** Keeps an even sample of a stream whose length nobody knows. The same stream leaves the same sample. */
export function createSample<Entry>(size: number): { add(entry: Entry): void; entries(): readonly Entry[] } {
  const kept: Entry[] = []
  let seen = 0
  let state = 1
  // A generator of Park and Miller: plain, and good enough to pick places with.
  const below = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
  return {
    add(entry) {
      seen += 1
      const place = seen <= size ? kept.length : below(seen)
      if (place < size) kept[place] = entry
    },
    entries: () => kept,
  }
}
