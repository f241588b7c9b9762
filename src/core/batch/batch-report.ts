import { z } from 'zod'
import { exampleOf } from '../classification.ts'
import { UploadWarning } from '../lines/ignored-fields.ts'
import { addUp } from '../usage.ts'
import { type Batch, batchStatuses, deliveries, pauseReasons } from './batch.ts'
import { BatchSettings } from './batch-settings.ts'

const count = z.int().min(0)
const moment = (what: string) => z.int().nullable().describe(`${what}, in seconds since 1970; null when it has not.`)
const { prompt, max_tags, review_below, mode, endpoint, metadata } = BatchSettings.shape

export const BatchReport = z
  .object({
    id: z.string(),
    object: z.literal('batch'),
    status: z
      .enum(batchStatuses)
      .describe('`validating` while it is uploaded; `paused` until it is resumed; `cancelling` while calls come back.'),
    pause_reason: z.enum(pauseReasons).nullable(),
    delivery: z.enum(deliveries).describe('How its items reach the model.'),
    created_at: z.int().describe('In seconds since 1970.'),
    in_progress_at: moment('When its upload ended'),
    completed_at: moment('When its last item ended'),
    cancelled_at: moment('When it was cancelled'),
    request_counts: z.object({
      total: count,
      completed: count.describe('Items with an answer.'),
      failed: count.describe('Items that ended without one.'),
    }),
    outcomes: z.record(z.string(), count).describe('How many items ended in which way.'),
    answered_by: z
      .record(z.string(), count)
      .describe('How many answers came from which endpoint, and from `feedback`.'),
    cheap: z
      .object({
        answers: count.describe('Answers of the embedded ranker, for which no model was asked.'),
        share: z.number().min(0).max(1).describe('Of all answers so far.'),
        most_wrong: z
          .number()
          .nullable()
          .describe('The share of those that is wrong at the most, with 95 % certainty; null once that is void.'),
        expected_wrong: z.number().nullable().describe('The share of those that was wrong when it was measured.'),
      })
      .nullable()
      .describe('Of a batch with `mode=cheap`; else null.'),
    usage: z.object({ input_tokens: count, output_tokens: count, total_tokens: count }),
    cost_usd: z.number().min(0).nullable().describe('Null when the price of an item is not known.'),
    max_cost_usd: z.number().nullable(),
    max_tokens: z.int().nullable(),
    prompt,
    max_tags,
    review_below,
    mode,
    endpoint,
    metadata,
    items_per_second: z.number().min(0).nullable().describe('As of late; null when nothing is known yet.'),
    seconds_left: z.int().min(0).nullable().describe('At that rate.'),
    circuit: z
      .enum(['closed', 'open', 'half_open'])
      .describe('`open`: the model endpoint is down, and the batch waits for it without giving up on any item.'),
    held_until: z
      .int()
      .nullable()
      .describe('When it goes on, in seconds since 1970, after the key that made it spent its budget; else null.'),
  })
  .meta({
    id: 'Batch',
    examples: [
      {
        ...{ id: 'batch_c846238623e24751a9748b8ea0b3569f', object: 'batch' },
        ...{ status: 'in_progress', pause_reason: null, delivery: 'live' },
        ...{ created_at: 1_795_386_718, in_progress_at: 1_795_386_718, completed_at: null, cancelled_at: null },
        request_counts: { total: 20_000, completed: 8_000, failed: 3 },
        outcomes: { ok: 7_900, none_apply: 100, refused: 3 },
        ...{ answered_by: { 'api.openai.com': 8_000 }, cheap: null },
        usage: { input_tokens: 24_000_000, output_tokens: 96_000, total_tokens: 24_096_000 },
        ...{ cost_usd: 1.52, max_cost_usd: 5, max_tokens: null },
        ...{ items_per_second: 40, seconds_left: 300, circuit: 'closed', held_until: null },
      },
    ],
  })
export type BatchReport = z.infer<typeof BatchReport>

/** A batch as the answer to its upload shows it. */
export const UploadReport = BatchReport.extend({
  warnings: z.array(UploadWarning).optional().describe('About this upload; left out when there are none.'),
}).meta({
  id: 'UploadedBatch',
  examples: [{ ...(exampleOf(BatchReport) as BatchReport), warnings: [exampleOf(UploadWarning)] }],
})
export type UploadReport = z.infer<typeof UploadReport>

export interface Circumstances {
  readonly circuit: BatchReport['circuit']
  readonly itemsPerSecond: number | null
  readonly heldUntil: number | undefined
  /** Of the embedded ranker, where it may answer in place of the model. */
  readonly cheap: { readonly ranker: string; readonly error: number | null; readonly wrong: number | null } | undefined
}

