import { createOutage } from '../domain/outage.ts'
import { createItemRun } from './batch-item-run.ts'
import { startRetention } from './batch-retention.ts'
import { createBatchRunner } from './batch-runner.ts'
import { createSettingsCheck } from './batch-settings-check.ts'
import { createBatches } from './batches.ts'
import type { Classifier } from './classifier.ts'
import type { Store } from './ports/store.ts'
import { batchPrices, createProviderDelivery, type DeliveryOptions } from './provider-delivery.ts'

export interface BatchWorkOptions
  extends Pick<DeliveryOptions, 'provider' | 'endpoint' | 'prices' | 'recipe' | 'file' | 'pollMs' | 'log'> {
  readonly store: Store
  readonly classifier: Classifier
  /** How long a worker may be silent, and how many items it has in flight at the most. */
  readonly leaseMs: number
  readonly concurrency: number
  readonly retentionDays: number
  readonly entryLimit: number
  readonly itemLimit: number
}

const dayMs = 86_400_000
const outageOptions = { items: 5, firstWaitMs: 1_000, longestWaitMs: 30_000, patienceMs: 3_600_000 }

/** The batches, and who works on them once they are started: item by item, or through the provider. */
export function createBatchWork({ classifier, leaseMs, concurrency, retentionDays, ...options }: BatchWorkOptions) {
  const { store, provider, endpoint, prices, recipe, log, entryLimit, itemLimit } = options
  const outage = createOutage(outageOptions)
  const runItem = createItemRun({ classifier, prices, outage })
  const heartbeatMs = Math.floor(leaseMs / 3)
  const live = createBatchRunner({ store, outage, runItem, concurrency, heartbeatMs, log })
  const delivery = createProviderDelivery({ ...options, runItem, heartbeatMs })
  const retention = startRetention({ store, keepMs: retentionDays * dayMs, intervalMs: dayMs / 24, log })
  const terms = {
    ...{ tasks: recipe.tasks, model: endpoint.model },
    prices: { live: prices, provider: batchPrices(prices, provider) },
  }
  const settings = createSettingsCheck({ ...terms, provider })
  const wake = () => {
    live.wake()
    delivery.wake()
  }
  const batches = createBatches({
    ...{ ...terms, tokenCap: recipe.tokenCap, store, entryLimit, itemLimit },
    runner: { wake, circuit: live.circuit },
    check: settings.check,
    checkDelivery: settings.delivery,
    watchInterval: 1_000,
  })
  return {
    batches,
    start(): void {
      live.start()
      delivery.start()
    },
    stop: ({ graceMs }: { graceMs: number }) =>
      Promise.all([live.stop({ graceMs }), delivery.stop(), retention.stop()]),
  }
}
