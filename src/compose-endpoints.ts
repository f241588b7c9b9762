import type { Config } from './config.ts'
import type { Endpoint } from './core/model/endpoint.ts'
import type { Engine } from './core/model/engine.ts'
import type { Rankers } from './core/ranking.ts'
import {
  createCircuit,
  createConcurrencyLimit,
  createDecisionModel,
  createEmbeddedRanker,
  createEndpoint,
  createLearnedForms,
  createOpenAiChatModel,
  createTraffic,
  type EndpointOptions,
  learnForm,
  learnQuestions,
  traced,
} from './endpoints/index.ts'
import type { Tracing } from './observability/index.ts'

interface EndpointNeeds extends Pick<GuardOptions, 'log'> {
  readonly rankers: Rankers
  readonly tracing: Tracing | undefined
  readonly leastCallTime: number
}

/** Whom requests are put to, in order, and the embedded ranker, which is one of them where nobody else is. */
export function createEndpoints(config: Config, { rankers, tracing, leastCallTime, log }: EndpointNeeds) {
  const { proxied, upstreamTimes } = config
  const guard = {
    attempts: config.UPSTREAM_ATTEMPTS,
    backoff: config.UPSTREAM_BACKOFF_MS,
    concurrency: config.UPSTREAM_CONCURRENCY,
    formLifetime: config.FORM_LIFETIME_MS,
    log,
  }
  const guarded = (engine: Engine): Endpoint => createGuardedEndpoint(tracing ? traced(engine, tracing) : engine, guard)
  const remote = config.upstreams.map(({ api, ...upstream }, index) => {
    const access = { ...upstream, timeout: Math.max(leastCallTime, upstreamTimes[index]!.callTime) }
    return guarded(
      api === 'chat' ? createOpenAiChatModel({ ...access, proxied }) : createDecisionModel({ ...access, api }),
    )
  })
  const ranker = guarded(createEmbeddedRanker(rankers))
  const local = remote.length === 0 || config.FALLBACK_TO_RANKER ? [ranker] : []
  return { ranker, endpoints: [...remote, ...local] as [Endpoint, ...Endpoint[]] }
}

interface GuardOptions extends Pick<EndpointOptions, 'attempts' | 'backoff'> {
  /** The most calls at once. */
  readonly concurrency: number
  /** How long it is remembered how the endpoint wants to be asked, in milliseconds. */
  readonly formLifetime: number
  /** Told of every change of the form, and when a model is left alone. */
  readonly log?: Pick<Console, 'info' | 'warn'> | undefined
}

/** Every endpoint has its own traffic and its own memory of how it wants to be asked. */
function createGuardedEndpoint(engine: Engine, options: GuardOptions): Endpoint {
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
