import type { Quotas } from './accounting/index.ts'
import {
  type BatchContext,
  type BatchStore,
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
  type LeaseStore,
  observed,
  type PostponedOptions,
  type ProviderRunnerOptions,
  type ReviewStore,
  type Runner,
  type SettingFaults,
  type SubmissionStore,
  type SubmitterOptions,
  type SweepsOptions,
  startSweeps,
} from './batches/index.ts'
import type { Classifier } from './classify/index.ts'
import type { Batch } from './core/batch/batch.ts'
import { callerOf, circuitOf, type Endpoint, type Prices, type ProviderBatches } from './endpoints/index.ts'
import type { Tracing } from './observability/index.ts'
import type { Prompt } from './prompts/index.ts'

export interface BatchWorkOptions
  extends Pick<SubmitterOptions, 'file'>,
    Pick<ProviderRunnerOptions, 'pollMs' | 'log'> {
  readonly store: BatchStore & LeaseStore & SubmissionStore & ReviewStore & SweepsOptions['store']
  /** Undefined when no endpoint is configured; then what was meant for one waits. */
  readonly provider: ProviderBatches | undefined
  readonly prices: Prices
  /** What a live call goes by as well. */
  readonly recipe: Omit<PostponedOptions, 'endpoint' | 'model' | 'prices'>
  readonly classifier: Classifier
  /** The first is the one that is meant when none is named. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  /** The one of them that batches do not wait for: it stands in for the others elsewhere. */
  readonly lastResort: Endpoint | undefined
  readonly prompts: ReadonlyMap<string, Prompt>
  readonly defaultPrompt: string
  readonly quotas: Quotas
  readonly tracing: Tracing | undefined
  /** How long a worker may be silent, and how many items it has in progress at the most. */
  readonly leaseMs: number
  readonly concurrency: number
  /** What running items have to end in when all stops. */
  readonly graceMs: number
  readonly keep: Pick<SweepsOptions, 'batchesMs' | 'answersMs' | 'mostAnswers'>
  readonly entryLimit: number
  readonly itemLimit: number
}

/** The batches, and who works on them once they are started: item by item, or through the provider. */
export function createBatchWork({ classifier, leaseMs, concurrency, graceMs, keep, ...options }: BatchWorkOptions) {
  const { store, provider, endpoints, prices, recipe, quotas, tracing, log, entryLimit, itemLimit } = options
  const { prompts, defaultPrompt } = options
  const stopping = new AbortController()
  const endpointProbe = createEndpointProbe({ classifier, signal: stopping.signal })
  const [first, ...others] = endpoints
  const waitedFor: typeof endpoints = [first, ...others.filter(other => other !== options.lastResort)]
  const circuitOfBatch = ({ settings: { prompt = defaultPrompt, endpoint }, account }: BatchContext) =>
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
  const heartbeatMs = Math.floor(leaseMs / 3)
  const live = createBatchRunner({
    ...{ store, isHeld, mostOf: quotas.concurrencyOf, runItem, concurrency, heartbeatMs, log },
    ...{ circuitOf: circuitOfBatch, probe: endpointProbe.probe },
  })
  const batchPrices = batchPricesOf(prices, provider)
  const delivery = createProviderDelivery({
    ...{ ...options, prices: batchPrices, endpoint: first, runItem, isHeld, settingFaults, heartbeatMs },
  })
  const sweeps = startSweeps({ store, log, ...keep })
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
    const { mode, prompt = defaultPrompt, tags } = contextOf(batch).settings
    // A prompt may be gone by now.
    if (mode !== 'cheap' || !recipe.cheapMode || !prompts.has(prompt)) return undefined
    return recipe.cheapMode.terms(recipe.tasks.read({ text: 'A text that stands for any other.', prompt, tags }))
  }
  const batches = createBatches({
    ...{ ...terms, tokenCap: recipe.tokenCap, store, entryLimit, itemLimit },
    runner: { ...live, wake },
    circuitOf: batch => circuitOfBatch(contextOf(batch)),
    heldUntil: quotas.heldUntil,
    cheapOf,
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
    /** Starts nothing more, and gives what runs the grace time. */
    drain: () => Promise.all([live.drain({ graceMs }), delivery.drain({ graceMs })]),
    /** Gives back what has not ended. */
    leave() {
      stopping.abort()
      return Promise.all([live.leave(), delivery.leave(), sweeps.stop()])
    },
  }
}

/** Prices of the Batch API: unknown where its part of the live price is. */
const batchPricesOf = (prices: Prices, provider: ProviderBatches | undefined): Prices => ({
  cost: call => prices.cost({ ...call, share: provider?.priceShare ?? null }),
})

interface DeliveryOptions
  extends Pick<BatchWorkOptions, 'store' | 'provider' | 'prices' | 'recipe' | 'file' | 'pollMs' | 'log'>,
    Pick<SubmitterOptions, 'endpoint' | 'runItem'>,
    Pick<ProviderRunnerOptions, 'isHeld' | 'heartbeatMs'> {
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
  const asking = createPostponedAsking({ ...recipe, endpoint, model, prices })
  const items = createProviderItems({ asking, endpoint, prices, settingFaults })
  const parts = { ...options, provider, items, metrics: recipe.metrics }
  const look = createSubmissions({ ...options, provider, collector: createCollector(parts) })
  return createProviderRunner({ ...options, look, submit: createSubmitter(parts) })
}
