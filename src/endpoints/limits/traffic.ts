import { ServiceError } from '../domain/outcome.ts'
import { readRequestBucket } from '../domain/retry-after.ts'
import { judge, type UpstreamFailure } from '../domain/upstream-failure.ts'
import type { Circuit } from './circuit.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'
import type { ChatResult } from './ports.ts'

export interface PassOptions {
  readonly signal: AbortSignal
  /** Whether all others go first. */
  readonly background?: boolean
  /** When waiting is of no use any more, in milliseconds since the epoch. */
  readonly deadline: number
  /** How long an endpoint asks to be left alone after this failure, in milliseconds. */
  readonly waitAfter: (failure: UpstreamFailure) => number
}

/** All calls of one endpoint pass here: no more at once than it takes, and none while it does nothing but fail. */
export interface Traffic {
  /** @throws ServiceError upstream_unavailable at once, when the endpoint will not be ready before the deadline */
  pass(call: () => Promise<ChatResult>, options: PassOptions): Promise<ChatResult>
  /** Whether the endpoint does nothing but fail. */
  isDown(): boolean
}

export function createTraffic({ limit, circuit }: { limit: ConcurrencyLimit; circuit: Circuit }): Traffic {
  const refusal = (message: string, wait: number) =>
    new ServiceError('upstream_unavailable', message, { retryAfter: Math.max(1, Math.ceil(wait / 1000)) })

  function heed(result: ChatResult, waitAfter: PassOptions['waitAfter']): void {
    if (result.ok) {
      circuit.succeeded()
      const { headers } = result.reply
      limit.answered(headers && readRequestBucket({ headers, now: Date.now() }))
      return
    }
    const { failure } = result
    if (isRateLimit(failure)) limit.limited(waitAfter(failure))
    if (isOutage(failure)) circuit.failed()
    else circuit.succeeded()
  }

  return {
    isDown: circuit.isOpen,
    async pass(call, { signal, deadline, waitAfter, background = false }) {
      const held = limit.heldFor()
      if (Date.now() + held > deadline) throw refusal('The model endpoint asks to come back later.', held)
      await limit.enter(signal, { background })
      try {
        const closedFor = circuit.admit()
        if (closedFor > 0)
          throw refusal('The model endpoint has done nothing but fail; it is left alone for a while.', closedFor)
        const result = await call()
        heed(result, waitAfter)
        return result
      } finally {
        limit.leave()
      }
    },
  }
}

export const isRateLimit = (failure: UpstreamFailure): boolean => failure.status === 429 && judge(failure).retry

const isOutage = ({ kind, status = 0 }: UpstreamFailure): boolean =>
  kind === 'timeout' || kind === 'network' || status >= 500
