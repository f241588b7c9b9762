import { expect, test } from 'vitest'
import type { FeedbackRow } from '../../src/core/stores/feedback-store.ts'
import { type OpenStore, storeForEachTest } from '../support/store-builders.ts'

const row = (more: Partial<FeedbackRow> = {}): FeedbackRow => ({
  ...{ key: 'k', scope: 'prompt p', textHash: 'h1', reviewer: '', documentId: '"a"', prompt: 'p', tagList: 'v1' },
  ...{ verdict: '{"accepted":[1],"rejected":[],"missing":[],"none":false}', excerpt: 'words', content: null },
  ...{ changedAt: 1_700_000_000_000 },
  ...more,
})

/** What people said of texts. */
export function feedbackContract(open: OpenStore): void {
  const { current: store } = storeForEachTest(open)
  const place = { key: 'k', scope: 'prompt p', textHash: 'h1' }

  test('feedback of the same person on the same text replaces what it said before', async () => {
    await store().putFeedback(row())
    await store().putFeedback(row({ verdict: '{}', changedAt: 1_700_000_000_001, content: 'all of it' }))
    await store().putFeedback(row({ reviewer: 'ada' }))
    expect(await store().readFeedback(place)).toEqual([
      row({ verdict: '{}', changedAt: 1_700_000_000_001, content: 'all of it' }),
      row({ reviewer: 'ada' }),
    ])
  })

  test('feedback is read for its key, its scope and its text alone', async () => {
    await store().putFeedback(row())
    for (const other of [{ key: 'j' }, { scope: 'list 1' }, { textHash: 'h2' }])
      expect(await store().readFeedback({ ...place, ...other })).toEqual([])
  })

  test('the newest feedback of a document id is found, and none of another key', async () => {
    await store().putFeedback(row())
    await store().putFeedback(row({ textHash: 'h2', changedAt: 1_700_000_000_002 }))
    expect(await store().findFeedback('k', '"a"')).toMatchObject({ textHash: 'h2' })
    expect(await store().findFeedback('j', '"a"')).toBeUndefined()
    expect(await store().findFeedback('k', '1')).toBeUndefined()
  })

  test('a list is read in pages, each row once, and for given keys alone', async () => {
    const keys = ['K', 'Z', 'k', 'ä', '_']
    for (const key of keys) {
      for (const reviewer of ['', 'Bo', 'ada']) await store().putFeedback(row({ key, reviewer }))
    }
    const seen: FeedbackRow[] = []
    for (;;) {
      const after = seen.at(-1)
      const page = await store().listFeedback({ keys: undefined, limit: 4, ...(after && { after }) })
      seen.push(...page)
      if (page.length < 4) break
    }
    expect(seen.map(({ key, reviewer }) => `${key} ${reviewer}`).sort()).toEqual(
      keys.flatMap(key => ['', 'Bo', 'ada'].map(reviewer => `${key} ${reviewer}`)).sort(),
    )
    expect(await store().listFeedback({ keys: ['k', 'nobody'], limit: 9 })).toHaveLength(3)
    expect(await store().listFeedback({ keys: [], limit: 9 })).toEqual([])
  })

  test('the version of a key and a scope tells every change, and no change of others', async () => {
    const version = () => store().feedbackVersion({ key: 'k', scope: 'prompt p' })
    const seen = [await version()]
    const changes = [
      () => store().putFeedback(row()),
      () => store().putFeedback(row({ textHash: 'h2' })),
      () => store().putFeedback(row({ changedAt: 1_700_000_000_009 })),
      () => store().deleteFeedback({ keys: ['k'], textHash: 'h1' }),
    ]
    for (const change of changes) {
      await change()
      seen.push(await version())
    }
    expect(new Set(seen).size).toBe(5)
    await store().putFeedback(row({ key: 'j' }))
    await store().putFeedback(row({ scope: 'list 1' }))
    expect(await version()).toBe(seen.at(-1))
  })

  test('what is deleted is gone at once, and of other keys and reviewers nothing is', async () => {
    for (const more of [{}, { reviewer: 'ada' }, { key: 'j' }, { textHash: 'h2' }]) await store().putFeedback(row(more))
    expect(await store().deleteFeedback({ keys: ['k'], textHash: 'h1', reviewer: 'ada' })).toBe(1)
    expect(await store().readFeedback(place)).toEqual([row()])
    expect(await store().deleteFeedback({ keys: ['k'], textHash: 'h1' })).toBe(1)
    expect(await store().deleteFeedback({ keys: ['k'], textHash: 'h1' })).toBe(0)
    expect(await store().listFeedback({ keys: undefined, limit: 9 })).toHaveLength(2)
    expect(await store().deleteFeedback({ keys: undefined, textHash: 'h1' })).toBe(1)
  })

  test('text with a NUL is kept and looked for without an error', async () => {
    const nul = 'a\0b'
    await store().putFeedback(row({ reviewer: nul, excerpt: nul, content: nul, documentId: nul }))
    expect(await store().readFeedback(place)).toHaveLength(1)
    for (const [keys, textHash] of [
      [undefined, nul],
      [[nul], 'h1'],
    ] as const)
      expect(await store().deleteFeedback({ keys, textHash })).toBe(0)
    expect(await store().readFeedback({ ...place, scope: nul })).toEqual([])
    expect(await store().findFeedback(nul, '"a"')).toBeUndefined()
    expect(await store().deleteFeedback({ keys: ['k'], textHash: 'h1', reviewer: nul })).toBe(1)
  })
}
