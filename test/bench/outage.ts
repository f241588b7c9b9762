/**
 * The provider is down for two minutes in the middle of a batch: `node test/bench/outage.ts --minutes 2`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { clientOf, ended, someLines } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { freePort, listening, spawnService } from '../support/spawned-service.ts'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '2' }, items: { type: 'string', default: '5000' } },
})
const print = (line: string) => process.stdout.write(`${line}\n`)

const directory = mkdtempSync(join(tmpdir(), 'tagsmith-bench-'))
const provider = await startFakeProvider({ latencyMs: 200, recorded: 1 })
const service = spawnService({
  OPENAI_BASE_URL: provider.url,
  OPENAI_MODEL: provider.dialect.model,
  PORT: String(await freePort()),
  DATA_DIR: directory,
})
await listening(service)
const { submit, until, get } = clientOf(service.url)
const { body } = await submit(someLines(Number(values.items)))
await until(body.id, ({ request_counts }) => request_counts.completed > Number(values.items) / 4)
provider.setFaults({ shares: { unavailable: 0.5, reset_before_headers: 0.5 } })
const calls = provider.count()
const down = performance.now()
const states = new Set<string>()
while (performance.now() - down < Number(values.minutes) * 60_000) {
  await sleep(1000)
  states.add((await get(`/batches/${body.id}`)).body.circuit)
}
const during = provider.count() - calls
provider.setFaults({ shares: {} })
const back = performance.now()
const waiting = (await get(`/batches/${body.id}`)).body.request_counts.completed
await until(body.id, ({ request_counts }) => request_counts.completed > waiting)
const resumed = performance.now() - back
const last = await until(body.id, ended)
print(
  `down for ${values.minutes} min: ${during} calls, circuit ${[...states].join(', ')}; first answer ${(resumed / 1000).toFixed(1)} s after it was back`,
)
print(`${last.status}: ${JSON.stringify(last.request_counts)} ${JSON.stringify(last.outcomes)}`)
service.signal('SIGTERM')
await service.ended
await provider.close()
rmSync(directory, { recursive: true })
