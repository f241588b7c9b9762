import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filterTags, foldTags } from '../../src/page/try/tags.ts'
import { openSqliteStore } from '../../src/store/index.ts'

const rounds = 200
const milliseconds = (times: readonly number[], share: number) =>
  times.toSorted((left, right) => left - right)[Math.floor(share * (times.length - 1))]!.toFixed(2)
const say = (what: string, times: readonly number[]) =>
  process.stdout.write(`${what}: ${milliseconds(times, 0.5)} ms at the median, ${milliseconds(times, 1)} ms at most\n`)

const folded = foldTags(Array.from({ length: 5_000 }, (_, id) => ({ id, name: `tag number ${id} of a long list` })))
const typed = Array.from({ length: rounds }, (_, round) => {
  const began = performance.now()
  filterTags(folded, String(round * 7))
  return performance.now() - began
})
say('5,000 tags filtered', typed)

const directory = mkdtempSync(join(tmpdir(), 'tagsmith-'))
const store = await openSqliteStore({ directory })
const created = {
  id: 'b',
  key: 'k',
  idempotencyKey: null,
  traceparent: null,
  settings: '{}',
  delivery: 'live',
} as const
await store.createBatch({ ...created, maxCostUsd: null, maxTokens: null, createdAt: Date.now() })
const output = JSON.stringify({ code: 'invalid_request', detail: 'Not valid.', retryable: false })
for (let from = 0; from < 100_000; from += 10_000)
  await store.appendItems(
    'b',
    Array.from({ length: 10_000 }, (_, index) => ({
      seq: from + index,
      customId: '1',
      outcome: 'invalid_request',
      output,
    })),
  )
const read: number[] = []
for (let round = 0; round < rounds; round += 1) {
  const began = performance.now()
  const page = await store.readResults('b', { after: round * 499, limit: 51, succeeded: false })
  read.push(performance.now() - began)
  if (page.length !== 51) throw new Error('The page is not whole.')
}
say('a page of 50 of 100,000 items read', read)
await store.close()
rmSync(directory, { recursive: true })
