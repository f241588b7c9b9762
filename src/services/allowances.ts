import type { ApiKey } from '../domain/api-key.ts'
import { ServiceError } from '../domain/outcome.ts'
import { type Attempt, sumUsage } from '../domain/usage.ts'
import type { Prices } from './ports.ts'

/** How much of its rate a key has left, in requests and seconds. */
export interface RateState {
  readonly limit: number
  readonly remaining: number
  readonly reset: number
}

/** What each key has used of its limits. Kept in memory: every process counts on its own, from its start. */
export interface Allowances {
  /**
   * Counts a request, until what it returns is called. `within`: it is a part of one that is counted as running.
   * @throws ServiceError rate_limited or budget_exhausted
   */
  enter(key: ApiKey, options?: { readonly within?: boolean }): () => void
  /** Books what was asked of a model, also when it failed. A call of unknown price costs nothing here. */
  charge(key: ApiKey, attempts: readonly Attempt[]): void
  /** Undefined for a key without a rate. */
  rate(key: ApiKey): RateState | undefined
}

interface Account {
  running: number
  window: { start: number; count: number }
  day: { date: number; tokens: number; usd: number }
}

const minute = 60_000
const day = 86_400_000

export function createAllowances({ prices, now = Date.now }: { prices: Prices; now?: () => number }): Allowances {
  const accounts = new Map<string, Account>()

  /** The account as of now: a minute or a day that is over is forgotten. */
  function accountOf({ name }: ApiKey): Account {
    const today = Math.floor(now() / day)
    const account = accounts.get(name) ?? {
      running: 0,
      window: { start: now(), count: 0 },
      day: { date: today, tokens: 0, usd: 0 },
    }
    if (now() - account.window.start >= minute) account.window = { start: now(), count: 0 }
    if (account.day.date !== today) account.day = { date: today, tokens: 0, usd: 0 }
    accounts.set(name, account)
    return account
  }

  const secondsLeft = ({ window }: Account) => Math.max(1, Math.ceil((window.start + minute - now()) / 1000))

  return {
    enter(key, { within = false } = {}) {
      const account = accountOf(key)
      const { rate, concurrency, tokens, usd } = key.limits
      const refusal = (message: string, retryAfter: number) => new ServiceError('rate_limited', message, { retryAfter })
      if (rate !== undefined && account.window.count >= rate) {
        throw refusal(`This key may send ${rate} requests a minute.`, secondsLeft(account))
      }
      if (!within && concurrency !== undefined && account.running >= concurrency) {
        throw refusal(`This key may have ${concurrency} requests running at once.`, 1)
      }
      const spent = [
        tokens !== undefined && account.day.tokens >= tokens ? `${tokens} tokens` : undefined,
        usd !== undefined && account.day.usd >= usd ? `${usd} US dollars` : undefined,
      ].find(limit => limit !== undefined)
      if (spent !== undefined) throw exhausted(spent, account.day.date)
      account.window.count += 1
      if (within) return () => undefined
      account.running += 1
      return () => {
        account.running -= 1
      }
    },
    charge(key, attempts) {
      const account = accountOf(key)
      const { input_tokens, output_tokens } = sumUsage(attempts.map(({ usage }) => usage))
      account.day.tokens += (input_tokens ?? 0) + (output_tokens ?? 0)
      for (const { model, usage } of attempts) account.day.usd += prices.cost(model, usage) ?? 0
    },
    rate(key) {
      const limit = key.limits.rate
      if (limit === undefined) return undefined
      const account = accountOf(key)
      return { limit, remaining: Math.max(0, limit - account.window.count), reset: secondsLeft(account) }
    },
  }

  function exhausted(limit: string, date: number): ServiceError {
    const reset = (date + 1) * day
    return new ServiceError(
      'budget_exhausted',
      `This key has spent its ${limit} of today; it may go on at ${new Date(reset).toISOString()}.`,
      { retryAfter: Math.ceil((reset - now()) / 1000) },
    )
  }
}
