import { expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import {
  aBatch,
  failure,
  finished,
  lease,
  type OpenStore,
  returned,
  someItems,
  storeForEachTest,
} from '../support/store-builders.ts'

/** How batches pause, end, are read, tried again and deleted. */
export function endingContract(open: OpenStore): void {
  const { current: store, running, status, claimedSeqs } = storeForEachTest(open)

  test('pages results in input order, by outcome when asked', async () => {
    await running('b1', 6)
    const items = await store().claimItems(lease, 6)
    for (const item of items.toReversed())
      await store().finishItems(lease, [finished(item, item.seq % 2 === 0 ? {} : failure)])
    const seqs = async (page: Parameters<Store['readResults']>[1]) =>
      (await store().readResults('b1', page)).map(result => result.seq)
    expect(await seqs({ after: -1, limit: 4 })).toEqual([0, 1, 2, 3])
    expect(await seqs({ after: 3, limit: 4 })).toEqual([4, 5])
    expect(await seqs({ after: -1, limit: 9, outcomes: ['invalid_reply', 'refused'] })).toEqual([1, 3, 5])
    expect(await seqs({ after: 0, limit: 9, succeeded: true })).toEqual([2, 4])
    expect(await seqs({ after: -1, limit: 9, succeeded: false, outcomes: ['ok'] })).toEqual([])
  })

  test('pauses at the spend cap and runs on under a higher one', async () => {
    await running('b1', 3, { maxCostUsd: 0.25 })
    const [first] = await store().claimItems(lease, 1)
    await store().finishItems(lease, [finished(first!)])
    expect(await store().readBatch('b1')).toMatchObject({ status: 'paused', pauseReason: 'spend_cap' })
    expect(await claimedSeqs(9)).toEqual([])
    expect(await store().resumeBatch('b1', { maxCostUsd: 0.2, maxTokens: null })).toMatchObject({ status: 'paused' })
    expect(await store().resumeBatch('b1', { maxCostUsd: null, maxTokens: 150 })).toMatchObject({
      status: 'in_progress',
    })
    const [second] = await store().claimItems(lease, 1)
    await store().finishItems(lease, [finished(second!)])
    expect(await status()).toBe('paused')
  })

  test('pauses when told to, and what is in progress still counts', async () => {
    await running('b1', 2)
    const items = await store().claimItems(lease, 2)
    expect(await store().pauseBatch('b1', 'requested')).toMatchObject({ status: 'paused', pauseReason: 'requested' })
    expect(await store().pauseBatch('b1', 'requested')).toBeUndefined()
    await store().finishItems(lease, [finished(items[0]!)])
    expect(await status()).toBe('paused')
    await store().finishItems(lease, [finished(items[1]!)])
    expect(await status()).toBe('completed')
    expect(await store().resumeBatch('b1', { maxCostUsd: null, maxTokens: null })).toBeUndefined()
  })

  test('a cancelled batch keeps what was paid for and starts nothing more', async () => {
    await running('b1', 3)
    const items = await store().claimItems(lease, 2)
    expect(await store().cancelBatch('b1')).toMatchObject({ status: 'cancelling' })
    expect(await claimedSeqs(9)).toEqual([])
    await store().finishItems(lease, [finished(items[0]!)])
    expect(await status()).toBe('cancelling')
    await store().giveBackItems(lease, [returned(1)])
    expect(await store().readBatch('b1')).toMatchObject({ status: 'cancelled', succeeded: 1, total: 3 })
    expect(await store().cancelBatch('b1')).toBeUndefined()
    expect(await store().retryFailed('b1', 9)).toBe(0)
    expect(await store().readResults('b1', { after: -1, limit: 9 })).toHaveLength(1)
  })

  test('cancelling an idle batch, or an upload, is done at once', async () => {
    await running('b1', 3)
    expect(await store().cancelBatch('b1')).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Number) })
    await store().createBatch(aBatch('b2'))
    expect(await store().cancelBatch('b2')).toMatchObject({ status: 'cancelled' })
    expect(await store().appendItems('b2', someItems(1))).toBeUndefined()
  })

  test('retries the failed items of some outcomes, and leaves the others as they are', async () => {
    await running('b1', 3)
    const items = await store().claimItems(lease, 3)
    const outcomes = ['refused', 'blocked', 'refused']
    await store().finishItems(
      lease,
      items.map(item => finished(item, { ...failure, outcome: outcomes[item.seq]! })),
    )
    expect(await store().retryFailed('b1', 9, ['truncated'])).toBe(0)
    expect(await store().retryFailed('b1', 9, ['refused'])).toBe(2)
    expect(await store().readBatch('b1')).toMatchObject({ failed: 1, outcomes: { blocked: 1 } })
    expect((await store().claimItems(lease, 9)).map(({ seq }) => seq)).toEqual([0, 2])
  })

  test('an entry is read as it was uploaded, and none where none could be read', async () => {
    await running('b1', 1)
    const [item] = await store().claimItems(lease, 1)
    expect(await store().readDocument('b1', 0)).toBe(item!.document)
    expect(await store().readDocument('b1', 1)).toBeUndefined()
    expect(await store().readDocument('b2', 0)).toBeUndefined()
  })

  test('retries failed items only, in slices, with fresh attempts', async () => {
    await running('b1', 4)
    const items = await store().claimItems(lease, 4)
    await store().finishItems(
      lease,
      items.map(item => finished(item, item.seq === 0 ? {} : failure)),
    )
    expect(await status()).toBe('completed')
    expect(await store().retryFailed('b1', 2)).toBe(2)
    expect(await store().readBatch('b1')).toMatchObject({ status: 'in_progress', failed: 1, finishedAt: null })
    expect(await store().retryFailed('b1', 2)).toBe(1)
    expect(await store().retryFailed('b1', 2)).toBe(0)
    expect(await store().readBatch('b1')).toMatchObject({ failed: 0, outcomes: { ok: 1 } })
    const again = await store().claimItems(lease, 9)
    expect(again.map(item => [item.seq, item.attempts])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ])
    await store().finishItems(
      lease,
      again.map(item => finished(item)),
    )
    expect(await store().readBatch('b1')).toMatchObject({ status: 'completed', succeeded: 4, outcomes: { ok: 4 } })
    expect(await store().readResults('b1', { after: -1, limit: 9 })).toHaveLength(4)
  })

  test('tells how much is to be done, by status', async () => {
    const depth = async () => (await store().readDepth()).sort((left, right) => (left.status < right.status ? -1 : 1))
    expect(await depth()).toEqual([])
    await running('b1', 5)
    await running('b2', 3)
    await store().pauseBatch('b2', 'requested')
    const [first] = await store().claimItems(lease, 2)
    await store().finishItems(lease, [finished(first!)])
    await store().createBatch(aBatch('b3'))
    await store().appendItems('b3', someItems(2))
    await store().createBatch(aBatch('b4'))
    await store().cancelBatch('b4')
    expect(await depth()).toEqual([
      { status: 'in_progress', batches: 1, items: 4 },
      { status: 'paused', batches: 1, items: 3 },
      { status: 'validating', batches: 1, items: 2 },
    ])
  })

  test('deletes what is old in slices, and nothing else', async () => {
    await running('b1', 5)
    await store().cancelBatch('b1')
    await running('b2', 1)
    await store().createBatch(aBatch('b3', { createdAt: 1 }))
    await store().createBatch(aBatch('b4', { createdAt: Date.now() }))
    const soon = Date.now() + 1000
    const rule = { endedBefore: soon, uploadedBefore: 1000, limit: 2 }
    let slices = 0
    for (let deleted = 1; deleted > 0; slices += 1) {
      deleted = await store().deleteSlice(rule)
      expect(deleted).toBeLessThanOrEqual(2)
      expect(await store().readBatch('b1')).toBeUndefined()
    }
    expect(slices).toBeGreaterThan(5)
    expect((await store().listBatches({ limit: 9 })).map(batch => batch.id)).toEqual(['b4', 'b2'])
    expect(await running('b1', 1)).toMatchObject({ total: 1 })
  })
}
