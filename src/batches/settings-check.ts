import type { Batch, Delivery } from '../domain/batch.ts'
import type { BatchSettings } from '../domain/batch-settings.ts'
import { ServiceError } from '../domain/outcome.ts'
import { judge } from '../domain/upstream-failure.ts'
import { unknownUsage } from '../domain/usage.ts'
import type { Endpoint } from './endpoint.ts'
import { chooseEndpoint, modelAsked } from './endpoint-choice.ts'
import { isProviderFailure, type ProviderBatches } from './ports/provider-batches.ts'
import type { Prices } from './ports.ts'
import type { Tasks } from './tasks.ts'

export interface SettingsCheckOptions {
  readonly tasks: Tasks
  /** By the way an item goes. */
  readonly prices: Readonly<Record<Delivery, Prices>>
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  /** Undefined when there is no endpoint to submit to. */
  readonly provider: ProviderBatches | undefined
}

const probeTimeout = 10_000

/** Refuses at once what no item of a batch could be run under. */
export function createSettingsCheck({ tasks, prices, endpoints, provider }: SettingsCheckOptions) {
  /** @throws ServiceError */
  async function check({
    prompt,
    tags,
    max_tags,
    max_cost_usd,
    delivery = 'live',
    endpoint,
  }: BatchSettings): Promise<void> {
    const chosen = endpoint === undefined ? endpoints[0] : chooseEndpoint(endpoints, endpoint)
    const task = tasks.prepare({
      text: 'A text to try the settings with.',
      ...(prompt !== undefined && { prompt }),
      ...(tags !== undefined && { tags }),
      ...(max_tags !== undefined && { max_tags }),
    })
    const asked = modelAsked(endpoints, { ...task, endpoint })
    const isPriced = prices[delivery].cost(asked, { ...unknownUsage, input_tokens: 1, output_tokens: 1 }) !== null
    if (max_cost_usd !== undefined && !isPriced) throw unpriced(asked, delivery)
    if (delivery !== 'provider') return
    if (chosen !== endpoints[0]) throw undeliverable(`Only ${endpoints[0].name} is asked through its Batch API.`)
    await probe()
  }

  /** @throws ServiceError when the endpoint has no Batch API that is known here */
  async function probe(): Promise<void> {
    if (provider === undefined) throw undeliverable('The embedded ranker answers, which is live and free.')
    try {
      const reason = await provider.probe({ signal: AbortSignal.timeout(probeTimeout) })
      if (reason !== undefined) throw undeliverable(reason)
    } catch (error) {
      if (!isProviderFailure(error)) throw error
      const { code, message } = judge(error.failure)
      throw new ServiceError(code, message, { cause: error })
    }
  }

  return {
    check,
    /** Whether a batch that is there already can go this way. @throws ServiceError */
    delivery: (batch: Batch, delivery: Delivery): Promise<void> =>
      check({
        ...(JSON.parse(batch.settings) as BatchSettings),
        delivery,
        max_cost_usd: batch.maxCostUsd ?? undefined,
      }),
  }
}

const undeliverable = (reason: string) =>
  new ServiceError('invalid_request', `${reason} Leave out "delivery", or say live.`, {
    faults: [{ pointer: '/delivery', message: 'cannot be provider here' }],
  })

function unpriced(model: string, delivery: Delivery): ServiceError {
  const fix = delivery === 'provider' ? 'set PROVIDER_BATCH_PRICE_SHARE, or give max_tokens' : 'give max_tokens'
  const what = delivery === 'provider' ? `Batch API price of the model ${model}` : `price of the model ${model}`
  return new ServiceError('invalid_request', `The ${what} is not known: ${fix} instead.`, {
    faults: [{ pointer: '/max_cost_usd', message: 'cannot be watched over' }],
  })
}
