import type { Endpoint } from '../core/model/endpoint.ts'
import type { Engine } from '../core/model/engine.ts'
import { learnQuestions } from './decisions/learned-questions.ts'
import { createEndpoint, type EndpointOptions } from './endpoint.ts'
import { createCircuit } from './limits/circuit.ts'
import { createConcurrencyLimit } from './limits/concurrency-limit.ts'
import { createTraffic } from './limits/traffic.ts'
import { learnForm } from './request-form/form-trial.ts'
import { createLearnedForms } from './request-form/learned-forms.ts'

export interface GuardOptions extends Pick<EndpointOptions, 'attempts' | 'backoff'> {
  /** The most calls at once. */
  readonly concurrency: number
  /** How long it is remembered how the endpoint wants to be asked, in milliseconds. */
  readonly formLifetime: number
  /** Told of every change of the form, and when a model is left alone. */
  readonly log?: Pick<Console, 'info' | 'warn'> | undefined
}

/** Every endpoint has its own traffic and its own memory of how it wants to be asked. */
export function createGuardedEndpoint(engine: Engine, options: GuardOptions): Endpoint {
  const { attempts, backoff, concurrency, formLifetime, log } = options
  return createEndpoint(engine, {
    forms: createLearnedForms({
      initial: model => engine.initialForm(model),
      // A chat model has a form to be learned, one that scores the number of questions it takes at once.
      learn: engine.reads === 'messages' ? learnForm : learnQuestions,
      lifetime: formLifetime,
      onStep: (step, model) => log?.info({ endpoint: engine.endpoint, model, ...step }, 'form of requests'),
    }),
    traffic: createTraffic({
      places: createConcurrencyLimit({ most: concurrency }),
      createLimit: () => createConcurrencyLimit({ most: concurrency }),
      createCircuit: model =>
        createCircuit({
          ...{ texts: 5, span: 2_000, firstWait: 1_000, longestWait: 30_000 },
          onChange: isOpen => {
            const told = { endpoint: engine.endpoint, model, circuit: isOpen ? 'open' : 'closed' }
            if (isOpen) log?.warn(told, 'an endpoint does nothing but fail: it is left alone, and tried now and then')
            else log?.info(told, 'an endpoint that was left alone answers again')
          },
        }),
    }),
    attempts,
    backoff,
  })
}
