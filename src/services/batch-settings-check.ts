import type { BatchSettings } from '../domain/batch-settings.ts'
import { ServiceError } from '../domain/outcome.ts'
import { unknownUsage } from '../domain/usage.ts'
import type { Prices } from './ports.ts'
import type { Tasks } from './tasks.ts'

export interface SettingsCheckOptions {
  readonly tasks: Tasks
  readonly prices: Prices
  /** The model that is asked when a prompt names none. */
  readonly model: string
}

/** Refuses at once what no item of a batch could be run under. */
export function createSettingsCheck({ tasks, prices, model }: SettingsCheckOptions) {
  /** @throws ServiceError */
  return ({ prompt, tags, max_tags, max_cost_usd }: BatchSettings): void => {
    const task = tasks.prepare({
      text: 'A text to try the settings with.',
      ...(prompt !== undefined && { prompt }),
      ...(tags !== undefined && { tags }),
      ...(max_tags !== undefined && { max_tags }),
    })
    if (max_cost_usd === undefined) return
    const asked = task.prompt.settings.model ?? model
    if (prices.cost(asked, { ...unknownUsage, input_tokens: 1, output_tokens: 1 }) !== null) return
    throw new ServiceError(
      'invalid_request',
      `The price of the model ${asked} is not known: give max_tokens instead.`,
      {
        faults: [{ pointer: '/max_cost_usd', message: 'cannot be watched over' }],
      },
    )
  }
}
