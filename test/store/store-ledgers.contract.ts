import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { finished, lease, type OpenStore, returned, storeForEachTest } from '../support/store-builders.ts'

/** The tables that are not about batches. */
export function ledgerContract(open: OpenStore): void {
  const { current: store, running } = storeForEachTest(open)

  test('answers', () => store().ping())

  test('remembers cached answers', async () => {
    expect(await store().readCached('k1')).toBeUndefined()
    await store().writeCached([
      { key: 'k1', value: '{"tags":[1]}' },
      { key: 'k2', value: '{}' },
    ])
    await store().writeCached([{ key: 'k1', value: '{"tags":[2]}' }])
    const cached = await store().readCached('k1')
    expect(cached).toMatchObject({ value: '{"tags":[2]}' })
    expect(Math.abs(cached!.writtenAt - Date.now())).toBeLessThan(60_000)
    await store().writeCached([])
  })

  test('trims the cache in slices: first what is old, then the oldest beyond the bound', async () => {
    const write = async (...keys: string[]) => store().writeCached(keys.map(key => ({ key, value: 'v' })))
    const left = async (keys: string) => {
      const found = await Promise.all([...keys].map(key => store().readCached(key)))
      return [...keys].filter((_, index) => found[index] !== undefined).join('')
    }
    const old = { writtenBefore: 0, most: 9, limit: 2 }
    await write('a', 'b', 'c')
    expect(await store().trimCache(old)).toBe(0)
    await sleep(5)
    const later = (await store().readCached('c'))!.writtenAt + 1
    await write('d', 'e')
    await write('b')
    expect(await store().trimCache({ ...old, writtenBefore: later, limit: 1 })).toBe(1)
    expect(await store().trimCache({ ...old, writtenBefore: later })).toBe(1)
    expect(await left('abcde')).toBe('bde')
    await sleep(5)
    await write('f', 'g')
    expect(await store().trimCache({ ...old, most: 2 })).toBe(2)
    expect(await store().trimCache({ ...old, most: 2 })).toBe(1)
    expect(await store().trimCache({ ...old, most: 2 })).toBe(0)
    expect(await left('bdefg')).toBe('fg')
  })

  test('adds usage up by day, model and key', async () => {
    const tokens = { inputTokens: 10, cachedInputTokens: 8, outputTokens: 2 }
    const total = { day: '2026-11-22', model: 'm', key: 'k', requests: 1, ...tokens }
    const priced = { ...total, costUsd: 0.5, unpriced: 0, unanswered: 1 }
    await store().addUsage([priced, { ...priced, key: 'j' }])
    await Promise.all(
      Array.from({ length: 9 }, () => store().addUsage([{ ...total, costUsd: 0, unpriced: 1, unanswered: 0 }])),
    )
    await store().addUsage([{ ...priced, day: '2026-11-23' }])
    expect(await store().readUsage({ from: '2026-11-01', to: '2026-11-22' })).toEqual([
      { ...priced, key: 'j' },
      {
        ...{ ...total, requests: 10, inputTokens: 100, cachedInputTokens: 80, outputTokens: 20 },
        ...{ costUsd: 0.5, unpriced: 9, unanswered: 1 },
      },
    ])
  })

  test('sums of usage end where they can still be read, and so do those of a batch', async () => {
    const tokens = { inputTokens: 9_007_199_254_740_991, cachedInputTokens: 9_007_199_254_740_991, outputTokens: 1 }
    const total = { day: '2026-11-22', model: 'm', key: 'k', requests: 1, ...tokens }
    for (let index = 0; index < 3; index += 1)
      await store().addUsage([{ ...total, costUsd: 0, unpriced: 0, unanswered: 0 }])
    const most = 1_000_000_000_000_000
    expect(await store().readUsage({ from: '2026-11-22', to: '2026-11-22' })).toMatchObject([
      { requests: 3, inputTokens: most, cachedInputTokens: most, outputTokens: 3 },
    ])
    await running('b1', 4)
    const items = await store().claimItems(lease, 4)
    const used = { inputTokens: most, outputTokens: most }
    for (const item of items.slice(0, 3)) await store().finishItems(lease, [finished(item, used)])
    await store().giveBackItems(lease, [returned(items[3]!.seq, used)])
    expect(await store().readBatch('b1')).toMatchObject({ succeeded: 3, ...used })
  })
}
