import {
  type BatchContext,
  contextOf,
  createBatches,
  createBatchRunner,
  createCollector,
  createEndpointProbe,
  createItemRun,
  createPostponedAsking,
  createProviderItems,
  createProviderRunner,
  createSettingFaults,
  createSettingsCheck,
  createSubmissions,
  createSubmitter,
  observed,
  type ProviderRunnerOptions,
  type Runner,
  type SettingFaults,
  type SubmitterOptions,
  startSweeps,
} from './batches/index.ts'
import { createClassifier, createFallback } from './classify/index.ts'
import type { Kept, Services } from './compose.ts'
import type { Config } from './config.ts'
import type { Batch } from './core/batch/batch.ts'
import { callerOf } from './core/model/endpoint.ts'
import type { ProviderBatches } from './core/model/provider-batches.ts'
import type { Prices } from './core/usage.ts'
import { circuitOf, createOpenAiBatches, judge } from './endpoints/index.ts'

/** The batches over the store, and who works on them once they are started: item by item, or through the provider. */
export function openBatches(config: Config, { store, log, ...services }: Services & Kept) {
  const { classifier, endpoints, prices, prompts, quotas, recipe, tracing } = services
  const provider = providerOf(config)
  const stopping = new AbortController()
  const endpointProbe = createEndpointProbe({ classifier, signal: stopping.signal })
  const [first, ...others] = endpoints
  const waitedFor: typeof endpoints = [first, ...others.filter(other => other !== services.lastResort)]
  const circuitOfBatch = ({ settings: { prompt = config.PROMPT, endpoint }, account }: BatchContext) =>
    circuitOf(endpoint === undefined ? waitedFor : endpoints, {
      ...{ prompt: prompts.get(prompt), endpoint },
      caller: callerOf({ account, background: true }),
    })
  const settingFaults = createSettingFaults({ classifier, log })
  const runItem = observed(createItemRun({ classifier, endpointProbe, settingFaults }), {
    metrics: recipe.metrics,
    tracing,
  })
  const isHeld = (key: string) => quotas.heldUntil(key) !== undefined
  const heartbeatMs = Math.floor(config.BATCH_LEASE_MS / 3)
  const live = createBatchRunner({
    ...{ store, isHeld, mostOf: quotas.concurrencyOf, runItem, heartbeatMs, log },
    ...{ circuitOf: circuitOfBatch, probe: endpointProbe.probe, concurrency: config.BATCH_CONCURRENCY },
  })
  const batchPrices = batchPricesOf(prices, provider)
  const delivery = createProviderDelivery({
    ...{ store, provider, recipe, prices: batchPrices, endpoint: first, runItem },
    ...{ isHeld, settingFaults, heartbeatMs, log },
    file: { items: config.PROVIDER_BATCH_ITEMS, bytes: config.PROVIDER_BATCH_BYTES },
    pollMs: config.PROVIDER_BATCH_POLL_MS,
  })
  const sweeps = startSweeps({
    ...{ store, log },
    batchesMs: config.BATCH_RETENTION_DAYS * 86_400_000,
    answersMs: config.CACHE_TTL_SECONDS * 1_000,
    mostAnswers: config.CACHE_STORED_ENTRIES,
  })
  const terms = {
    ...{ tasks: recipe.tasks, endpoints, knownAnswers: recipe.knownAnswers, cheapMode: recipe.cheapMode },
    prices: { live: prices, provider: batchPrices },
  }
  const settings = createSettingsCheck({ ...terms, provider })
  const wake = () => {
    live.wake()
    delivery.wake()
  }
  function cheapOf(batch: Batch) {
    const { mode, prompt = config.PROMPT, tags } = contextOf(batch).settings
    // A prompt may be gone by now.
    if (mode !== 'cheap' || !recipe.cheapMode || !prompts.has(prompt)) return undefined
    return recipe.cheapMode.terms(recipe.tasks.read({ text: 'A text that stands for any other.', prompt, tags }))
  }
  const batches = createBatches({
    ...{ ...terms, store, tokenCap: recipe.tokenCap },
    entryLimit: config.BODY_LIMIT,
    itemLimit: config.BATCH_ITEM_LIMIT,
    runner: { ...live, wake },
    circuitOf: batch => circuitOfBatch(contextOf(batch)),
    heldUntil: quotas.heldUntil,
    cheapOf,
    check: settings.check,
    checkDelivery: settings.delivery,
    watchInterval: 1_000,
  })
  const graceMs = config.SHUTDOWN_TIMEOUT_MS
  return {
    batches,
    start(): void {
      live.start()
      delivery.start()
    },
    /** Starts nothing more, and gives what runs the grace time. */
    drain: () => Promise.all([live.drain({ graceMs }), delivery.drain({ graceMs })]),
    /** Gives back what has not ended. */
    leave() {
      stopping.abort()
      return Promise.all([live.leave(), delivery.leave(), sweeps.stop()])
    },
  }
}

/** The Batch API of the first endpoint, which one that does not chat has none of. */
function providerOf({ upstreams: [first], upstreamTimes, PROVIDER_BATCH_PRICE_SHARE }: Config) {
  if (first?.api !== 'chat') return undefined
  const timeout = upstreamTimes[0]!.callTime
  return createOpenAiBatches({ ...first, timeout, priceShare: PROVIDER_BATCH_PRICE_SHARE })
}

/** Prices of the Batch API: unknown where its part of the live price is. */
const batchPricesOf = (prices: Prices, provider: ProviderBatches | undefined): Prices => ({
  cost: call => prices.cost({ ...call, share: provider?.priceShare ?? null }),
})

interface DeliveryOptions
  extends Pick<SubmitterOptions, 'endpoint' | 'runItem' | 'prices' | 'file'>,
    Pick<ProviderRunnerOptions, 'store' | 'isHeld' | 'heartbeatMs' | 'pollMs' | 'log'> {
  /** Undefined when no endpoint is configured; then what was meant for one waits. */
  readonly provider: ProviderBatches | undefined
  readonly recipe: Services['recipe']
  readonly settingFaults: SettingFaults
}

/** The way of batches through the Batch API of the first endpoint. */
function createProviderDelivery({ recipe, settingFaults, ...options }: DeliveryOptions): Runner {
  const { provider, prices } = options
  if (provider === undefined) {
    const look = createSubmissions({ ...options, provider, collector: undefined })
    return createProviderRunner({ ...options, look, submit: undefined })
  }
  const { endpoint, model } = provider
  const asking = createPostponedAsking({
    ...{ ...recipe, endpoint, model, prices },
    createClassifier: ({ endpoint, onInvalidReply, ...parts }) =>
      createClassifier({
        ...{ ...recipe, ...parts },
        endpoints: createFallback({ endpoints: [endpoint], onRefusal: false, onInvalidReply }),
      }),
  })
  const items = createProviderItems({ asking, endpoint, prices, settingFaults, judge })
  const parts = { ...options, provider, items, metrics: recipe.metrics }
  const look = createSubmissions({ ...options, provider, collector: createCollector(parts) })
  return createProviderRunner({ ...options, look, submit: createSubmitter(parts) })
}
