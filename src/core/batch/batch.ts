import { addUp, type Usage } from '../usage.ts'

/**
 * `validating` while its items are being uploaded, `paused` when it met its spend cap or was told to wait,
 * `cancelling` until the calls already in progress have come back.
 */
export const batchStatuses = ['validating', 'in_progress', 'paused', 'cancelling', 'cancelled', 'completed'] as const
export type BatchStatus = (typeof batchStatuses)[number]

export const unendedStatuses = ['validating', 'in_progress', 'paused', 'cancelling'] as const

/**
 * Why a batch waits. `upstream_auth`: the model endpoint no longer takes the key, so every item would fail.
 * `upstream_config`: it does not take the model, the address or the tag list. `provider_refused`: its Batch API turned down the file as a whole.
 */
export const pauseReasons = ['spend_cap', 'requested', 'upstream_auth', 'upstream_config', 'provider_refused'] as const
export type PauseReason = (typeof pauseReasons)[number]

/** As stored. A `rejected` item never was a document: its line could not be read. A `waiting` one is tried again later. */
export const itemStates = { ready: 0, running: 1, succeeded: 2, failed: 3, rejected: 4, waiting: 5 } as const

/** How items reach the model: one call each, or many at once through the Batch API of the provider. */
export const deliveries = ['live', 'provider'] as const
export type Delivery = (typeof deliveries)[number]

/** What a batch may cost before it pauses; null is no limit. */
export interface SpendCap {
  readonly maxCostUsd: number | null
  readonly maxTokens: number | null
}

/** What items add to their batch when they end. Kept as running sums, so that progress never counts rows. */
export interface Tally {
  readonly succeeded: number
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  /** Items that used tokens at a price nobody knows: while there are any, the sum of costs is not the cost. */
  readonly unpriced: number
  readonly outcomes: Readonly<Record<string, number>>
  /** How many answers came from where. */
  readonly answeredBy: Readonly<Record<string, number>>
}

export interface Batch extends Tally, SpendCap {
  readonly id: string
  /** Who sent it, as usage totals name him. */
  readonly key: string
  readonly idempotencyKey: string | null
  /** The span of the request that made it, as W3C Trace Context writes it; null when nothing was traced. */
  readonly traceparent: string | null
  /** JSON the store does not read: prompt, tag list, limits, metadata. */
  readonly settings: string
  readonly delivery: Delivery
  readonly status: BatchStatus
  readonly pauseReason: PauseReason | null
  readonly total: number
  /** Milliseconds since 1970, all three. */
  readonly createdAt: number
  readonly startedAt: number | null
  readonly finishedAt: number | null
}

/** Batches that have not ended, by status, and how many of their items have not. */
export interface BatchDepth {
  readonly status: BatchStatus
  readonly batches: number
  readonly items: number
}

/** How one item ended. */
export interface ItemResult {
  /** Its place in the upload, from 0. */
  readonly seq: number
  readonly customId: string
  readonly succeeded: boolean
  /** A code of the outcome table. */
  readonly outcome: string
  /** JSON the store does not read: the classification, or the error. */
  readonly output: string
}

export interface ItemUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  /** Null when the price is unknown, never 0. */
  readonly costUsd: number | null
}

export interface FinishedItem extends ItemResult, ItemUsage {
  /** The endpoint of its answer. */
  readonly answeredBy?: string
}

/**
 * After so many attempts an item that is in progress when its process ends is taken to be the cause. Many, because most
 * processes end for other reasons.
 */
export const mostCrashes = 10

/** The end of such an item. */
export const crashLoop = {
  succeeded: false,
  outcome: 'crash_loop',
  output: JSON.stringify({
    code: 'crash_loop',
    detail: `Given up after ${mostCrashes} attempts: the service stopped during the last one.`,
    retryable: true,
  }),
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
} as const

/** Adds counts by name; a sum of nothing is left out. */
export function addCounts(
  left: Readonly<Record<string, number>>,
  right: Readonly<Record<string, number>>,
): Record<string, number> {
  const sums = { ...left }
  for (const [name, count] of Object.entries(right)) {
    const sum = (sums[name] ?? 0) + count
    if (sum === 0) delete sums[name]
    else sums[name] = sum
  }
  return sums
}

/** How often each name stands there, times a step. */
export const countNames = (names: readonly string[], step = 1): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, name => name)].map(([name, all]) => [name, all.length * step]))

/** The batch with what its items added. */
export const addTally = (batch: Batch, tally: Tally): Batch => ({
  ...batch,
  succeeded: batch.succeeded + tally.succeeded,
  failed: batch.failed + tally.failed,
  inputTokens: addUp(batch.inputTokens, tally.inputTokens),
  outputTokens: addUp(batch.outputTokens, tally.outputTokens),
  costUsd: batch.costUsd + tally.costUsd,
  unpriced: batch.unpriced + tally.unpriced,
  outcomes: addCounts(batch.outcomes, tally.outcomes),
  answeredBy: addCounts(batch.answeredBy, tally.answeredBy),
})

/** The sums of finished items. */
export function tallyOf(items: readonly FinishedItem[]): Tally {
  const outcomes = countNames(items.map(({ outcome }) => outcome))
  const answeredBy = countNames(items.flatMap(item => item.answeredBy ?? []))
  const succeeded = items.filter(item => item.succeeded).length
  return { succeeded, failed: items.length - succeeded, outcomes, answeredBy, ...totalUsageOf(items) }
}

/** What calls used, as an item keeps it: tokens that no endpoint told of are none, and a cost that nobody knows stays so. */
export const itemUsageOf = (
  { input_tokens, output_tokens }: Pick<Usage, 'input_tokens' | 'output_tokens'>,
  costUsd: number | null,
): ItemUsage => ({ inputTokens: input_tokens ?? 0, outputTokens: output_tokens ?? 0, costUsd })

/** What was used on items, whether they ended or not. */
export function totalUsageOf(
  items: readonly ItemUsage[],
): Pick<Tally, 'inputTokens' | 'outputTokens' | 'costUsd' | 'unpriced'> {
  const usage = { inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0 }
  for (const item of items) {
    usage.inputTokens = addUp(usage.inputTokens, item.inputTokens)
    usage.outputTokens = addUp(usage.outputTokens, item.outputTokens)
    usage.costUsd += item.costUsd ?? 0
    if (item.costUsd === null) usage.unpriced += 1
  }
  return usage
}

/** What a batch is once its counters have moved: ended when every item has, paused when it spent its cap. */
export function statusAfter(
  batch: CappedUsage & Pick<Batch, 'status' | 'total' | 'succeeded' | 'failed'>,
): BatchStatus {
  const { status } = batch
  if (status !== 'in_progress' && status !== 'paused') return status
  if (batch.succeeded + batch.failed >= batch.total) return 'completed'
  return isOverCap(batch) ? 'paused' : status
}

type CappedUsage = SpendCap & Pick<Tally, 'inputTokens' | 'outputTokens' | 'costUsd'>

export const isOverCap = ({ maxCostUsd, maxTokens, inputTokens, outputTokens, costUsd }: CappedUsage): boolean =>
  (maxCostUsd !== null && costUsd >= maxCostUsd) || (maxTokens !== null && inputTokens + outputTokens >= maxTokens)
