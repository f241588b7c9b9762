import { expect, test } from 'vitest'
import { type OpenStore, storeForEachTest } from '../support/store-builders.ts'

/** The tables that are not about batches. */
export function ledgerContract(open: OpenStore): void {
  const { current: store } = storeForEachTest(open)

  test('answers', () => store().ping())

  test('remembers cached answers', async () => {
    expect(await store().readCached('k1')).toBeUndefined()
    await store().writeCached([
      { key: 'k1', value: '{"tags":[1]}' },
      { key: 'k2', value: '{}' },
    ])
    await store().writeCached([{ key: 'k1', value: '{"tags":[2]}' }])
    expect(await store().readCached('k1')).toBe('{"tags":[2]}')
    await store().writeCached([])
  })

  test('adds usage up by day, model and key', async () => {
    const total = { day: '2026-11-22', model: 'm', key: 'k', calls: 1, inputTokens: 10, outputTokens: 2 }
    const priced = { ...total, costUsd: 0.5, unpriced: 0 }
    await store().addUsage([priced, { ...priced, key: 'j' }])
    await Promise.all(Array.from({ length: 9 }, () => store().addUsage([{ ...total, costUsd: 0, unpriced: 1 }])))
    await store().addUsage([{ ...priced, day: '2026-11-23' }])
    expect(await store().readUsage({ from: '2026-11-01', to: '2026-11-22' })).toEqual([
      { ...priced, key: 'j' },
      { ...total, calls: 10, inputTokens: 100, outputTokens: 20, costUsd: 0.5, unpriced: 9 },
    ])
  })
}
