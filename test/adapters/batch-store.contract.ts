import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Batch, FinishedItem } from '../../src/domain/batch.ts'
import type { LeasedItem, NewBatch, NewItem, Store } from '../../src/services/ports/store.ts'

export const aBatch = (id: string, batch: Partial<NewBatch> = {}): NewBatch => ({
  id,
  key: 'tests',
  idempotencyKey: null,
  settings: '{"prompt":"assign-tags"}',
  maxCostUsd: null,
  maxTokens: null,
  createdAt: 1_700_000_000_000,
  ...batch,
})

export const someItems = (count: number, from = 0): NewItem[] =>
  Array.from({ length: count }, (_, index) => ({
    seq: from + index,
    customId: `item-${from + index}`,
    document: `# Document ${from + index}`,
  }))

export const finished = (
  item: Pick<LeasedItem, 'seq' | 'customId'>,
  end: Partial<FinishedItem> = {},
): FinishedItem => ({
  seq: item.seq,
  customId: item.customId,
  succeeded: true,
  outcome: 'ok',
  output: `{"tags":[${item.seq}]}`,
  inputTokens: 100,
  outputTokens: 10,
  costUsd: 0.25,
  ...end,
})

const failure = { succeeded: false, outcome: 'invalid_reply', output: '{"code":"invalid_reply"}' } as const

