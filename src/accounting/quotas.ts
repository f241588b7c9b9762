import type { ApiKey } from '../domain/api-key.ts'
import { ServiceError } from '../domain/outcome.ts'
import type { Ledger } from './ledger.ts'

/** How much of its rate a key has left, in requests and seconds. */
export interface RateState {
  readonly limit: number
  readonly remaining: number
  readonly reset: number
}

/** What each key may still do. Rates are counted by every process on its own; budgets by the ledger, for all. */
export interface Allowances {
  /**
   * Counts a request, until what it returns is called. One that `asks` a model has to be within the budget; one that is
   * `within` another is a part of what is counted as running already. @throws ServiceError
   */
  enter(key: ApiKey, options: { readonly asks: boolean; readonly within?: boolean }): () => void
  /** Undefined for a key without a rate. */
  rate(key: ApiKey): RateState | undefined
  /** When a key that has spent its budget of the day may go on, in milliseconds since 1970; undefined while it has not. */
  heldUntil(name: string): number | undefined
}

interface Account {
  running: number
  window: { start: number; count: number }
}

export interface AllowancesOptions {
  readonly apiKeys: readonly ApiKey[]
  readonly ledger: Pick<Ledger, 'spentToday'>
  readonly now?: () => number
}

const minute = 60_000
const day = 86_400_000

export function createAllowances({ apiKeys, ledger, now = Date.now }: AllowancesOptions): Allowances {
  const accounts = new Map<string, Account>()
  const limited = new Map(apiKeys.filter(hasBudget).map(key => [key.name, key]))

  /** The account as of now: a minute that is over is forgotten. */
  function accountOf({ name }: ApiKey): Account {
    const account = accounts.get(name) ?? { running: 0, window: { start: now(), count: 0 } }
    if (now() - account.window.start >= minute) account.window = { start: now(), count: 0 }
    accounts.set(name, account)
    return account
  }

  const secondsLeft = ({ window }: Account) => Math.max(1, Math.ceil((window.start + minute - now()) / 1000))
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
    heldUntil(name) {
      const key = limited.get(name)
      return key && spentBudget(key) !== undefined ? nextDay() : undefined
    },
  }
}

export const hasBudget = ({ limits: { tokens, usd } }: ApiKey): boolean => tokens !== undefined || usd !== undefined
