export interface OutageOptions {
  /** So many different items in a row have to fail before the endpoint, and not the items, is to blame. */
  readonly items: number
  readonly firstWaitMs: number
  readonly longestWaitMs: number
  /** After so long the items are to blame after all, so that a batch of them ends one day. */
  readonly patienceMs: number
}

export type CircuitState = 'closed' | 'open' | 'half_open'

export interface Outage {
  /** `open`: nothing is asked. `half_open`: one item at a time is. */
  state(now: number): CircuitState
  /** When the next item may be tried, in milliseconds since 1970. */
  readonly retryAt: number
  /** Whether a failure now is the endpoint's and not the item's. */
  excuses(now: number): boolean
  failed(item: string, now: number): void
  succeeded(): void
}

/** Of each endpoint by itself, so that one that is down holds up its own batches alone. */
export function createOutages(options: OutageOptions): (endpoint: string | undefined) => Outage {
  const outages = new Map<string | undefined, Outage>()
  return endpoint => {
    const outage = outages.get(endpoint) ?? createOutage(options)
    outages.set(endpoint, outage)
    return outage
  }
}

/** Tells an endpoint that is down from items it cannot answer, by what many items at once went through. */
export function createOutage({ items, firstWaitMs, longestWaitMs, patienceMs }: OutageOptions): Outage {
  let failing = new Set<string>()
  let since: number | undefined
  let wait = firstWaitMs
  let retryAt = 0
  return {
    state: now => (since === undefined ? 'closed' : now < retryAt ? 'open' : 'half_open'),
    get retryAt() {
      return retryAt
    },
    excuses: now => since !== undefined && now - since < patienceMs,
    failed(item, now) {
      failing.add(item)
      if (since === undefined && failing.size < items) return
      // What was in flight when the circuit opened says nothing new.
      if (since !== undefined && now < retryAt) return
      since ??= now
      retryAt = now + wait
      wait = Math.min(longestWaitMs, wait * 2)
    },
    succeeded() {
      failing = new Set()
      since = undefined
      wait = firstWaitMs
    },
  }
}
