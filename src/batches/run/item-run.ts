import { anonymous } from '../domain/api-key.ts'
import type { Batch, FinishedItem, ItemUsage } from '../domain/batch.ts'
import type { BatchSettings } from '../domain/batch-settings.ts'
import { isCongestion, nextStep } from '../domain/item-retry.ts'
import type { Outage } from '../domain/outage.ts'
import { ServiceError } from '../domain/outcome.ts'
import { sumUsage } from '../domain/usage.ts'
import { itemError, requestOf } from './batch-items.ts'
import { answerOutput } from './batch-results.ts'
import type { Classifier } from './classifier.ts'
import type { LeasedItem, ReturnedItem } from './ports/store.ts'
import type { Prices } from './ports.ts'

/** What became of an attempt at an item. */
export type Ending =
  | { readonly kind: 'finished'; readonly item: FinishedItem }
  | { readonly kind: 'returned'; readonly item: ReturnedItem; readonly because: 'congestion' | 'reply' | 'key' }

export interface ItemRunOptions {
  readonly classifier: Classifier
  readonly prices: Prices
  readonly outageOf: (endpoint: string | undefined) => Outage
}

/** What holds for all items of a batch. */
export interface BatchContext {
  readonly settings: BatchSettings
  /** Who made it. */
  readonly account: string
  /** The span of the request that made it. */
  readonly traceparent: string | null
}

/** Of a batch that has just been deleted, nothing holds: it has no items left to run. */
export const contextOf = (batch: Pick<Batch, 'settings' | 'key' | 'traceparent'> | undefined): BatchContext => ({
  settings: JSON.parse(batch?.settings ?? '{}'),
  account: batch?.key ?? anonymous,
  traceparent: batch?.traceparent ?? null,
})

/** Undefined when the signal ended it: then somebody else decides about the item. */
export type ItemRun = (
  item: LeasedItem,
  context: BatchContext & { readonly signal: AbortSignal },
) => Promise<Ending | undefined>

/** Runs one item through the recipe of `/classify`. */
export function createItemRun({ classifier, prices, outageOf }: ItemRunOptions): ItemRun {
  return async ({ batchId, seq, customId, document, attempts }, { settings, account, signal }) => {
    const { endpoint } = settings
    const outage = outageOf(endpoint)
    try {
      const { answer, details } = await classifier.classify(requestOf(document, settings), {
        signal,
        account,
        background: true,
        endpoint,
      })
      outage.succeeded()
      const output = answerOutput(answer.tags, details)
      const used = usageOf(details.usage, details.cost_usd)
      return { kind: 'finished', item: { seq, customId, succeeded: true, outcome: details.outcome, output, ...used } }
    } catch (thrown) {
      if (signal.aborted) return undefined
      const error = failureOf(thrown)
      const used = usageOfAttempts(error, prices)
      const excused = excuse(error, { item: `${batchId} ${seq}`, outage })
      const next = nextStep(error.code, { attempts, excused })
      if (next.step === 'return') {
        const { delayMs, refund } = next
        const because = isCongestion(error.code) ? 'congestion' : 'reply'
        return { kind: 'returned', item: { seq, delayMs, refund, ...used }, because }
      }
      if (next.step === 'pause')
        return { kind: 'returned', item: { seq, delayMs: 0, refund: true, ...used }, because: 'key' }
      const output = JSON.stringify(itemError(error))
      return { kind: 'finished', item: { seq, customId, succeeded: false, outcome: error.code, output, ...used } }
    }
  }

  /** Whether the endpoint was down for everybody, as far as this failure and those before it can tell. */
  function excuse({ code }: ServiceError, { item, outage }: { item: string; outage: Outage }): boolean {
    const now = Date.now()
    if (isCongestion(code)) outage.failed(item, now)
    // The endpoint answered, though not to our liking.
    else if (code === 'invalid_reply' || code === 'truncated' || code === 'refused') outage.succeeded()
    return outage.excuses(now)
  }
}

const failureOf = (thrown: unknown): ServiceError =>
  thrown instanceof ServiceError
    ? thrown
    : new ServiceError('internal', 'Something broke in the service.', { cause: thrown })

const usageOf = (usage: { input_tokens: number | null; output_tokens: number | null }, costUsd: number | null) => ({
  inputTokens: usage.input_tokens ?? 0,
  outputTokens: usage.output_tokens ?? 0,
  costUsd,
})

/** What failed attempts cost; calls that told of no tokens are taken to have cost nothing. */
function usageOfAttempts({ attempts }: ServiceError, prices: Prices): ItemUsage {
  const usage = sumUsage(attempts.map(attempt => attempt.usage))
  const model = attempts.at(-1)?.model
  const costUsd = model === undefined || usage.input_tokens === null ? 0 : prices.cost(model, usage)
  return usageOf(usage, costUsd)
}
