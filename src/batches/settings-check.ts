import { isPriced } from '../accounting/index.ts'
import type { Batch, Delivery } from '../core/batch/batch.ts'
import type { BatchSettings } from '../core/batch/batch-settings.ts'
import { chooseEndpoint, modelAsked } from '../core/endpoint-names.ts'
import type { Endpoint } from '../core/model/endpoint.ts'
import { isProviderFailure, type ProviderBatches } from '../core/model/provider-batches.ts'
import type { Task, Tasks } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Prices } from '../core/usage.ts'

export interface SettingsCheckOptions {
  readonly tasks: Tasks
  /** Its `promiseOf` throws where nobody measured how often the ranker is right. */
  readonly cheapMode?: { promiseOf(request: Task): unknown } | undefined
  /** By the way an item goes. */
  readonly prices: Readonly<Record<Delivery, Prices>>
  readonly endpoints: readonly [Endpoint, ...Endpoint[]]
  /** Undefined when there is no endpoint to submit to. */
  readonly provider: ProviderBatches | undefined
}

const probeTimeout = 10_000

/** Refuses at once what no item of a batch could be run under. */
export function createSettingsCheck({ tasks, cheapMode, prices, endpoints, provider }: SettingsCheckOptions) {
  /** @throws ServiceError */
  async function check({
    prompt,
    tags,
    max_tags,
    max_cost_usd,
    delivery = 'live',
    endpoint,
    mode,
  }: BatchSettings): Promise<void> {
    const chosen = endpoint === undefined ? endpoints[0] : chooseEndpoint(endpoints, endpoint)
    const task = tasks.prepare({
      text: 'A text to try the settings with.',
      prompt,
      tags,
      max_tags,
    })
    if (mode === 'cheap') cheapMode?.promiseOf(task)
    const asked = modelAsked(endpoints, { ...task, endpoint })
    const priced = isPriced(prices[delivery], { endpoint: chosen.name, model: asked })
    if (max_cost_usd !== undefined && !priced) throw unpriced(asked, delivery)
    if (delivery !== 'provider') return
    if (chosen !== endpoints[0]) throw undeliverable(`Only ${endpoints[0].name} is asked through its Batch API.`)
    await probe()
  }

  /** @throws ServiceError when the endpoint has no Batch API that is known here */
  async function probe(): Promise<void> {
    if (provider === undefined) {
      const decides = endpoints[0].reads === 'questions'
      throw undeliverable(
        decides
          ? 'A decision model has no Batch API that is known here.'
          : 'The embedded ranker answers, which is live and free.',
      )
    }
    try {
      const reason = await provider.probe({ signal: AbortSignal.timeout(probeTimeout) })
      if (reason !== undefined) throw undeliverable(reason)
    } catch (error) {
      if (!isProviderFailure(error)) throw error
      const { code, message } = error.verdict
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
  const setting = delivery === 'provider' ? 'set PROVIDER_BATCH_PRICE_SHARE' : 'write it into PRICES_FILE'
  const what = delivery === 'provider' ? `Batch API price of the model ${model}` : `price of the model ${model}`
  return new ServiceError('invalid_request', `The ${what} is not known: ${setting}, or give max_tokens instead.`, {
    faults: [{ pointer: '/max_cost_usd', message: 'cannot be watched over' }],
  })
}
