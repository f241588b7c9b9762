import { afterEach, beforeEach } from 'vitest'
import type { Batch, FinishedItem } from '../../src/core/batch/batch.ts'
import type { LeasedItem, NewBatch, NewItem, ReturnedItem } from '../../src/core/stores/batch-store.ts'
import type { Store } from '../../src/store/store.ts'

export const aBatch = (id: string, batch: Partial<NewBatch> = {}): NewBatch => ({
  id,
  key: 'tests',
  idempotencyKey: null,
  traceparent: null,
  settings: '{"prompt":"assign-tags"}',
  delivery: 'live',
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

export const failure = { succeeded: false, outcome: 'invalid_reply', output: '{"code":"invalid_reply"}' } as const

export const returned = (seq: number, item: Partial<ReturnedItem> = {}): ReturnedItem => ({
  ...{ seq, delayMs: 0, refund: true, inputTokens: 0, outputTokens: 0, costUsd: 0 },
  ...item,
})

export type OpenStore = (options: { leaseMs: number }) => Promise<Store>

/** Short, as many tests wait for it to run out; a worker that has to stay alive on a busy machine needs a longer one. */
export const leaseMs = 500
export const lease = { worker: 'w1', batchId: 'b1' }

/** A new store for each test, with one worker, and short words for what the tests do again and again. */
export function storeForEachTest(open: OpenStore) {
  let store: Store
  beforeEach(async () => {
    store = await open({ leaseMs })
    await store.joinWorker('w1')
  })
  afterEach(() => store.close())
  return {
    current: () => store,
    async running(id: string, count: number, batch: Partial<NewBatch> = {}): Promise<Batch> {
      await store.createBatch(aBatch(id, batch))
      if (count > 0) await store.appendItems(id, someItems(count))
      return (await store.sealBatch(id))!
    },
    status: async (id = 'b1') => (await store.readBatch(id))?.status,
    claimedSeqs: async (limit: number, worker = 'w1') =>
      (await store.claimItems({ worker, batchId: 'b1' }, limit)).map(item => item.seq),
  }
}
