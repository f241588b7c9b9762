import type { ProviderBatches } from './ports/provider-batches.ts'
import type { Prices } from './ports.ts'
import { createPostponedAsking, type PostponedOptions } from './postponed-asking.ts'
import { createCollector } from './provider-collect.ts'
import { createProviderItems } from './provider-items.ts'
import { createProviderRunner, type ProviderRunner } from './provider-runner.ts'
import { createSubmissions } from './provider-submissions.ts'
import { createSubmitter, type SubmitterOptions } from './provider-submit.ts'

export interface DeliveryOptions extends Pick<SubmitterOptions, 'store' | 'endpoint' | 'runItem' | 'file'> {
  /** Undefined when no endpoint is configured; then what was meant for one waits. */
  readonly provider: ProviderBatches | undefined
  readonly prices: Prices
  /** What a live call goes by as well. */
  readonly recipe: Pick<
    PostponedOptions,
    'tasks' | 'knownAnswers' | 'ledger' | 'metrics' | 'requestTimeout' | 'tokenCap'
  >
  /** Whether the batches of this key wait, as its budget is spent. */
  readonly isHeld: (key: string) => boolean
  readonly heartbeatMs: number
  readonly pollMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

/** Prices of the Batch API: unknown where its part of the live price is. */
export const batchPrices = (prices: Prices, provider: ProviderBatches | undefined): Prices => ({
  cost(model, usage) {
    const cost = prices.cost(model, usage)
    return cost === null || provider?.priceShare === undefined ? null : cost * provider.priceShare
  },
})

/** The way of batches through the Batch API of the first endpoint. */
export function createProviderDelivery({ recipe, ...options }: DeliveryOptions): ProviderRunner {
  const { store, provider, isHeld, heartbeatMs, pollMs, log } = options
  const { metrics } = recipe
  const prices = batchPrices(options.prices, provider)
  if (provider === undefined) {
    const look = createSubmissions({ store, provider, collector: undefined, pollMs, log })
    return createProviderRunner({ store, look, submit: undefined, isHeld, heartbeatMs, pollMs, log })
  }
  const { endpoint, model } = provider
  const items = createProviderItems({ asking: createPostponedAsking({ ...recipe, endpoint, model, prices }), prices })
  const collector = createCollector({ store, provider, items, metrics })
  const look = createSubmissions({ store, provider, collector, pollMs, log })
  const submit = createSubmitter({ ...options, provider, items, prices, metrics })
  return createProviderRunner({ store, look, submit, isHeld, heartbeatMs, pollMs, log })
}
