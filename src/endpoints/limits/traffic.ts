import type { CallSource, CircuitState } from '../../core/model/endpoint.ts'
import type { EngineResult, UpstreamFailure } from '../../core/model/engine.ts'
import { ServiceError } from '../../core/outcome.ts'
import { readRequestBucket } from '../../core/time/retry-after.ts'
import { judge } from '../upstream-failure.ts'
import type { Circuit, CircuitCall } from './circuit.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'

export interface PassOptions {
  /** The model that is asked: what one of them is told holds up no other. */
  readonly model: string
  readonly source: CallSource
  readonly signal: AbortSignal
  /** Whether all others go first. */
  readonly background?: boolean
  /** When waiting is of no use any more, by `performance.now()`. */
  readonly deadline: number
  /** How long an endpoint asks to be left alone after this failure, in milliseconds. */
  readonly waitAfter: (failure: UpstreamFailure) => number
}

/** All calls of one endpoint pass here: no more at once than it takes, and none to a model that does nothing but fail. */
export interface Traffic {
  /**
   * @throws ServiceError upstream_unavailable at once, when the model will not be ready before the deadline; deadline,
   * when that is over
   */
  pass(call: () => Promise<EngineResult>, options: PassOptions): Promise<EngineResult>
  circuit(model: string, source: Parameters<Circuit['state']>[0]): CircuitState
  /** The models that are left alone, and for how many callers each. */
  leftAlone(): { readonly model: string; readonly callers: number }[]
}

export interface TrafficOptions {
  /** Of the endpoint as a whole. */
  readonly places: ConcurrencyLimit
  /** Of one model: how many calls it was found to take. */
  readonly createLimit: () => ConcurrencyLimit
  readonly createCircuit: (model: string) => Circuit
}

export function createTraffic({ places, createLimit, createCircuit }: TrafficOptions): Traffic {
  // As many as prompts name: no request names a model.
  const models = new Map<string, { limit: ConcurrencyLimit; circuit: Circuit }>()

  const stateOf = (model: string) =>
    models.getOrInsertComputed(model, () => ({ limit: createLimit(), circuit: createCircuit(model) }))

  const refusal = (message: string, wait: number) =>
    new ServiceError('upstream_unavailable', message, { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })

  const tooLate = () =>
    new ServiceError('deadline', 'The request took longer than REQUEST_TIMEOUT_MS.', { retryAfter: 1 })

  function heed(result: EngineResult, made: CircuitCall, { model, waitAfter }: PassOptions): void {
    const { limit } = stateOf(model)
    if (result.ok) {
      made.succeeded()
      const { headers } = result.reply
      limit.answered(headers && readRequestBucket({ headers, now: Date.now() }))
      return
    }
    const { failure } = result
    if (isRateLimit(failure)) limit.limited(waitAfter(failure))
    if (isOutage(failure)) made.failed()
    else made.succeeded()
  }

  return {
    circuit: (model, source) => models.get(model)?.circuit.state(source) ?? 'closed',
    leftAlone: () =>
      [...models]
        .map(([model, { circuit }]) => ({ model, callers: circuit.openFor() }))
        .filter(({ callers }) => callers > 0),
    async pass(call, options) {
      const { model, source, signal, deadline, background = false } = options
      const { limit, circuit } = stateOf(model)
      const held = limit.heldFor()
      if (performance.now() + held > deadline)
        throw held > 0 ? refusal('The model endpoint asks to come back later.', held) : tooLate()
      await limit.enter(signal, { background })
      try {
        await places.enter(signal, { background })
        try {
          const closedFor = circuit.admit(source)
          if (closedFor > 0)
            throw refusal('The model endpoint has done nothing but fail; it is left alone for a while.', closedFor)
          const made = circuit.begin(source)
          const result = await call().catch(error => {
            if (signal.reason?.name === 'TimeoutError') made.cut()
            throw error
          })
          heed(result, made, options)
          return result
        } finally {
          places.leave()
        }
      } finally {
        limit.leave()
      }
    },
  }
}

export const isRateLimit = (failure: UpstreamFailure): boolean => failure.status === 429 && judge(failure).retry

/** What a document or a setting caused is no outage, whatever its status. */
const isOutage = (failure: UpstreamFailure): boolean =>
  (failure.kind === 'timeout' || failure.kind === 'network' || (failure.status ?? 0) >= 500) && judge(failure).retry
