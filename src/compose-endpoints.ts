import type { Config } from './config.ts'
import type { Endpoint } from './core/model/endpoint.ts'
import type { Engine } from './core/model/engine.ts'
import type { Rankers } from './core/ranking.ts'
import {
  createDecisionModel,
  createEmbeddedRanker,
  createGuardedEndpoint,
  createOpenAiChatModel,
  type GuardOptions,
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
