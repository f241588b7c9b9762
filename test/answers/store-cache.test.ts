import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { KnownAnswer } from '../../src/answers/answer-cache.ts'
import { createStoredAnswers } from '../../src/answers/stored-answers.ts'
import type { CacheStore } from '../../src/core/stores/cache-store.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { emptyFolder } from '../support/command.ts'

const format = {
  type: 'json_schema',
  strict: true,
  enum: true,
  omitted: [],
  reply_with: 'names',
  enforced: true,
} as const
const answer = (...ids: number[]): KnownAnswer => ({
  tags: ids.map(id => ({ id, confidence: null })),
  model: 'm',
  endpoint: 'e',
  format: { ...format, omitted: [] },
  dropped: [],
  candidates: { shown: 90, listed: 90, basis: 'whole_list', text_read: null },
})

async function start({ wrap = (cache: CacheStore) => cache } = {}) {
  const store = await openSqliteStore({ directory: emptyFolder() })
  let open = true
  const close = async () => {
    if (open) await store.close()
    open = false
  }
  onTestFinished(close)
  const log: string[] = []
  const write = (details: unknown, message?: string) => log.push(message ?? String(details))
  const console: Pick<Console, 'info' | 'warn'> = { info: write, warn: write }
  return { store, close, log, answers: createStoredAnswers({ cache: wrap(store), log: console }) }
}

test('answers are written behind, in few writes, and all of them by the end', async () => {
  const groups: number[] = []
  const { answers, store } = await start({
    wrap: cache => ({
      ...cache,
      writeCached: entries => {
        groups.push(entries.length)
        return cache.writeCached(entries)
      },
    }),
  })
  for (let index = 0; index < 1_100; index += 1) answers.set(`k${index}`, answer(index))
  expect(groups).toEqual([])
  await answers.close()
  expect(groups).toEqual([500, 500, 100])
  expect((await answers.get('k1099'))?.answer).toEqual(answer(1099))
  expect(await store.readCached('k1100')).toBeUndefined()
})

test('are there without being asked to, a moment later', async () => {
  const { answers, store } = await start()
  answers.set('k', answer(1))
  while ((await store.readCached('k')) === undefined) await sleep(20)
  expect(await answers.get('k')).toMatchObject({ answer: answer(1), keptAt: expect.any(Number) })
})

test('what comes while others are written is written after them', async () => {
  let wrote = () => {}
  const first = new Promise<void>(resolve => {
    wrote = resolve
  })
  const { answers, store } = await start({
    wrap: cache => ({
      ...cache,
      async writeCached(entries) {
        await cache.writeCached(entries)
        if (entries.length > 1) return
        answers.set('late', answer(2))
        wrote()
        await sleep(1_200)
      },
    }),
  })
  answers.set('early', answer(1))
  await first
  await expect.poll(() => store.readCached('late')).toBeDefined()
})

test('no more wait to be written than there is room for', async () => {
  const { answers, store } = await start()
  for (let index = 0; index < 12_000; index += 1) answers.set(`k${index}`, answer(1))
  await answers.close()
  expect(await store.readCached('k9999')).toBeDefined()
  expect(await store.readCached('k10000')).toBeUndefined()
})

test('what another version wrote, or nobody, is no answer', async () => {
  const { answers, store, log } = await start()
  await store.writeCached([
    { key: 'old', value: '{"tags":[1]}' },
    { key: 'odd', value: '{' },
  ])
  expect(await Promise.all([answers.get('old'), answers.get('odd')])).toEqual([undefined, undefined])
  expect(log).toEqual([])
})

test('a store that fails is a miss, said once', async () => {
  const { answers, close, log } = await start()
  await close()
  for (let index = 0; index < 3; index += 1) {
    expect(await answers.get('k')).toBeUndefined()
    answers.set(`k${index}`, answer(1))
    await answers.close()
  }
  expect(log).toEqual(['the store of known answers does not work; requests go on without it'])
})
