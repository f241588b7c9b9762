import { expect, onTestFinished, test } from 'vitest'
import { type BookedCall, openLedger } from '../../src/accounting/ledger.ts'
import type { UsageLedger } from '../../src/core/stores/usage-ledger.ts'
import { unknownUsage } from '../../src/core/usage.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { emptyFolder } from '../support/command.ts'

const noon = Date.UTC(2026, 10, 22, 12)
const day = 86_400_000
const used = { ...unknownUsage, input_tokens: 100, output_tokens: 10 }
const call = (model = 'm', more: Partial<BookedCall> = {}): BookedCall => ({
  ...{ endpoint: 'e', model, result: 'reply', usage: used, cost_usd: null },
  ...more,
})
const prices = { cost: ({ model }: Pick<BookedCall, 'model'>) => (model === 'm' ? 0.5 : null) }

async function openStore() {
  const store = await openSqliteStore({ directory: emptyFolder() })
  onTestFinished(() => store.close())
  return store
}

/** A ledger whose clock is set by hand. */
async function start(store: UsageLedger) {
  const clock = { now: noon }
  const log: string[] = []
  const write = (_: unknown, message?: string) => log.push(message ?? String(_))
  const kept = { store, log: { info: write, warn: write } as Pick<Console, 'info' | 'warn'> }
  const ledger = await openLedger({ prices, kept, watched: true, now: () => clock.now })
  onTestFinished(() => ledger.close())
  return { ledger, clock, log }
}

test('books by day, model and account, and tells what it cost', async () => {
  const { ledger, clock } = await start(await openStore())
  expect([ledger.book('a', call()), ledger.book('a', call()), ledger.book('b', call('other'))]).toEqual([
    0.5,
    0.5,
    null,
  ])
  clock.now += day
  ledger.book('a', call())
  const total = {
    day: '2026-11-22',
    key: 'a',
    model: 'm',
    requests: 2,
    cachedInputTokens: 0,
    unpriced: 0,
    unanswered: 0,
  }
  const sums = { inputTokens: 200, outputTokens: 20, costUsd: 1 }
  expect(await ledger.read({ from: '2026-11-22', to: '2026-11-22' })).toEqual([
    { ...total, ...sums },
    {
      ...{ ...total, key: 'b', model: 'other', requests: 1, inputTokens: 100, outputTokens: 10 },
      ...{ costUsd: 0, unpriced: 1 },
    },
  ])
  expect(await ledger.read({ from: '2026-11-22', to: '2026-11-23' })).toHaveLength(3)
})

test('a call that was cut is booked as one of unknown usage, and one that was turned down not at all', async () => {
  const { ledger } = await start(await openStore())
  const lost = { usage: unknownUsage }
  for (const result of ['timeout', 'deadline', 'aborted', 'http_429', 'http_500', 'rejected_enum', 'network']) {
    expect(ledger.book('a', call('m', { result, ...lost }))).toBeNull()
  }
  for (const result of ['reply', 'length', 'refusal', 'content_filter']) ledger.book('a', call('m', { result }))
  expect(await ledger.read({ from: '2026-11-22', to: '2026-11-22' })).toEqual([
    expect.objectContaining({ requests: 7, unanswered: 3, unpriced: 0, inputTokens: 400, costUsd: 2 }),
  ])
})

test('counts that nobody can have used end at a bound, in memory, in the store and after a restart', async () => {
  const store = await openStore()
  const { ledger } = await start(store)
  const most = 1_000_000_000_000_000
  const huge = { ...unknownUsage, input_tokens: most, output_tokens: most, cached_input_tokens: most }
  for (let index = 0; index < 3; index += 1) {
    ledger.book('a', call('m', { usage: huge }))
    ledger.book('a', call('n', { usage: huge }))
    await ledger.close()
  }
  expect(ledger.spentToday('a').tokens).toBe(most)
  const days = { from: '2026-11-22', to: '2026-11-22' }
  const sums = { inputTokens: most, outputTokens: most, cachedInputTokens: most }
  expect(await ledger.read(days)).toMatchObject([sums, sums])
  expect((await start(store)).ledger.spentToday('a').tokens).toBe(most)
})

test('what was spent today is known at once, after it was written, and after a restart, until the day is over', async () => {
  const store = await openStore()
  const { ledger, clock } = await start(store)
  ledger.book('a', call())
  expect(ledger.spentToday('a')).toEqual({ tokens: 110, usd: 0.5 })
  await ledger.close()
  expect(ledger.spentToday('a')).toEqual({ tokens: 110, usd: 0.5 })
  ledger.book('a', call())
  expect(ledger.spentToday('a')).toEqual({ tokens: 220, usd: 1 })
  await ledger.close()
  const { ledger: later } = await start(store)
  expect(later.spentToday('a')).toEqual({ tokens: 220, usd: 1 })
  expect(later.spentToday('b')).toEqual({ tokens: 0, usd: 0 })
  clock.now += day
  expect(ledger.spentToday('a')).toEqual({ tokens: 0, usd: 0 })
})

test('replicas hear of each other', async () => {
  const store = await openStore()
  const [one, other] = [await start(store), await start(store)]
  one.ledger.book('a', call())
  other.ledger.book('a', call())
  await one.ledger.close()
  await other.ledger.close()
  expect(other.ledger.spentToday('a')).toEqual({ tokens: 220, usd: 1 })
})

test('a store that fails loses nothing, and is said once', async () => {
  const store = await openStore()
  let works = false
  const failing: UsageLedger = {
    ...store,
    addUsage: totals => (works ? store.addUsage(totals) : Promise.reject(new Error('no room'))),
  }
  const { ledger, log } = await start(failing)
  for (let index = 0; index < 3; index += 1) {
    ledger.book('a', call())
    await ledger.close()
  }
  expect(ledger.spentToday('a')).toEqual({ tokens: 330, usd: 1.5 })
  expect(log).toEqual(['usage cannot be written down for now; it is kept in memory'])
  works = true
  const [total] = await ledger.read({ from: '2026-11-22', to: '2026-11-22' })
  expect(total).toMatchObject({ requests: 3, inputTokens: 300 })
  expect(ledger.spentToday('a')).toEqual({ tokens: 330, usd: 1.5 })
  expect(log.at(-1)).toBe('usage is written down again')
})

test('is written without being asked to, a moment later', async () => {
  const store = await openStore()
  const { ledger } = await start(store)
  ledger.book('a', call())
  const days = { from: '2026-11-22', to: '2026-11-22' }
  await expect.poll(() => store.readUsage(days)).toHaveLength(1)
})
