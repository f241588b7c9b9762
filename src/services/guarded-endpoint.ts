import { createCircuit } from './circuit.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'
import { createEndpoint, type Endpoint, type EndpointOptions } from './endpoint.ts'
import { createLearnedForms } from './learned-forms.ts'
import type { ChatModel } from './ports.ts'
import { createTraffic } from './traffic.ts'

export interface GuardOptions extends Pick<EndpointOptions, 'attempts' | 'backoff'> {
  /** The most calls at once. */
  readonly concurrency: number
  /** How long it is remembered how the endpoint wants to be asked, in milliseconds. */
  readonly formLifetime: number
}

/** Every endpoint has its own traffic and its own memory of how it wants to be asked. */
export function createGuardedEndpoint(chatModel: ChatModel, options: GuardOptions): Endpoint {
  const { attempts, backoff, concurrency, formLifetime } = options
  return createEndpoint(chatModel, {
    forms: createLearnedForms({ initial: model => chatModel.initialForm(model), lifetime: formLifetime }),
    traffic: createTraffic({
      limit: createConcurrencyLimit({ most: concurrency }),
      circuit: createCircuit({ failures: 10, span: 2_000, coolDown: 5_000, longestCoolDown: 60_000 }),
    }),
    attempts,
    backoff,
  })
}
