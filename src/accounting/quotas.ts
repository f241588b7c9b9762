import type { ApiKey } from '../core/api-key.ts'
import { ServiceError } from '../core/outcome.ts'
import { steadyNow } from '../core/time/steady-clock.ts'
import { type PricedCall, type Prices, unknownUsage } from '../core/usage.ts'
import type { Ledger } from './ledger.ts'

/** How much of its rate a key has left, in requests and seconds. */
export interface RateState {
  readonly limit: number
  readonly remaining: number
  readonly reset: number
}

/** What each key may still do. Rates are counted by every process on its own; budgets by the ledger, for all. */
export interface Quotas {
  /**
   * Counts a request, until what it returns is called. One that `asks` a model has to be within the budget; one that is
   * `within` another is a part of what is counted as running already. @throws ServiceError
   */
  enter(key: ApiKey, options: { readonly asks: boolean; readonly within?: boolean }): () => void
  /** Undefined for a key without a rate. */
  rate(key: ApiKey): RateState | undefined
  /** When a key that has spent its budget of the day may go on, in milliseconds since 1970; undefined while it has not. */
  heldUntil(name: string): number | undefined
  /** How many items of a key's batches may be in progress at once; undefined for any number. */
  concurrencyOf(name: string): number | undefined
}

interface Account {
  running: number
  window: { start: number; count: number }
}

export interface QuotasOptions {
  readonly apiKeys: readonly ApiKey[]
  readonly ledger: Pick<Ledger, 'spentToday'>
  readonly now?: () => number
  /** What minutes are counted by. */
  readonly steady?: () => number
}

const minute = 60_000
const day = 86_400_000

export function createQuotas({ apiKeys, ledger, now = Date.now, steady = steadyNow }: QuotasOptions): Quotas {
  const accounts = new Map<string, Account>()
  const limited = new Map(apiKeys.filter(hasBudget).map(key => [key.name, key]))

  /** The account as of now: a minute that is over is forgotten. */
  function accountOf({ name }: ApiKey): Account {
    const account = accounts.getOrInsertComputed(name, () => ({ running: 0, window: { start: steady(), count: 0 } }))
    if (steady() - account.window.start >= minute) account.window = { start: steady(), count: 0 }
    return account
  }

  const secondsLeft = ({ window }: Account) => Math.max(1, Math.ceil((window.start + minute - steady()) / 1000))
  const nextDay = () => (Math.floor(now() / day) + 1) * day

  /** The budget that is spent, in words. */
  function spentBudget({ name, limits: { tokens, usd } }: ApiKey): string | undefined {
    if (tokens === undefined && usd === undefined) return undefined
    const spent = ledger.spentToday(name)
    if (tokens !== undefined && spent.tokens >= tokens) return `${tokens} tokens`
    return usd !== undefined && spent.usd >= usd ? `${usd} US dollars` : undefined
  }

  function checkBudget(key: ApiKey): void {
    const spent = spentBudget(key)
    if (spent === undefined) return
    const goesOn = nextDay()
    throw new ServiceError(
      'budget_exhausted',
      `This key has spent its ${spent} of today; it may go on at ${new Date(goesOn).toISOString()}.`,
      { retryAfter: Math.ceil((goesOn - now()) / 1000) },
    )
  }

  return {
    enter(key, { asks, within = false }) {
      const account = accountOf(key)
      const { rate, concurrency } = key.limits
      const refusal = (message: string, retryAfter: number) => new ServiceError('rate_limited', message, { retryAfter })
      if (rate !== undefined && account.window.count >= rate) {
        throw refusal(`This key may send ${rate} requests a minute.`, secondsLeft(account))
      }
      if (!within && concurrency !== undefined && account.running >= concurrency) {
        throw refusal(`This key may have ${concurrency} requests running at once.`, 1)
      }
      if (asks) checkBudget(key)
      account.window.count += 1
      if (within) return () => undefined
      account.running += 1
      return () => {
        account.running -= 1
      }
    },
    rate(key) {
      const limit = key.limits.rate
      if (limit === undefined) return undefined
      const account = accountOf(key)
      return { limit, remaining: Math.max(0, limit - account.window.count), reset: secondsLeft(account) }
    },
    concurrencyOf: name => apiKeys.find(key => key.name === name)?.limits.concurrency,
    heldUntil(name) {
      const key = limited.get(name)
      return key && spentBudget(key) !== undefined ? nextDay() : undefined
    },
  }
}

const oneOfEach = { ...unknownUsage, input_tokens: 1, output_tokens: 1 }

/** Whether a budget in dollars can be watched over, as far as is known before an endpoint says what a call cost. */
export const isPriced = (prices: Prices, call: Pick<PricedCall, 'endpoint' | 'model'>): boolean =>
  prices.cost({ ...call, usage: oneOfEach }) !== null

export interface WarningOptions {
  readonly apiKeys: readonly ApiKey[]
  readonly endpoints: readonly { readonly name: string; readonly model: string }[]
  readonly prices: Prices
  readonly log: Pick<Console, 'warn'>
}

/** Says so where a key has a budget in dollars and nobody knows yet what its calls cost: those count for nothing. */
export function warnOfUnpriced({ apiKeys, endpoints, prices, log }: WarningOptions): void {
  if (!apiKeys.some(({ limits }) => limits.usd !== undefined)) return
  for (const { name: endpoint, model } of endpoints) {
    if (isPriced(prices, { endpoint, model })) continue
    const consequence =
      'unless the endpoint says what calls cost, budgets in dollars do not close: name it in PRICES_FILE'
    log.warn({ model, endpoint }, `the price of this model is not known; ${consequence}`)
  }
}

export const hasBudget = ({ limits: { tokens, usd } }: ApiKey): boolean => tokens !== undefined || usd !== undefined