/** A batch as the API shows it. */
export function reportBatch(batch: Batch, { circuit, itemsPerSecond, heldUntil, cheap }: Circumstances): BatchReport {
  const settings: BatchSettings = JSON.parse(batch.settings)
  const left = batch.total - batch.succeeded - batch.failed
  const running = batch.status === 'in_progress'
  const held = running && heldUntil !== undefined
  const ended = (status: Batch['status']) => (batch.status === status ? seconds(batch.finishedAt) : null)
  return {
    id: batch.id,
    object: 'batch',
    status: batch.status,
    pause_reason: batch.pauseReason,
    delivery: batch.delivery,
    created_at: seconds(batch.createdAt)!,
    in_progress_at: seconds(batch.startedAt),
    completed_at: ended('completed'),
    cancelled_at: ended('cancelled'),
    request_counts: { total: batch.total, completed: batch.succeeded, failed: batch.failed },
    outcomes: { ...batch.outcomes },
    answered_by: { ...batch.answeredBy },
    cheap: cheap ? cheapShare(batch, cheap) : null,
    usage: {
      input_tokens: batch.inputTokens,
      output_tokens: batch.outputTokens,
      total_tokens: addUp(batch.inputTokens, batch.outputTokens),
    },
    cost_usd: batch.unpriced > 0 ? null : batch.costUsd,
    max_cost_usd: batch.maxCostUsd,
    max_tokens: batch.maxTokens,
    prompt: settings.prompt,
    max_tags: settings.max_tags,
    review_below: settings.review_below,
    mode: settings.mode,
    endpoint: settings.endpoint,
    metadata: settings.metadata,
    items_per_second: running ? itemsPerSecond : null,
    seconds_left: running && !held && itemsPerSecond ? Math.ceil(left / itemsPerSecond) : null,
    circuit,
    held_until: held ? seconds(heldUntil) : null,
  }
}

function cheapShare({ answeredBy, succeeded }: Batch, { ranker, error, wrong }: NonNullable<Circumstances['cheap']>) {
  const answers = answeredBy[ranker] ?? 0
  return { answers, share: succeeded === 0 ? 0 : answers / succeeded, most_wrong: error, expected_wrong: wrong }
}

const seconds = (milliseconds: number | null) => (milliseconds === null ? null : Math.floor(milliseconds / 1000))

const range = (each: z.ZodNumber) => z.strictObject({ low: each, high: each })

export const BatchEstimate = z
  .strictObject({
    object: z.literal('batch_estimate'),
    items: count.describe('Entries that can be read.'),
    unreadable: count.describe('Entries that would fail at once; they cost nothing.'),
    sampled: count.describe('How many of the items were rendered, picked evenly at random.'),
    unusable: count.describe('Of those, texts that no model would be asked about.'),
    cached: count.describe('Items whose answer is known already, as up to 1,000 of them tell; they cost nothing.'),
    cheap: count
      .optional()
      .describe(
        'Items that the embedded ranker would answer under `mode=cheap`, as the sample tells; they cost nothing.',
      ),
    model: z.string(),
    delivery: z.enum(deliveries),
    input_tokens: count.describe('For all items: a quarter of the bytes of the messages and the schema.'),
    output_tokens: range(count).describe(
      'For all items. Low: the shortest full answer. High: MAX_OUTPUT_TOKENS each. What a model thinks comes on top.',
    ),
    cost_usd: range(z.number().min(0))
      .nullable()
      .describe(
        'Low: the fixed part is read from the prompt cache. High: nothing is. Null when the price is not known. One call for each item whose answer is not known already; a call that has to be repeated costs more.',
      ),
    warnings: z.array(UploadWarning).optional().describe('Left out when there are none.'),
  })
  .meta({
    id: 'BatchEstimate',
    examples: [
      {
        ...{ object: 'batch_estimate', items: 20_000, unreadable: 2, sampled: 100, unusable: 0, cached: 0 },
        ...{ model: 'gpt-6-luna', delivery: 'provider', input_tokens: 61_400_000 },
        ...{ output_tokens: { low: 100_000, high: 5_120_000 }, cost_usd: { low: 3.1, high: 12.8 } },
      },
    ],
  })
export type BatchEstimate = z.infer<typeof BatchEstimate>

/**
 * Picks an even sample of a stream whose length nobody knows: for each entry in turn the place that it takes, in that of
 * an earlier one perhaps; undefined when it takes none. The same stream leaves the same sample.
 */
export function createPlaces(size: number): () => number | undefined {
  let seen = 0
  let state = 1
  // A generator of Park and Miller: plain, and good enough to pick places with.
  const below = (limit: number) => {
    state = (state * 48_271) % 2_147_483_647
    return state % limit
  }
  return () => {
    seen += 1
    const place = seen <= size ? seen - 1 : below(seen)
    return place < size ? place : undefined
  }
}
