import { z } from 'zod'
import { type Batch, batchStatuses, deliveries, pauseReasons } from './batch.ts'
import { BatchSettings } from './batch-settings.ts'

const count = z.int().min(0)
const moment = (what: string) => z.int().nullable().describe(`${what}, in seconds since 1970; null when it has not.`)
const { prompt, max_tags, endpoint, metadata } = BatchSettings.shape

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
    usage: z.object({ input_tokens: count, output_tokens: count, total_tokens: count }),
    cost_usd: z.number().min(0).nullable().describe('Null when the price of an item is not known.'),
    max_cost_usd: z.number().nullable(),
    max_tokens: z.int().nullable(),
    prompt,
    max_tags,
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
  .meta({ id: 'Batch' })
export type BatchReport = z.infer<typeof BatchReport>

export interface Circumstances {
  readonly circuit: (endpoint: string | undefined) => BatchReport['circuit']
  readonly itemsPerSecond: number | null
  readonly heldUntil: number | undefined
}

/** A batch as the API shows it. */
export function reportBatch(batch: Batch, { circuit, itemsPerSecond, heldUntil }: Circumstances): BatchReport {
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
    usage: {
      input_tokens: batch.inputTokens,
      output_tokens: batch.outputTokens,
      total_tokens: batch.inputTokens + batch.outputTokens,
    },
    cost_usd: batch.unpriced > 0 ? null : batch.costUsd,
    max_cost_usd: batch.maxCostUsd,
    max_tokens: batch.maxTokens,
    prompt: settings.prompt,
    max_tags: settings.max_tags,
    endpoint: settings.endpoint,
    metadata: settings.metadata,
    items_per_second: running ? itemsPerSecond : null,
    seconds_left: running && !held && itemsPerSecond ? Math.ceil(left / itemsPerSecond) : null,
    circuit: circuit(settings.endpoint),
    held_until: held ? seconds(heldUntil) : null,
  }
}

const seconds = (milliseconds: number | null) => (milliseconds === null ? null : Math.floor(milliseconds / 1000))
