import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type OpenStore, storeForEachTest } from '../support/store-builders.ts'

/** Who of several people looks at which item. */
export function reviewContract(open: OpenStore): void {
  const { current: store, running } = storeForEachTest(open)
  const put = (seq: number, reviewer: string, state: 'open' | 'skipped' | 'judged', holdMs: number | null = null) =>
    store().putReview({ batchId: 'b1', seq, reviewer, state, holdMs })
  const list = async (batchId = 'b1') =>
    (await store().listReviews({ batchId, after: -1, limit: 9 })).map(row => [row.seq, row.reviewer, row.state])

  test('an item is in the hands of one person, whoever of many asks at once', async () => {
    const people = Array.from({ length: 8 }, (_, number) => `p${number}`)
    const taken = await Promise.all(people.map(person => put(0, person, 'open', 60_000)))
    const holders = taken.filter(row => row !== undefined)
    expect(holders).toHaveLength(1)
    expect(await list()).toEqual([[0, holders[0]!.reviewer, 'open']])
  })

  test('whose time is over is not listed, and another person gets the item', async () => {
    await put(0, 'ada', 'open', 1)
    await sleep(20)
    expect(await list()).toEqual([])
    expect(await put(0, 'bo', 'open', 60_000)).toMatchObject({ reviewer: 'bo', state: 'open' })
    expect(await put(0, 'ada', 'judged')).toBeUndefined()
  })

  test('a person changes their own review, takes over a skipped item, and no judged one', async () => {
    await put(0, 'ada', 'open', 60_000)
    expect(await put(0, 'ada', 'judged')).toEqual({
      ...{ batchId: 'b1', seq: 0, reviewer: 'ada', state: 'judged', expiresAt: null },
    })
    await put(1, 'ada', 'skipped')
    expect(await put(0, 'bo', 'open', 60_000)).toBeUndefined()
    expect(await put(1, 'bo', 'open', 60_000)).toMatchObject({ reviewer: 'bo' })
    expect(await put(0, 'ada', 'open', 60_000)).toMatchObject({ state: 'open' })
  })

  test('reviews are listed by batch and in pages, and a person removes their own alone', async () => {
    for (const seq of [3, 1, 2]) await put(seq, 'ada', 'judged')
    await store().putReview({ batchId: 'b2', seq: 1, reviewer: 'ada', state: 'judged', holdMs: null })
    expect((await store().listReviews({ batchId: 'b1', after: 1, limit: 1 })).map(({ seq }) => seq)).toEqual([2])
    expect(await store().listReviews({ batchId: 'b1', after: 9_999_999_999, limit: 1 })).toEqual([])
    expect(await store().deleteReview({ batchId: 'b1', seq: 2, reviewer: 'bo' })).toBe(false)
    expect(await store().deleteReview({ batchId: 'b1', seq: 2, reviewer: 'ada' })).toBe(true)
    expect((await list()).map(([seq]) => seq)).toEqual([1, 3])
    expect(await list('b2')).toHaveLength(1)
  })

  test('the reviews of a batch go with it', async () => {
    await running('b1', 1)
    await put(0, 'ada', 'judged')
    await store().cancelBatch('b1')
    const rule = { endedBefore: Date.now() + 60_000, uploadedBefore: 0, limit: 100 }
    while ((await store().deleteSlice(rule)) > 0);
    expect(await list()).toEqual([])
  })
}