/** What every store must do. `open` gives a new, empty one; the suite closes it. */
export function storeContract(name: string, open: (options: { leaseMs: number }) => Promise<Store>): void {
  describe(name, () => {
    const leaseMs = 400
    const lease = { worker: 'w1', batchId: 'b1' }
    let store: Store

    beforeEach(async () => {
      store = await open({ leaseMs })
      await store.joinWorker('w1')
    })
    afterEach(() => store.close())

    async function running(id: string, count: number, batch: Partial<NewBatch> = {}): Promise<Batch> {
      await store.createBatch(aBatch(id, batch))
      if (count > 0) await store.appendItems(id, someItems(count))
      return (await store.sealBatch(id))!
    }
    const status = async (id = 'b1') => (await store.readBatch(id))?.status
    const claimedSeqs = async (limit: number, worker = 'w1') =>
      (await store.claimItems({ worker, batchId: 'b1' }, limit)).map(item => item.seq)

    test('answers', () => store.ping())

    test('keeps a batch as it was created', async () => {
      const created = await store.createBatch(aBatch('b1', { maxCostUsd: 1.5, maxTokens: 1000 }))
      expect(created).toEqual({
        ...aBatch('b1', { maxCostUsd: 1.5, maxTokens: 1000 }),
        ...{ status: 'validating', total: 0, succeeded: 0, failed: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 },
        ...{ unpriced: 0, outcomes: {}, startedAt: null, finishedAt: null },
      })
      expect(await store.readBatch('b1')).toEqual(created)
      expect(await store.readBatch('b2')).toBeUndefined()
    })

    test('an idempotency key names one batch for its owner', async () => {
      await store.createBatch(aBatch('b1', { idempotencyKey: 'once' }))
      expect((await store.createBatch(aBatch('b2', { idempotencyKey: 'once' }))).id).toBe('b1')
      expect((await store.createBatch(aBatch('b3', { idempotencyKey: 'once', key: 'other' }))).id).toBe('b3')
      expect((await store.listBatches({ limit: 9 })).map(batch => batch.id)).toEqual(['b3', 'b1'])
    })

    test('two creations at once with one idempotency key make one batch', async () => {
      const ids = ['b1', 'b2', 'b3', 'b4']
      const batches = await Promise.all(ids.map(id => store.createBatch(aBatch(id, { idempotencyKey: 'once' }))))
      expect(new Set(batches.map(batch => batch.id)).size).toBe(1)
    })

    test('lists newest first, in pages', async () => {
      for (const [index, id] of ['b1', 'b2', 'b3'].entries()) await store.createBatch(aBatch(id, { createdAt: index }))
      expect((await store.listBatches({ limit: 2 })).map(batch => batch.id)).toEqual(['b3', 'b2'])
      expect((await store.listBatches({ limit: 2, after: 'b2' })).map(batch => batch.id)).toEqual(['b1'])
    })

    test('an upload can be sent again from any offset, and ends when it is sealed', async () => {
      await store.createBatch(aBatch('b1'))
      expect((await store.appendItems('b1', someItems(3)))?.total).toBe(3)
      expect((await store.appendItems('b1', someItems(4, 1)))?.total).toBe(5)
      expect((await store.appendItems('b1', []))?.total).toBe(5)
      expect(await claimedSeqs(9)).toEqual([])
      expect(await store.runnableBatches()).toEqual([])
      expect(await store.sealBatch('b1')).toMatchObject({ status: 'in_progress', total: 5 })
      expect(await store.sealBatch('b1')).toBeUndefined()
      expect(await store.appendItems('b1', someItems(1, 5))).toBeUndefined()
      expect(await store.appendItems('nowhere', someItems(1))).toBeUndefined()
      expect(await store.runnableBatches()).toEqual(['b1'])
    })

    test('keeps every character of a document that is text', async () => {
      const document = 'tab\t newline\r\n quote\' " \\ emoji 🏷️ 中文 {"json":[1]} %s $1 \u2028'
      await store.createBatch(aBatch('b1'))
      await store.appendItems('b1', [{ seq: 0, customId: "i'd", document }])
      await store.sealBatch('b1')
      expect(await store.claimItems(lease, 1)).toEqual([
        { batchId: 'b1', seq: 0, customId: "i'd", document, attempts: 1 },
      ])
    })

    test('a document with a zero character is stored, not refused', async () => {
      await store.createBatch(aBatch('b1'))
      await store.appendItems('b1', [{ seq: 0, customId: 'i', document: 'a\u0000b' }])
      await store.sealBatch('b1')
      expect((await store.claimItems(lease, 1))[0]?.document).toMatch(/^a.b$/su)
    })

    test('a line that could not be read is a failed item from the start', async () => {
      await store.createBatch(aBatch('b1'))
      const rejected = { outcome: 'invalid_request', output: '{"line":2}' }
      await store.appendItems('b1', [...someItems(1), { seq: 1, customId: 'line-2', ...rejected }])
      expect(await store.sealBatch('b1')).toMatchObject({ total: 2, failed: 1, outcomes: { invalid_request: 1 } })
      expect(await claimedSeqs(9)).toEqual([0])
      expect(await store.readResults('b1', { after: -1, limit: 9 })).toEqual([
        { seq: 1, customId: 'line-2', succeeded: false, ...rejected },
      ])
      expect(await store.retryFailed('b1', 9)).toBe(0)
    })

    test('a batch with nothing to run is completed when it is sealed', async () => {
      expect(await running('b1', 0)).toMatchObject({ status: 'completed', finishedAt: expect.any(Number) })
    })

    test('hands each item out once, in order', async () => {
      await running('b1', 5)
      expect(await claimedSeqs(2)).toEqual([0, 1])
      expect(await claimedSeqs(2)).toEqual([2, 3])
      expect(await claimedSeqs(2)).toEqual([4])
      expect(await claimedSeqs(2)).toEqual([])
    })

    test('many claims at once never hand out an item twice', async () => {
      await running('b1', 200)
      const claims = await Promise.all(Array.from({ length: 25 }, () => claimedSeqs(10)))
      const seqs = claims.flat()
      expect(new Set(seqs).size).toBe(seqs.length)
      for (let more = [0]; more.length > 0; seqs.push(...more)) more = await claimedSeqs(10)
      expect(seqs.sort((left, right) => left - right)).toEqual(Array.from({ length: 200 }, (_, seq) => seq))
    })

    test('an unknown worker is given nothing', async () => {
      await running('b1', 1)
      expect(await claimedSeqs(1, 'stranger')).toEqual([])
    })

    test('counts what was finished, and completes with the last item', async () => {
      await running('b1', 3)
      const items = await store.claimItems(lease, 3)
      expect(await store.finishItems(lease, [finished(items[0]!), finished(items[1]!, failure)])).toEqual([0, 1])
      expect(await store.readBatch('b1')).toMatchObject({
        ...{ status: 'in_progress', total: 3, succeeded: 1, failed: 1, finishedAt: null },
        ...{ inputTokens: 200, outputTokens: 20, costUsd: 0.5, unpriced: 0, outcomes: { ok: 1, invalid_reply: 1 } },
      })
      await store.finishItems(lease, [finished(items[2]!, { costUsd: null })])
      expect(await store.readBatch('b1')).toMatchObject({
        ...{ status: 'completed', succeeded: 2, costUsd: 0.5, unpriced: 1, outcomes: { ok: 2, invalid_reply: 1 } },
        finishedAt: expect.any(Number),
      })
      expect(await store.runnableBatches()).toEqual([])
    })

    test('an item ends once: a second answer is refused and changes nothing', async () => {
      await running('b1', 2)
      const [item] = await store.claimItems(lease, 1)
      expect(await store.finishItems(lease, [finished(item!)])).toEqual([0])
      expect(await store.finishItems(lease, [finished(item!, { output: '{"tags":[]}' })])).toEqual([])
      expect(await store.readBatch('b1')).toMatchObject({ succeeded: 1, inputTokens: 100 })
      expect((await store.readResults('b1', { after: -1, limit: 9 })).map(result => result.output)).toEqual([
        '{"tags":[0]}',
      ])
    })

    test('answers from many hands at once are all counted', async () => {
      await running('b1', 300)
      const items = await store.claimItems(lease, 300)
      await Promise.all(
        items.map(item => store.finishItems(lease, [finished(item, item.seq % 3 === 0 ? failure : {})])),
      )
      expect(await store.readBatch('b1')).toMatchObject({
        ...{ status: 'completed', succeeded: 200, failed: 100, outcomes: { ok: 200, invalid_reply: 100 } },
        inputTokens: 30_000,
      })
    })

    test('gives items back: at once and refunded, or later and counted', async () => {
      await running('b1', 2)
      await store.claimItems(lease, 2)
      await store.giveBackItems(lease, [
        { seq: 0, delayMs: 0, refund: true },
        { seq: 1, delayMs: 60, refund: false },
      ])
      expect((await store.claimItems(lease, 2)).map(item => [item.seq, item.attempts])).toEqual([[0, 1]])
      await store.heartbeat('w1')
      await sleep(80)
      await store.heartbeat('w1')
      expect((await store.claimItems(lease, 2)).map(item => [item.seq, item.attempts])).toEqual([[1, 2]])
    })

    test('a leaving worker gives back all it holds', async () => {
      await running('b1', 2)
      await store.claimItems(lease, 2)
      await store.leaveWorker('w1')
      await store.joinWorker('w2')
      const again = await store.claimItems({ worker: 'w2', batchId: 'b1' }, 2)
      expect(again.map(item => item.attempts)).toEqual([1, 1])
      expect(await store.heartbeat('w1')).toBe(false)
    })

    test('a silent worker loses its items, and its late answer is refused', async () => {
      await running('b1', 2)
      const held = await store.claimItems(lease, 2)
      await store.joinWorker('w2')
      await store.heartbeat('w2')
      expect(await claimedSeqs(2, 'w2')).toEqual([])
      await sleep(leaseMs + 100)
      expect(await store.heartbeat('w2')).toBe(true)
      const taken = await store.claimItems({ worker: 'w2', batchId: 'b1' }, 2)
      expect(taken.map(item => [item.seq, item.attempts])).toEqual([
        [0, 2],
        [1, 2],
      ])
      expect(
        await store.finishItems(
          lease,
          held.map(item => finished(item)),
        ),
      ).toEqual([])
      expect(await store.heartbeat('w1')).toBe(false)
      expect(await claimedSeqs(2)).toEqual([])
      await store.finishItems(
        { worker: 'w2', batchId: 'b1' },
        taken.map(item => finished(item)),
      )
      expect(await status()).toBe('completed')
    })

    test('a heartbeat keeps what a slow call holds', async () => {
      await running('b1', 1)
      const [item] = await store.claimItems(lease, 1)
      await store.joinWorker('w2')
      for (let beat = 0; beat < 4; beat += 1) {
        await sleep(leaseMs / 3)
        expect(await store.heartbeat('w1')).toBe(true)
        await store.heartbeat('w2')
      }
      expect(await store.finishItems(lease, [finished(item!)])).toEqual([0])
    })

    test('an item that keeps taking its process down fails alone', async () => {
      await running('b1', 2)
      for (let attempt = 1; attempt <= 5; attempt += 1) {
        await store.joinWorker(`doomed-${attempt}`)
        expect((await store.claimItems({ worker: `doomed-${attempt}`, batchId: 'b1' }, 1))[0]?.attempts).toBe(attempt)
        await sleep(leaseMs + 50)
        await store.heartbeat('w1')
      }
      expect(await store.readBatch('b1')).toMatchObject({
        status: 'in_progress',
        failed: 1,
        outcomes: { crash_loop: 1 },
      })
      expect(await claimedSeqs(2)).toEqual([1])
    })

    test('pages results in input order, by outcome when asked', async () => {
      await running('b1', 6)
      const items = await store.claimItems(lease, 6)
      for (const item of items.toReversed())
        await store.finishItems(lease, [finished(item, item.seq % 2 === 0 ? {} : failure)])
      const seqs = async (page: Parameters<Store['readResults']>[1]) =>
        (await store.readResults('b1', page)).map(result => result.seq)
      expect(await seqs({ after: -1, limit: 4 })).toEqual([0, 1, 2, 3])
      expect(await seqs({ after: 3, limit: 4 })).toEqual([4, 5])
      expect(await seqs({ after: -1, limit: 9, outcomes: ['invalid_reply', 'refused'] })).toEqual([1, 3, 5])
      expect(await seqs({ after: 0, limit: 9, succeeded: true })).toEqual([2, 4])
      expect(await seqs({ after: -1, limit: 9, succeeded: false, outcomes: ['ok'] })).toEqual([])
    })

    test('pauses at the spend cap and runs on under a higher one', async () => {
      await running('b1', 3, { maxCostUsd: 0.25 })
      const [first] = await store.claimItems(lease, 1)
      await store.finishItems(lease, [finished(first!)])
      expect(await status()).toBe('paused')
      expect(await claimedSeqs(9)).toEqual([])
      expect(await store.resumeBatch('b1', { maxCostUsd: 0.2, maxTokens: null })).toMatchObject({ status: 'paused' })
      expect(await store.resumeBatch('b1', { maxCostUsd: null, maxTokens: 150 })).toMatchObject({
        status: 'in_progress',
      })
      const [second] = await store.claimItems(lease, 1)
      await store.finishItems(lease, [finished(second!)])
      expect(await status()).toBe('paused')
    })

    test('pauses when told to, and what is in flight still counts', async () => {
      await running('b1', 2)
      const items = await store.claimItems(lease, 2)
      expect(await store.pauseBatch('b1')).toMatchObject({ status: 'paused' })
      expect(await store.pauseBatch('b1')).toBeUndefined()
      await store.finishItems(lease, [finished(items[0]!)])
      expect(await status()).toBe('paused')
      await store.finishItems(lease, [finished(items[1]!)])
      expect(await status()).toBe('completed')
      expect(await store.resumeBatch('b1', { maxCostUsd: null, maxTokens: null })).toBeUndefined()
    })

    test('a cancelled batch keeps what was paid for and starts nothing more', async () => {
      await running('b1', 3)
      const items = await store.claimItems(lease, 2)
      expect(await store.cancelBatch('b1')).toMatchObject({ status: 'cancelling' })
      expect(await claimedSeqs(9)).toEqual([])
      await store.finishItems(lease, [finished(items[0]!)])
      expect(await status()).toBe('cancelling')
      await store.giveBackItems(lease, [{ seq: 1, delayMs: 0, refund: true }])
      expect(await store.readBatch('b1')).toMatchObject({ status: 'cancelled', succeeded: 1, total: 3 })
      expect(await store.cancelBatch('b1')).toBeUndefined()
      expect(await store.retryFailed('b1', 9)).toBe(0)
      expect(await store.readResults('b1', { after: -1, limit: 9 })).toHaveLength(1)
    })

    test('cancelling an idle batch, or an upload, is done at once', async () => {
      await running('b1', 3)
      expect(await store.cancelBatch('b1')).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Number) })
      await store.createBatch(aBatch('b2'))
      expect(await store.cancelBatch('b2')).toMatchObject({ status: 'cancelled' })
      expect(await store.appendItems('b2', someItems(1))).toBeUndefined()
    })

    test('a batch whose last worker died while it was being cancelled is cancelled', async () => {
      await running('b1', 2)
      await store.claimItems(lease, 1)
      await store.cancelBatch('b1')
      await store.joinWorker('w2')
      await sleep(leaseMs + 100)
      await store.heartbeat('w2')
      expect(await status()).toBe('cancelled')
    })

    test('retries failed items only, in slices, with fresh attempts', async () => {
      await running('b1', 4)
      const items = await store.claimItems(lease, 4)
      await store.finishItems(
        lease,
        items.map(item => finished(item, item.seq === 0 ? {} : failure)),
      )
      expect(await status()).toBe('completed')
      expect(await store.retryFailed('b1', 2)).toBe(2)
      expect(await store.readBatch('b1')).toMatchObject({ status: 'in_progress', failed: 1, finishedAt: null })
      expect(await store.retryFailed('b1', 2)).toBe(1)
      expect(await store.retryFailed('b1', 2)).toBe(0)
      expect(await store.readBatch('b1')).toMatchObject({ failed: 0, outcomes: { ok: 1 } })
      const again = await store.claimItems(lease, 9)
      expect(again.map(item => [item.seq, item.attempts])).toEqual([
        [1, 1],
        [2, 1],
        [3, 1],
      ])
      await store.finishItems(
        lease,
        again.map(item => finished(item)),
      )
      expect(await store.readBatch('b1')).toMatchObject({ status: 'completed', succeeded: 4, outcomes: { ok: 4 } })
      expect(await store.readResults('b1', { after: -1, limit: 9 })).toHaveLength(4)
    })

    test('deletes what is old in slices, and nothing else', async () => {
      await running('b1', 5)
      await store.cancelBatch('b1')
      await running('b2', 1)
      await store.createBatch(aBatch('b3', { createdAt: 1 }))
      await store.createBatch(aBatch('b4', { createdAt: Date.now() }))
      await store.writeCached([{ key: 'k', value: 'v' }])
      const soon = Date.now() + 1000
      const rule = { endedBefore: soon, uploadedBefore: 1000, cachedBefore: soon, limit: 2 }
      let slices = 0
      for (let deleted = 1; deleted > 0; slices += 1) {
        deleted = await store.deleteSlice(rule)
        expect(deleted).toBeLessThanOrEqual(2)
        expect(await store.readBatch('b1')).toBeUndefined()
      }
      expect(slices).toBeGreaterThan(5)
      expect((await store.listBatches({ limit: 9 })).map(batch => batch.id)).toEqual(['b4', 'b2'])
      expect(await store.readCached('k')).toBeUndefined()
      expect(await running('b1', 1)).toMatchObject({ total: 1 })
    })

    test('remembers cached answers', async () => {
      expect(await store.readCached('k1')).toBeUndefined()
      await store.writeCached([
        { key: 'k1', value: '{"tags":[1]}' },
        { key: 'k2', value: '{}' },
      ])
      await store.writeCached([{ key: 'k1', value: '{"tags":[2]}' }])
      expect(await store.readCached('k1')).toBe('{"tags":[2]}')
      await store.writeCached([])
    })

    test('adds usage up by day, model and key', async () => {
      const total = { day: '2026-11-22', model: 'm', key: 'k', calls: 1, inputTokens: 10, outputTokens: 2 }
      const priced = { ...total, costUsd: 0.5, unpriced: 0 }
      await store.addUsage([priced, { ...priced, key: 'j' }])
      await Promise.all(Array.from({ length: 9 }, () => store.addUsage([{ ...total, costUsd: 0, unpriced: 1 }])))
      await store.addUsage([{ ...priced, day: '2026-11-23' }])
      expect(await store.readUsage({ from: '2026-11-01', to: '2026-11-22' })).toEqual([
        { ...priced, key: 'j' },
        { ...total, calls: 10, inputTokens: 100, outputTokens: 20, costUsd: 0.5, unpriced: 9 },
      ])
    })
  })
}
