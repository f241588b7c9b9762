import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createServices, openStore } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { emptyFolder } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings } from '../support/service.ts'

const day = 86_400_000
const texts = 1_000
const changed = 10

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 22, 2) })
})
afterEach(() => {
  vi.useRealTimers()
})

async function startNights(more: Record<string, string> = {}) {
  const provider = await startFakeProvider({ dialect: 'openai' })
  onTestFinished(() => provider.close())
  const config = loadConfig({
    ...endpointSettings,
    ...{ OPENAI_BASE_URL: provider.url, DATA_DIR: emptyFolder(), ...more },
  })
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const { signal } = new AbortController()
  /** The service as its own process would be, from its start to its end. */
  async function run(work: (classify: (text: string, cache?: boolean) => Promise<string>) => Promise<void>) {
    const store = await openStore(config)
    const { classifier, settle } = await createServices(config, { kept: { store, log } })
    await work(async (text, cache = true) => {
      const { cache: found } = await classifier.classify({ text, cache }, { signal, account: 'nightly' })
      return found
    })
    await settle()
    const bounds = { writtenBefore: Date.now() - config.CACHE_TTL_SECONDS * 1_000, most: config.CACHE_STORED_ENTRIES }
    while ((await store.trimCache({ ...bounds, limit: 500 })) > 0);
    await store.close()
  }
  return { provider, run }
}

/** Each night, ten others have been changed since the first. */
const textOf = (night: number, index: number) => {
  const edition = index < night * changed ? 'second' : 'first'
  return `# Project ${index}\n\nA command line tool that sorts things, ${edition} edition.`
}

test.each([
  ['in one process', 6],
  ['in a new process every night', 1],
  ['in a new process every other night', 2],
])(
  'a nightly run of 1,000 texts with ten changed asks ten times, %s',
  async (_name, nightsOfProcess) => {
    const { provider, run } = await startNights()
    const asked: number[] = []
    for (let night = 0; night <= 5; ) {
      await run(async classify => {
        for (let nights = 0; nights < nightsOfProcess && night <= 5; nights += 1, night += 1) {
          const before = provider.count()
          for (let index = 0; index < texts; index += 1) await classify(textOf(night, index))
          asked.push(provider.count() - before)
          // Every night a little later than a day after the last.
          vi.setSystemTime(Date.now() + day + 300_000)
        }
      })
    }
    expect(asked).toEqual([texts, changed, changed, changed, changed, changed])
  },
  120_000,
)

test.each([
  ['in memory', false],
  ['in the store', true],
])('a use renews the life of an answer %s', async (_name, restarts) => {
  const { run } = await startNights({ CACHE_TTL_SECONDS: '100' })
  const found: string[] = []
  const after = async (seconds: number) => {
    vi.setSystemTime(Date.now() + seconds * 1_000)
    return async (classify: (text: string) => Promise<string>) => void found.push(await classify('# A router'))
  }
  const steps = [0, 60, 60, 60, 99, 101]
  if (restarts) for (const seconds of steps) await run(await after(seconds))
  else
    await run(async classify => {
      for (const seconds of steps) await (await after(seconds))(classify)
    })
  expect(found).toEqual(['miss', 'hit', 'hit', 'hit', 'hit', 'miss'])
})

test('uses in memory keep the answer in the store as well', async () => {
  const { run } = await startNights({ CACHE_TTL_SECONDS: '100' })
  await run(async classify => expect(await classify('# A router')).toBe('miss'))
  await run(async classify => {
    for (let hit = 0; hit < 3; hit += 1) {
      vi.setSystemTime(Date.now() + 60_000)
      expect(await classify('# A router')).toBe('hit')
    }
  })
  vi.setSystemTime(Date.now() + 60_000)
  await run(async classify => expect(await classify('# A router')).toBe('hit'))
})
