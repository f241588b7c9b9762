import { expect, test } from 'vitest'
import type { NewItem } from '../../src/core/stores/batch-store.ts'
import { aBatch, lease, type OpenStore, someItems, storeForEachTest } from '../support/store-builders.ts'

/** How batches come into a store. */
export function uploadContract(open: OpenStore): void {
  const { current: store, running, claimedSeqs } = storeForEachTest(open)

  test('keeps a batch as it was created', async () => {
    const batch = aBatch('b1', {
      maxCostUsd: 1.5,
      maxTokens: 1000,
      traceparent: `00-${'4'.repeat(32)}-${'0'.repeat(15)}2-01`,
    })
    const created = await store().createBatch(batch)
    expect(created).toEqual({
      ...batch,
      ...{ status: 'validating', total: 0, succeeded: 0, failed: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
      ...{ unpriced: 0, outcomes: {}, answeredBy: {}, pauseReason: null, startedAt: null, finishedAt: null },
    })
    expect(await store().readBatch('b1')).toEqual(created)
    expect(await store().readBatch('b2')).toBeUndefined()
  })

  test('an idempotency key names one batch for its owner', async () => {
    await store().createBatch(aBatch('b1', { idempotencyKey: 'once' }))
    expect((await store().createBatch(aBatch('b2', { idempotencyKey: 'once' }))).id).toBe('b1')
    expect((await store().createBatch(aBatch('b3', { idempotencyKey: 'once', key: 'other' }))).id).toBe('b3')
    expect((await store().listBatches({ limit: 9 })).map(batch => batch.id)).toEqual(['b3', 'b1'])
  })

  test('two creations at once with one idempotency key make one batch', async () => {
    const ids = ['b1', 'b2', 'b3', 'b4']
    const batches = await Promise.all(ids.map(id => store().createBatch(aBatch(id, { idempotencyKey: 'once' }))))
    expect(new Set(batches.map(batch => batch.id)).size).toBe(1)
  })

  test('lists newest first, in pages', async () => {
    for (const [index, id] of ['b1', 'b2', 'b3'].entries()) await store().createBatch(aBatch(id, { createdAt: index }))
    expect((await store().listBatches({ limit: 2 })).map(batch => batch.id)).toEqual(['b3', 'b2'])
    expect(await store().listBatches({ limit: 2, key: 'another' })).toEqual([])
    expect(await store().listBatches({ limit: 2, key: 'another', keys: ['another', 'tests'] })).toEqual([])
    expect(await store().listBatches({ limit: 9, key: 'another', keys: ['another'] })).toHaveLength(3)
    expect((await store().listBatches({ limit: 2, after: 'b2' })).map(batch => batch.id)).toEqual(['b1'])
  })

  test('an upload can be sent again from any offset, and ends when it is sealed', async () => {
    await store().createBatch(aBatch('b1'))
    expect((await store().appendItems('b1', someItems(3)))?.total).toBe(3)
    expect((await store().appendItems('b1', someItems(4, 1)))?.total).toBe(5)
    expect((await store().appendItems('b1', []))?.total).toBe(5)
    expect(await claimedSeqs(9)).toEqual([])
    expect(await store().runnableBatches('live')).toEqual([])
    expect(await store().sealBatch('b1')).toMatchObject({ status: 'in_progress', total: 5 })
    expect(await store().sealBatch('b1')).toBeUndefined()
    expect(await store().appendItems('b1', someItems(1, 5))).toBeUndefined()
    expect(await store().appendItems('nowhere', someItems(1))).toBeUndefined()
    expect(await store().runnableBatches('live')).toEqual(['b1'])
  })

  test('tells whether a place is taken by another item', async () => {
    await store().createBatch(aBatch('b1'))
    const rejected = { seq: 2, customId: 'x', outcome: 'invalid_request', output: '{"line":3}' }
    await store().appendItems('b1', [...someItems(2), rejected])
    const held = (...items: NewItem[]) => store().holdsOthers('b1', items)
    expect(await held(...someItems(2), { ...rejected, output: '{"line":1}' })).toBe(false)
    expect(await held(...someItems(5, 3))).toBe(false)
    expect(await held(...someItems(1), { seq: 1, customId: 'item-1', document: 'another' })).toBe(true)
    expect(await held(...someItems(1, 2))).toBe(true)
    expect(await held({ ...rejected, seq: 0 })).toBe(true)
    expect(await store().holdsOthers('b2', [{ seq: 0, customId: 'i', document: 'another' }])).toBe(false)
  })

  test('keeps every character of a document that is text', async () => {
    const document = 'tab\t newline\r\n quote\' " \\ emoji 🏷️ 中文 {"json":[1]} %s $1 \u2028'
    await store().createBatch(aBatch('b1'))
    await store().appendItems('b1', [{ seq: 0, customId: "i'd", document }])
    await store().sealBatch('b1')
    expect(await store().claimItems(lease, 1)).toEqual([
      { batchId: 'b1', seq: 0, customId: "i'd", document, attempts: 1, replies: null },
    ])
  })

  test('a document with a zero character is stored, not refused', async () => {
    await store().createBatch(aBatch('b1'))
    await store().appendItems('b1', [{ seq: 0, customId: 'i', document: 'a\u0000b' }])
    await store().sealBatch('b1')
    expect((await store().claimItems(lease, 1))[0]?.document).toMatch(/^a.b$/su)
    expect(await store().holdsOthers('b1', [{ seq: 0, customId: 'i', document: 'a\u0000b' }])).toBe(false)
  })

  test('a line that could not be read is a failed item from the start', async () => {
    await store().createBatch(aBatch('b1'))
    const rejected = { outcome: 'invalid_request', output: '{"line":2}' }
    await store().appendItems('b1', [...someItems(1), { seq: 1, customId: 'line-2', ...rejected }])
    expect(await store().sealBatch('b1')).toMatchObject({ total: 2, failed: 1, outcomes: { invalid_request: 1 } })
    expect(await claimedSeqs(9)).toEqual([0])
    expect(await store().readResults('b1', { after: -1, limit: 9 })).toEqual([
      { seq: 1, customId: 'line-2', succeeded: false, ...rejected },
    ])
    expect(await store().retryFailed('b1', 9)).toBe(0)
  })

  test('a batch with nothing to run is completed when it is sealed', async () => {
    expect(await running('b1', 0)).toMatchObject({ status: 'completed', finishedAt: expect.any(Number) })
  })
}
