import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createQuotas } from '../../src/accounting/quotas.ts'
import { createSubmissions } from '../../src/batches/provider/follow.ts'
import { createApiKey, readApiKeys } from '../../src/core/api-key.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings, startService } from '../support/service.ts'
import { aBatch, lease, returned, someItems } from '../support/store-builders.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const hour = 3_600_000
const clockGoesBack = (milliseconds: number) => vi.setSystemTime(Date.now() - milliseconds)
const aFolder = () => mkdtempSync(join(tmpdir(), 'tagsmith-clock-'))

test('a key with a rate is let in a minute later, though the clock went back a day', () => {
  const { keys } = readApiKeys(createApiKey('indexer', { opens: ['classify'], limits: { rate: 1 } }).line)
  let passed = 0
  const ledger = { spentToday: () => ({ tokens: 0, usd: 0 }) }
  const quotas = createQuotas({ apiKeys: keys, ledger, steady: () => passed })
  const enter = () => quotas.enter(keys[0]!, { asks: true })()
  enter()
  expect(enter).toThrow()
  clockGoesBack(24 * hour)
  expect(enter).toThrow(expect.objectContaining({ retryAfter: 60 }))
  passed += 60_000
  expect(enter).not.toThrow()
})

test('an item that waits a moment runs after it, and a silent worker loses its items, though the clock went back', async () => {
  const store = await openSqliteStore({ directory: aFolder(), leaseMs: 200 })
  await store.joinWorker('w1')
  await store.joinWorker('w2')
  await store.createBatch(aBatch('b1'))
  await store.appendItems('b1', someItems(2))
  await store.sealBatch('b1')
  await store.claimItems(lease, 2)
  await store.giveBackItems(lease, [returned(0, { delayMs: 50 })])
  clockGoesBack(hour)
  await vi.waitFor(
    async () => {
      await store.heartbeat('w2')
      const claimed = await store.claimItems({ worker: 'w2', batchId: 'b1' }, 9)
      if (claimed.length > 0) seqs.push(...claimed.map(({ seq }) => seq))
      expect(seqs.sort()).toEqual([0, 1])
    },
    { timeout: 60_000 },
  )
  await store.close()
})
const seqs: number[] = []

test('an item that waited when the service stopped runs after a start with an earlier clock', async () => {
  const directory = aFolder()
  const store = await openSqliteStore({ directory, leaseMs: 60_000 })
  await store.joinWorker('w1')
  await store.createBatch(aBatch('b1'))
  await store.appendItems('b1', someItems(1))
  await store.sealBatch('b1')
  await store.claimItems(lease, 1)
  await store.giveBackItems(lease, [returned(0, { delayMs: hour })])
  await store.close()
  clockGoesBack(hour)
  const again = await openSqliteStore({ directory, leaseMs: 60_000 })
  await again.joinWorker('w2')
  expect(await again.claimItems({ worker: 'w2', batchId: 'b1' }, 9)).toMatchObject([{ seq: 0 }])
  await again.close()
})

test.each([
  ['forward', -24 * hour],
  ['back', 24 * hour],
])('a call that failed is made again within the time of its request, though the clock went a day %s', async (_, by) => {
  const provider = await startFakeProvider({ onAnswer: () => clockGoesBack(by) })
  onTestFinished(() => provider.close())
  provider.play({ status: 500, body: { error: { message: 'The server had an error.' } } })
  const { classify } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  expect((await classify({ text: '# A router' })).statusCode).toBe(200)
  expect(provider.count()).toBe(2)
})

test('a batch at the provider is looked at again after the wait, though the clock went back a day', async () => {
  let looks = 0
  const submission = {
    ...{ id: 's1', batchId: 'b1', endpoint: 'e', asked: '', inputFile: 'f', providerBatch: 'p' },
    ...{ reservedTokens: 0, reservedUsd: 0, createdAt: Date.now(), changedAt: Date.now() },
  }
  const look = createSubmissions({
    store: { readBatch: async () => ({ status: 'in_progress', delivery: 'provider' }) } as never,
    provider: {
      endpoint: 'e',
      read: async () => {
        looks += 1
        return { id: 'p', phase: 'running' }
      },
    } as never,
    collector: {} as never,
    pollMs: 20,
    log: console,
  })
  const options = { owner: 'w1', signal: new AbortController().signal }
  await look(submission, options)
  clockGoesBack(24 * hour)
  await vi.waitFor(
    async () => {
      await look(submission, options)
      expect(looks).toBe(2)
    },
    { timeout: 60_000 },
  )
})
