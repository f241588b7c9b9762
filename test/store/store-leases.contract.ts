import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { mostCrashes } from '../../src/core/batch/batch.ts'
import {
  aBatch,
  failure,
  finished,
  lease,
  leaseMs,
  type OpenStore,
  returned,
  someItems,
  storeForEachTest,
} from '../support/store-builders.ts'

/** Who may run an item, and whose answer counts. */
export function leaseContract(open: OpenStore): void {
  const { current: store, running, status, claimedSeqs } = storeForEachTest(open)

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
    expect(await claimedSeqs(1, 'another')).toEqual([])
  })

  test('counts what was finished, and completes with the last item', async () => {
    await running('b1', 3)
    const items = await store().claimItems(lease, 3)
    expect(
      await store().finishItems(lease, [finished(items[0]!, { answeredBy: 'a.test' }), finished(items[1]!, failure)]),
    ).toEqual([0, 1])
    expect(await store().readBatch('b1')).toMatchObject({
      ...{ status: 'in_progress', total: 3, succeeded: 1, failed: 1, finishedAt: null },
      ...{ inputTokens: 200, outputTokens: 20, costUsd: 0.5, unpriced: 0, outcomes: { ok: 1, invalid_reply: 1 } },
      answeredBy: { 'a.test': 1 },
    })
    await store().finishItems(lease, [finished(items[2]!, { costUsd: null, answeredBy: 'a.test' })])
    expect(await store().readBatch('b1')).toMatchObject({
      ...{ status: 'completed', succeeded: 2, costUsd: 0.5, unpriced: 1, outcomes: { ok: 2, invalid_reply: 1 } },
      answeredBy: { 'a.test': 2 },
      finishedAt: expect.any(Number),
    })
    expect(await store().runnableBatches('live')).toEqual([])
  })

  test('an item ends once: a second answer is refused and changes nothing', async () => {
    await running('b1', 2)
    const [item] = await store().claimItems(lease, 1)
    expect(await store().finishItems(lease, [finished(item!)])).toEqual([0])
    expect(await store().finishItems(lease, [finished(item!, { output: '{"tags":[]}' })])).toEqual([])
    expect(await store().readBatch('b1')).toMatchObject({ succeeded: 1, inputTokens: 100 })
    expect((await store().readResults('b1', { after: -1, limit: 9 })).map(result => result.output)).toEqual([
      '{"tags":[0]}',
    ])
  })

  test('answers from many hands at once are all counted', async () => {
    await running('b1', 300)
    const items = await store().claimItems(lease, 300)
    await Promise.all(
      items.map(item => store().finishItems(lease, [finished(item, item.seq % 3 === 0 ? failure : {})])),
    )
    expect(await store().readBatch('b1')).toMatchObject({
      ...{ status: 'completed', succeeded: 200, failed: 100, outcomes: { ok: 200, invalid_reply: 100 } },
      inputTokens: 30_000,
    })
  })

  test('gives items back: at once and refunded, or later and counted', async () => {
    await running('b1', 2)
    await store().claimItems(lease, 2)
    const used = { inputTokens: 7, outputTokens: 3, costUsd: null }
    await store().giveBackItems(lease, [returned(0), returned(1, { delayMs: 60, refund: false, ...used })])
    expect(await store().readBatch('b1')).toMatchObject({ inputTokens: 7, outputTokens: 3, costUsd: 0, unpriced: 1 })
    expect((await store().claimItems(lease, 2)).map(item => [item.seq, item.attempts])).toEqual([[0, 1]])
    await store().heartbeat('w1')
    await sleep(80)
    await store().heartbeat('w1')
    expect((await store().claimItems(lease, 2)).map(item => [item.seq, item.attempts])).toEqual([[1, 2]])
  })

  test('a leaving worker gives back all it holds', async () => {
    await running('b1', 2)
    await store().claimItems(lease, 2)
    await store().leaveWorker('w1')
    await store().joinWorker('w2')
    const again = await store().claimItems({ worker: 'w2', batchId: 'b1' }, 2)
    expect(again.map(item => item.attempts)).toEqual([1, 1])
    expect(await store().heartbeat('w1')).toBe(false)
  })

  test('a silent worker loses its items, and its late answer is refused', async () => {
    await running('b1', 2)
    const held = await store().claimItems(lease, 2)
    await store().joinWorker('w2')
    await sleep(leaseMs + 100)
    expect(await store().heartbeat('w2')).toBe(true)
    const taken = await store().claimItems({ worker: 'w2', batchId: 'b1' }, 2)
    expect(taken.map(item => [item.seq, item.attempts])).toEqual([
      [0, 2],
      [1, 2],
    ])
    expect(
      await store().finishItems(
        lease,
        held.map(item => finished(item)),
      ),
    ).toEqual([])
    expect(await store().heartbeat('w1')).toBe(false)
    expect(await claimedSeqs(2)).toEqual([])
    await store().finishItems(
      { worker: 'w2', batchId: 'b1' },
      taken.map(item => finished(item)),
    )
    expect(await status()).toBe('completed')
  })

  test('a heartbeat keeps what a slow call holds', async () => {
    const patient = await open({ leaseMs: 1500 })
    await patient.createBatch(aBatch('b1'))
    await patient.appendItems('b1', someItems(1))
    await patient.sealBatch('b1')
    for (const worker of ['w1', 'w2']) await patient.joinWorker(worker)
    const [item] = await patient.claimItems(lease, 1)
    for (let beat = 0; beat < 4; beat += 1) {
      await sleep(500)
      expect(await patient.heartbeat('w1')).toBe(true)
      await patient.heartbeat('w2')
    }
    expect(await patient.finishItems(lease, [finished(item!)])).toEqual([0])
    await patient.close()
  })

  test('an item that keeps taking its process down fails alone', async () => {
    await running('b1', 2)
    for (let attempt = 1; attempt <= mostCrashes; attempt += 1) {
      await store().joinWorker(`doomed-${attempt}`)
      expect((await store().claimItems({ worker: `doomed-${attempt}`, batchId: 'b1' }, 1))[0]?.attempts).toBe(attempt)
      await sleep(leaseMs + 50)
      await store().heartbeat('w1')
    }
    expect(await store().readBatch('b1')).toMatchObject({
      status: 'in_progress',
      failed: 1,
      outcomes: { crash_loop: 1 },
    })
    expect(await claimedSeqs(2)).toEqual([1])
  })

  test('a batch whose last worker died while it was being cancelled is cancelled', async () => {
    await running('b1', 2)
    await store().claimItems(lease, 1)
    await store().cancelBatch('b1')
    await store().joinWorker('w2')
    await sleep(leaseMs + 100)
    await store().heartbeat('w2')
    expect(await status()).toBe('cancelled')
  })
}
