/**
 * What texts that always get a 500 cost everything else: `node test/bench/failing-texts.ts`. A batch with ten of them, a
 * batch of nothing else beside a good one of another key, and the requests of one key beside those of another.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiKey } from '../../src/core/api-key.ts'
import { clientOf, ended, someLines } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, spawnService } from '../support/spawned-service.ts'
import { bearer } from '../support/watched-service.ts'

const print = (line: string) => process.stdout.write(`${line}\n`)
const key = (name: string) => createApiKey(name, { opens: ['classify', 'batch'], limits: {} })
const [harming, harmed] = [key('harming'), key('harmed')]
const failingText = (index: number) => `# Project ${index}\n\nA tool. [[fake:server_error]]`
const failingLines = (count: number) =>
  Array.from({ length: count }, (_, index) => `${JSON.stringify({ id: index, text: failingText(index) })}\n`).join('')

type Client = ReturnType<typeof clientOf>
interface Service {
  readonly url: string
  readonly bad: Client
  readonly good: Client
}

async function withService(work: (service: Service) => Promise<string>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-bench-'))
  const provider = await startFakeProvider({ latencyMs: 100, recorded: 1 })
  const service = spawnService({
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: provider.dialect.model,
    API_KEYS: [harming, harmed].map(({ line }) => line).join(';'),
    PORT: String(await freePort()),
    DATA_DIR: directory,
  })
  await listening(service)
  const { url } = service
  print(await work({ url, bad: clientOf(url, bearer(harming)), good: clientOf(url, bearer(harmed)) }))
  service.signal('SIGTERM')
  await service.ended
  await provider.close()
  rmSync(directory, { recursive: true })
}

async function run(client: Client, lines: string): Promise<{ seconds: number; outcomes: string }> {
  const start = performance.now()
  const { body } = await client.submit(lines)
  const { outcomes } = await client.until(body.id, ended)
  return { seconds: (performance.now() - start) / 1_000, outcomes: JSON.stringify(outcomes) }
}

for (const [where, lines] of [
  ['first', failingLines(10) + someLines(390, 1_000)],
  ['last', someLines(390, 1_000) + failingLines(10)],
] as const) {
  await withService(async ({ good }) => {
    const { seconds, outcomes } = await run(good, lines)
    return `400 items, ten that fail ${where}: ${seconds.toFixed(1)} s, ${outcomes}`
  })
}

await withService(async ({ bad, good }) => {
  const alone = await run(good, someLines(400, 1_000))
  await bad.submit(failingLines(400))
  await sleep(5_000)
  const beside = await run(good, someLines(400, 2_000))
  const ratio = beside.seconds / alone.seconds
  return `400 good items: ${alone.seconds.toFixed(1)} s alone, ${ratio.toFixed(2)} times that beside 400 that fail`
})

await withService(async ({ url }) => {
  const ask = (text: string, who: typeof harmed) =>
    fetch(`${url}/classify`, { method: 'POST', headers: { ...bearer(who), 'content-type': 'text/plain' }, body: text })
  const end = performance.now() + 20_000
  let failed = 0
  const harm = async (lane: number) => {
    for (let count = 0; performance.now() < end; count += 1) {
      const response = await ask(failingText(lane * 10_000 + count), harming)
      await response.text()
      if (!response.ok) failed += 1
      await sleep(50)
    }
  }
  const harm16 = Array.from({ length: 16 }, (_, lane) => harm(lane))
  const times: number[] = []
  let errors = 0
  for (let count = 0; performance.now() < end; count += 1) {
    const start = performance.now()
    const response = await ask(`# Router ${count}\n\nIt routes packets.`, harmed)
    await response.text()
    times.push(performance.now() - start)
    if (!response.ok) errors += 1
    await sleep(100)
  }
  await Promise.all(harm16)
  const p99 = times.sort((left, right) => left - right)[Math.floor(times.length * 0.99)]!
  return `requests of one key beside ${failed} failing ones of another: ${times.length}, errors ${errors}, p99 ${Math.round(p99)} ms`
})
