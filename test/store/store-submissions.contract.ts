import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { finished, leaseMs, type OpenStore, returned, storeForEachTest } from '../support/store-builders.ts'

/** What is in the hands of a provider: held by nobody who can die, looked after by one who can. */
export function submissionContract(open: OpenStore): void {
  const { current: store, running, status } = storeForEachTest(open)
  const lease = { worker: 's1', batchId: 'b1' }
  const opened = () => store().openSubmission({ id: 's1', batchId: 'b1', endpoint: 'model.test' }, 'w1')
  const seqsHeld = async () => (await store().heldItems(lease, { limit: 99 })).map(item => item.seq)

  test('holds items as a worker does, and tells which are still held', async () => {
    await running('b1', 4)
    expect(await opened()).toBe(true)
    expect((await store().claimItems(lease, 3)).map(item => item.seq)).toEqual([0, 1, 2])
    expect(await store().finishItems(lease, [finished({ seq: 1, customId: 'item-1' })])).toEqual([1])
    expect(await seqsHeld()).toEqual([0, 2])
    expect(await store().heldItems(lease, { seqs: [1, 2, 3], limit: 9 })).toEqual([
      { batchId: 'b1', seq: 2, attempts: 1, replies: null, customId: 'item-2', document: '# Document 2' },
    ])
    expect(await store().heldItems(lease, { limit: 1 })).toHaveLength(1)
  })

  test('outlives its owner, and is adopted once by one who is alive', async () => {
    await running('b1', 2)
    await opened()
    await store().claimItems(lease, 2)
    expect(await store().changeSubmission('s1', 'w1', { inputFile: 'file-1', reservedUsd: 0.5 })).toBe(true)
    await store().joinWorker('w2')
    expect(await store().adoptSubmissions('w2')).toEqual([])
    await sleep(leaseMs + 100)
    expect(await store().heartbeat('w2')).toBe(true)
    expect(await store().adoptSubmissions('w2')).toMatchObject([
      {
        ...{ id: 's1', batchId: 'b1', endpoint: 'model.test', asked: '{}' },
        ...{ inputFile: 'file-1', providerBatch: null, reservedTokens: 0, reservedUsd: 0.5 },
      },
    ])
    expect(await seqsHeld()).toEqual([0, 1])
  })

  test('only its owner changes or closes it', async () => {
    await running('b1', 1)
    await opened()
    await store().claimItems(lease, 1)
    await store().joinWorker('w2')
    expect(await store().changeSubmission('s1', 'w2', { providerBatch: 'batch-1' })).toBe(false)
    expect(await store().closeSubmission('s1', 'w2', { refund: true })).toBe(false)
    await store().leaveWorker('w1')
    expect(await store().changeSubmission('s1', 'w1', { providerBatch: 'batch-1' })).toBe(false)
    expect(await store().openSubmission({ id: 's2', batchId: 'b1', endpoint: 'model.test' }, 'w1')).toBe(false)
    expect(await store().adoptSubmissions('w1')).toEqual([])
    expect(await store().adoptSubmissions('w2')).toMatchObject([{ id: 's1', providerBatch: null }])
    expect(await store().closeSubmission('s1', 'w2', { refund: true })).toBe(true)
    expect(await store().submissionsOf('b1')).toEqual([])
  })

  test('gives back what it holds when it is closed, and takes no answer after that', async () => {
    await running('b1', 2)
    await opened()
    await store().claimItems(lease, 2)
    await store().finishItems(lease, [finished({ seq: 0, customId: 'item-0' })])
    expect(await store().closeSubmission('s1', 'w1', { refund: true })).toBe(true)
    expect(await store().finishItems(lease, [finished({ seq: 1, customId: 'item-1' })])).toEqual([])
    const again = await store().claimItems({ worker: 'w1', batchId: 'b1' }, 9)
    expect(again.map(item => [item.seq, item.attempts])).toEqual([[1, 1]])
  })

  test('keeps the replies of earlier attempts until the item ends', async () => {
    await running('b1', 1)
    await store().claimItems({ worker: 'w1', batchId: 'b1' }, 1)
    const given = returned(0, { refund: false, replies: '[{"text":"none"}]' })
    await store().giveBackItems({ worker: 'w1', batchId: 'b1' }, [given])
    await opened()
    expect(await store().claimItems(lease, 1)).toMatchObject([{ attempts: 2, replies: '[{"text":"none"}]' }])
    await store().giveBackItems(lease, [returned(0)])
    expect(await store().claimItems(lease, 1)).toMatchObject([{ attempts: 2, replies: '[{"text":"none"}]' }])
    await store().finishItems(lease, [finished({ seq: 0, customId: 'item-0' }, { succeeded: false })])
    expect(await store().retryFailed('b1', 9)).toBe(1)
    expect(await store().claimItems(lease, 1)).toMatchObject([{ attempts: 1, replies: null }])
  })

  test('a cancelled batch ends with its last submission', async () => {
    await running('b1', 2)
    await opened()
    await store().claimItems(lease, 1)
    await store().cancelBatch('b1')
    expect(await status()).toBe('cancelling')
    await store().closeSubmission('s1', 'w1', { refund: true })
    expect(await status()).toBe('cancelled')
  })

  test('a batch goes one way, and can be told to go the other', async () => {
    await running('b1', 1, { delivery: 'provider' })
    expect(await store().runnableBatches('live')).toEqual([])
    expect(await store().runnableBatches('provider')).toEqual(['b1'])
    expect(await store().deliverBatch('b1', 'live')).toMatchObject({ status: 'in_progress', delivery: 'live' })
    expect(await store().runnableBatches('live')).toEqual(['b1'])
    await store().cancelBatch('b1')
    expect(await store().deliverBatch('b1', 'provider')).toBeUndefined()
  })
}
