import { createOutages } from '../domain/outage.ts'
import type { Allowances } from './allowances.ts'
import { createItemRun } from './batch-item-run.ts'
import { createBatchRunner } from './batch-runner.ts'
import { createSettingsCheck } from './batch-settings-check.ts'
import { createBatches } from './batches.ts'
import type { Classifier } from './classifier.ts'
import type { Endpoint } from './endpoint.ts'
import { observed } from './observed-item-run.ts'
import type { Store } from './ports/store.ts'
import type { Tracing } from './ports.ts'
import { batchPrices, createProviderDelivery, type DeliveryOptions } from './provider-delivery.ts'
import { type SweepsOptions, startSweeps } from './sweep.ts'

export interface BatchWorkOptions
  extends Pick<DeliveryOptions, 'provider' | 'prices' | 'recipe' | 'file' | 'pollMs' | 'log'> {
  readonly store: Store
  readonly classifier: Classifier
  /** The first is the one that is meant when none is named. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  readonly allowances: Allowances
  readonly tracing: Tracing | undefined
  /** How long a worker may be silent, and how many items it has in flight at the most. */
  readonly leaseMs: number
  readonly concurrency: number
  /** What running items have to end in when all stops. */
  readonly graceMs: number
  readonly keep: Pick<SweepsOptions, 'batchesMs' | 'answersMs' | 'mostAnswers'>
  readonly entryLimit: number
  readonly itemLimit: number
}

const outageOptions = { items: 5, firstWaitMs: 1_000, longestWaitMs: 30_000, patienceMs: 3_600_000 }

/** The batches, and who works on them once they are started: item by item, or through the provider. */
export function createBatchWork({ classifier, leaseMs, concurrency, graceMs, keep, ...options }: BatchWorkOptions) {
  const { store, provider, endpoints, prices, recipe, allowances, tracing, log, entryLimit, itemLimit } = options
  const outageOf = createOutages(outageOptions)
  const runItem = observed(createItemRun({ classifier, prices, outageOf }), { metrics: recipe.metrics, tracing })
  const isHeld = (key: string) => allowances.heldUntil(key) !== undefined
  const heartbeatMs = Math.floor(leaseMs / 3)
  const live = createBatchRunner({ store, outageOf, isHeld, runItem, concurrency, heartbeatMs, log })
  const delivery = createProviderDelivery({ ...options, endpoint: endpoints[0], runItem, isHeld, heartbeatMs })
  const sweeps = startSweeps({ store, log, ...keep })
  const terms = {
    ...{ tasks: recipe.tasks, endpoints },
    prices: { live: prices, provider: batchPrices(prices, provider) },
  }
  const settings = createSettingsCheck({ ...terms, provider })
  const wake = () => {
    live.wake()
    delivery.wake()
  }
  const batches = createBatches({
    ...{ ...terms, tokenCap: recipe.tokenCap, store, entryLimit, itemLimit },
    runner: { ...live, wake },
    heldUntil: allowances.heldUntil,
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
    stop: () => Promise.all([live.stop({ graceMs }), delivery.stop(), sweeps.stop()]),
  }
}
