import { createBoundedNames } from '../core/names.ts'
import type { UsageLedger, UsageTotal } from '../core/stores/usage-ledger.ts'
import { type Attempt, addUp, isAnswered, isCut, type Prices } from '../core/usage.ts'

export interface Spent {
  readonly tokens: number
  readonly usd: number
}

/** What was used of models, by day, model and account: an account is the name of a key. */
export interface Ledger {
  /**
   * Tells what a call cost, at these prices if they are others; null when nobody knows. One that was answered is booked
   * with that, one that was cut as a call of unknown usage; one that was turned down is not paid for.
   */
  book(account: string, call: BookedCall, at?: Prices): number | null
  /** As far as is known here: what other replicas used is heard of a little later. */
  spentToday(account: string): Spent
  /** Days from and to are included. */
  read(days: { from: string; to: string }): Promise<UsageTotal[]>
  /** Writes what is booked. */
  close(): Promise<void>
}

export type BookedCall = Pick<Attempt, 'endpoint' | 'model' | 'result' | 'usage' | 'cost_usd'>

export interface LedgerOptions {
  readonly prices: Prices
  /** Without a store, what is booked is known as long as the process lives. */
  readonly kept: { readonly store: UsageLedger; readonly log: Pick<Console, 'info' | 'warn'> } | undefined
  /** Whether somebody asks what was spent today. */
  readonly watched: boolean
  readonly now?: () => number
}

type Totals = Map<string, Map<string, UsageTotal>>

const mostModels = 100
const tickMs = 1_000
/** So that a replica hears of the others. */
const ticksToLook = 5

/** Opened with what was spent today. Totals are kept in memory and written every second. @throws StoreError */
export async function openLedger({ prices, kept, watched, now = Date.now }: LedgerOptions): Promise<Ledger> {
  const { store, log } = kept ?? {}
  let booked: Totals = new Map()
  let onTheirWay: Totals = new Map()
  let stored = new Map<string, UsageTotal[]>()
  let working: Promise<void> | undefined
  let troubled = false
  let ticks = 0
  const today = () => dayOf(now())
  // An endpoint that calls itself something new each time does not make a row each time.
  const named = createBoundedNames(mostModels)

  function add(totals: Totals, total: UsageTotal): void {
    const ofAccount = totals.getOrInsertComputed(total.key, () => new Map())
    const place = `${total.day} ${total.model}`
    const sum = ofAccount.get(place)
    ofAccount.set(place, sum ? addTotals(sum, total) : total)
  }

  async function look(): Promise<void> {
    if (!store || !watched) return
    const rows = await store.readUsage({ from: today(), to: today() })
    stored = Map.groupBy(rows, ({ key }) => key)
  }

  /** A write that was taken though its answer was lost is repeated: better too much is counted than too little. */
  async function write(): Promise<void> {
    if (!store || booked.size === 0) return
    onTheirWay = booked
    booked = new Map()
    try {
      await store.addUsage(all(onTheirWay))
    } catch (error) {
      for (const total of all(onTheirWay)) add(booked, total)
      onTheirWay = new Map()
      throw error
    }
  }

  async function work(): Promise<void> {
    try {
      await write()
      await look()
      if (troubled) log?.info('usage is written down again')
      troubled = false
    } catch (error) {
      if (!troubled) log?.warn({ err: error }, 'usage cannot be written down for now; it is kept in memory')
      troubled = true
      // What was written, and could not be looked up again, counts as before.
      for (const total of all(onTheirWay)) stored.set(total.key, [...(stored.get(total.key) ?? []), total])
    }
    onTheirWay = new Map()
    working = undefined
  }

  function settle(): Promise<void> {
    working ??= work()
    return working
  }

  await look()
  const timer = setInterval(() => {
    ticks += 1
    if (booked.size > 0 || ticks % ticksToLook === 0) void settle()
  }, tickMs).unref()
  if (!store) clearInterval(timer)

  return {
    book(account, call, at = prices) {
      const { model, usage } = call
      const cut = isCut(call)
      if (!cut && !isAnswered(call)) return null
      const cost = cut ? null : at.cost(call)
      add(booked, {
        day: today(),
        model: named(model),
        key: account,
        requests: 1,
        inputTokens: usage.input_tokens ?? 0,
        cachedInputTokens: usage.cached_input_tokens ?? 0,
        outputTokens: usage.output_tokens ?? 0,
        costUsd: cost ?? 0,
        unpriced: cost === null && !cut ? 1 : 0,
        unanswered: cut ? 1 : 0,
      })
      return cost
    },
    spentToday(account) {
      const day = today()
      const own = [booked, onTheirWay].flatMap(totals => [...(totals.get(account)?.values() ?? [])])
      const spent = { tokens: 0, usd: 0 }
      for (const total of [...own, ...(stored.get(account) ?? [])]) {
        if (total.day !== day) continue
        spent.tokens = addUp(spent.tokens, addUp(total.inputTokens, total.outputTokens))
        spent.usd += total.costUsd
      }
      return spent
    },
    async read({ from, to }) {
      if (!store) return all(booked).filter(({ day }) => day >= from && day <= to)
      await working
      await settle()
      return store.readUsage({ from, to })
    },
    async close() {
      clearInterval(timer)
      await working
      if (booked.size > 0) await settle()
    },
  }
}

const dayMs = 86_400_000
let lastDay = { number: Number.NaN, written: '' }

/** As 2026-11-22, in UTC. Written once a day, as it is asked for with every call. */
export function dayOf(milliseconds: number): string {
  const number = Math.floor(milliseconds / dayMs)
  if (number !== lastDay.number) lastDay = { number, written: new Date(milliseconds).toISOString().slice(0, 10) }
  return lastDay.written
}

const all = (totals: Totals): UsageTotal[] => [...totals.values()].flatMap(ofAccount => [...ofAccount.values()])

const addTotals = (left: UsageTotal, right: UsageTotal): UsageTotal => ({
  ...left,
  requests: left.requests + right.requests,
  inputTokens: addUp(left.inputTokens, right.inputTokens),
  cachedInputTokens: addUp(left.cachedInputTokens, right.cachedInputTokens),
  outputTokens: addUp(left.outputTokens, right.outputTokens),
  costUsd: left.costUsd + right.costUsd,
  unpriced: left.unpriced + right.unpriced,
  unanswered: left.unanswered + right.unanswered,
})
