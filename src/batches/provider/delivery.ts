import type { Prices, ProviderBatches } from '../../endpoints/index.ts'
import type { SettingFaults } from '../run/setting-faults.ts'
import { createCollector } from './collect.ts'
import { createSubmissions } from './follow.ts'
import { createProviderItems } from './items.ts'
import { createPostponedAsking, type PostponedOptions } from './replay.ts'
import { createProviderRunner, type ProviderRunner } from './runner.ts'
import { createSubmitter, type SubmitterOptions } from './submit.ts'

export interface DeliveryOptions extends Pick<SubmitterOptions, 'store' | 'endpoint' | 'runItem' | 'file'> {
  /** Undefined when no endpoint is configured; then what was meant for one waits. */
  readonly provider: ProviderBatches | undefined
  readonly prices: Prices
  /** What a live call goes by as well. */
  readonly recipe: Omit<PostponedOptions, 'endpoint' | 'model' | 'prices'>
  /** Whether the batches of this key wait, as its budget is spent. */
  readonly isHeld: (key: string) => boolean
  readonly settingFaults: SettingFaults
  readonly heartbeatMs: number
  readonly pollMs: number
  readonly log: Pick<Console, 'info' | 'warn'>
}

/** Prices of the Batch API: unknown where its part of the live price is. */
export const batchPrices = (prices: Prices, provider: ProviderBatches | undefined): Prices => ({
  cost: call => prices.cost({ ...call, share: provider?.priceShare ?? null }),
})

/** The way of batches through the Batch API of the first endpoint. */
export function createProviderDelivery({ recipe, ...options }: DeliveryOptions): ProviderRunner {
  const { store, provider, isHeld, settingFaults, heartbeatMs, pollMs, log } = options
  const { metrics } = recipe
  const prices = batchPrices(options.prices, provider)
  if (provider === undefined) {
    const look = createSubmissions({ store, provider, collector: undefined, pollMs, log })
    return createProviderRunner({ store, look, submit: undefined, isHeld, heartbeatMs, pollMs, log })
  }
  const { endpoint, model } = provider
  const items = createProviderItems({
    asking: createPostponedAsking({ ...recipe, endpoint, model, prices }),
    ...{ endpoint, prices, settingFaults },
  })
  const collector = createCollector({ store, provider, items, metrics })
  const look = createSubmissions({ store, provider, collector, pollMs, log })
  const submit = createSubmitter({ ...options, provider, items, prices, metrics })
  return createProviderRunner({ store, look, submit, isHeld, heartbeatMs, pollMs, log })
}
