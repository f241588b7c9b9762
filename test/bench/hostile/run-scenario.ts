import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { createApiKey, type Scope } from '../../../src/core/api-key.ts'
import { startFakeProvider } from '../../support/fake-provider/server.ts'
import { spawnCommand, untilListening } from '../../support/server-process.ts'
import { classify, type Measured } from './bystander.ts'
import { startHostileEndpoint } from './endpoint.ts'
import { limits, type Outcome, type Scenario } from './scenario.ts'

export interface Report extends Measured {
  readonly memoryMb: number
  readonly saw: string
  /** What did not hold; empty when all did. */
  readonly short: readonly string[]
}

/** A little after its signal, an attack that goes on is ended with its thread. */
const lastMoments = 3_000

/** Attacks a service of its own, and measures what another client gets meanwhile. */
export async function runScenario(scenario: Scenario, module: string): Promise<Report> {
  const provider = await startFakeProvider({ latencyMs: 20, recorded: 0, ...scenario.provider })
  const endpoint = await startHostileEndpoint(provider.url, scenario.replies ?? {})
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-hostile-'))
  const [good, hostile] = [keyOf('good', 'classify', 'batch'), keyOf('hostile', 'classify', 'batch')]
  const admin = keyOf('admin', 'admin')
  const child = spawnCommand(['serve'], {
    cwd: folder,
    env: {
      PORT: '0',
      DATA_DIR: folder,
      API_KEYS: `${good.line};${hostile.line};${admin.line}`,
      OPENAI_BASE_URL: endpoint.url,
      OPENAI_MODEL: provider.dialect.model,
      SHUTDOWN_DELAY_MS: '0',
      ...scenario.env,
    },
  })
  try {
    const { url, ended } = await untilListening(child)
    const port = Number(new URL(url).port)
    let died: number | null | undefined
    void ended.then(code => {
      died = code
    })
    // How the endpoint is to be asked is known after the first answer.
    await classify({ url, key: good.key, text: 'A first text.' })
    const bystander = new Worker(new URL('./bystander-thread.ts', import.meta.url), {
      workerData: { url, key: good.key },
    })
    await once(bystander, 'message')
    const { saw, short = [] } = await attack(scenario, {
      module,
      url,
      port,
      key: hostile.key,
      adminKey: admin.key,
    })
    const after = await classify({ url, key: good.key, text: 'A last text.' })
    const told = once(bystander, 'message')
    bystander.postMessage('stop')
    const [measured] = (await told) as [Measured]
    const memoryMb = died === undefined ? peakMemory(child.pid!) : Number.NaN
    return { ...measured, memoryMb, saw, short: [...short, ...shortOf({ ...measured, memoryMb, after, died })] }
  } finally {
    child.kill('SIGKILL')
    await endpoint.close()
    await provider.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

const keyOf = (name: string, ...opens: Scope[]) => createApiKey(name, { opens, limits: {} })

async function attack(
  { longest }: Scenario,
  target: { module: string; url: string; port: number; key: string; adminKey: string },
): Promise<Outcome> {
  const worker = new Worker(new URL('./attacker.ts', import.meta.url), { workerData: { ...target, longest } })
  const ended = Promise.withResolvers<Outcome>()
  const timer = setTimeout(() => ended.resolve({ saw: 'cut off, as it went on' }), longest + lastMoments)
  worker.once('message', ended.resolve)
  worker.once('error', error => ended.resolve({ saw: 'nothing', short: [`the attack itself broke: ${error}`] }))
  const outcome = await ended.promise
  clearTimeout(timer)
  await worker.terminate()
  return outcome
}

/** The most that the process ever had in memory, in MB; only Linux tells. */
const peakMemory = (pid: number): number =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024)

function* shortOf(found: Measured & { memoryMb: number; after: string; died: number | null | undefined }) {
  const { errors, p99, memoryMb, after, died } = found
  if (died !== undefined) yield `the service ended with ${died}`
  if (after !== '200') yield `a request after it got ${after}`
  if (errors.size > limits.errors)
    yield `others got ${[...errors].map(([what, count]) => `${count} x ${what}`).join(', ')}`
  if (p99 >= limits.p99Ms) yield `p99 of others is over ${limits.p99Ms} ms`
  if (memoryMb >= limits.memoryMb) yield `memory is over ${limits.memoryMb} MB`
}
