import { hash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dialect } from '../../support/fake-provider/dialect.ts'
import { startFakeProvider } from '../../support/fake-provider/server.ts'
import { reasoningBeside } from '../../support/fake-provider/wild-replies.ts'
import { spawnCommand, untilListening } from '../../support/server-process.ts'
import { chooseKnown, type FaultyText, faultyText } from './texts.ts'

export interface LaneResult {
  readonly seconds: number
  readonly calls: number
  readonly tally: ReadonlyMap<string, number>
  /** What went wrong, with how often: the fault, what came and what should have. */
  readonly wrong: ReadonlyMap<string, number>
  /** How a sound text was asked about before all others and after them. */
  readonly forms: readonly [string, string]
  readonly memoryMb: readonly number[]
  readonly sockets: readonly [before: number, after: number]
  readonly exitCode: number | null
  readonly unexpected: number
}

interface Answer {
  readonly tags?: readonly number[]
  readonly code?: string
  readonly details?: { readonly format: object; readonly usage: { readonly output_tokens: number | null } }
}

const concurrency = 64
/** Indexes of texts without a fault that no lane gets to. */
const soundTexts = [900_007, 900_008] as const

/** Asks a service for each text, `from` its first one on, and compares every end with the one it has to have. */
export async function runLane(
  dialect: Dialect,
  { from, requests }: { from: number; requests: number },
): Promise<LaneResult> {
  const provider = await startFakeProvider({
    dialect,
    choose: chooseKnown,
    faults: { shares: {}, waitMs: 50 },
    recorded: 10,
  })
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-faults-'))
  const env = {
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'info',
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'gpt-4.1-mini',
    UPSTREAM_TIMEOUT_MS: '2000',
    UPSTREAM_BACKOFF_MS: '20',
    REQUEST_TIMEOUT_MS: '60000',
  }
  const child = spawnCommand(['serve'], { env, cwd: folder })
  const killed = () => void child.kill('SIGKILL')
  process.once('exit', killed)
  const { url, ended, output } = await untilListening(child)
  const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
  const sockets = () => {
    const open = `/proc/${child.pid}/fd`
    return readdirSync(open).filter(name => isSocket(`${open}/${name}`)).length
  }
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency })
  const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1)
  const tally = new Map<string, number>()
  const wrong = new Map<string, number>()
  const memoryMb: number[] = []

  async function ask(text: string): Promise<{ status: number; answer: Answer }> {
    const headers = { 'content-type': 'text/markdown' }
    const request = httpRequest(`${url}/classify?details=true`, { method: 'POST', agent, headers })
    request.end(text)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, answer: (await json(response)) as Answer }
  }

  async function classify(expected: FaultyText): Promise<void> {
    const { status, answer } = await ask(expected.text)
    count(tally, status === 200 ? 'ok' : (answer.code ?? 'unnamed'))
    const fault = faultIn(expected, { status, answer })
    if (fault) count(wrong, `${expected.ending?.asks ?? 'no fault'}: ${fault}`)
  }

  /** How a sound text is asked about by now, as the service tells it and as the endpoint sees it. */
  async function formNow(text: string): Promise<string> {
    const { status, answer } = await ask(text)
    // How much room a reply gets is no part of the form: it grows where a model was seen to think.
    const {
      messages: _messages,
      max_tokens: _room,
      response_format,
      tools,
      ...sent
    } = provider.requests.at(-1)?.body ?? {}
    const schema = hash('sha256', JSON.stringify([response_format, tools])).slice(0, 8)
    return JSON.stringify({ status, told: answer.details?.format, schema, sent })
  }

  const before = await formNow(faultyText(soundTexts[0]).text)
  const socketsBefore = sockets()
  const start = performance.now()
  let next = 0
  const worker = async () => {
    for (let index = next++; index < requests; index = next++) {
      await classify(faultyText(from + index))
      if (index % Math.ceil(requests / 5) === 0) memoryMb.push(residentMb())
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  const seconds = (performance.now() - start) / 1_000
  const after = await formNow(faultyText(soundTexts[1]).text)
  memoryMb.push(residentMb())
  agent.destroy()
  // Sockets that are kept for the next call close by themselves when none comes.
  const idleSince = performance.now()
  while (sockets() > socketsBefore && performance.now() - idleSince < 90_000) await sleep(500)
  const socketsAfter = sockets()
  child.kill('SIGTERM')
  const exitCode = await ended
  process.off('exit', killed)
  rmSync(folder, { recursive: true, force: true })
  await provider.close()
  const unexpected = output().split('unexpected error').length - 1 + (/[Uu]nhandled|Uncaught/.test(output()) ? 1 : 0)
  return {
    seconds,
    calls: provider.count(),
    tally,
    wrong,
    forms: [before, after],
    memoryMb,
    sockets: [socketsBefore, socketsAfter],
    exitCode,
    unexpected,
  }
}

/** One that was closed since the folder was read is none. */
function isSocket(path: string): boolean {
  try {
    return readlinkSync(path).startsWith('socket:')
  } catch {
    return false
  }
}

/** What is wrong with an end, in words; undefined when it is as it has to be. */
function faultIn(
  { ending, tags }: FaultyText,
  { status, answer }: { status: number; answer: Answer },
): string | undefined {
  const code = status === 200 ? 'ok' : (answer.code ?? `status ${status}`)
  const codes = ending?.codes ?? ['ok']
  if (!codes.some(allowed => allowed === code)) return `${code} in place of ${codes.join(' or ')}`
  if (code !== 'ok') return undefined
  if (answer.tags?.join() !== tags.join())
    return `other tags than those of the model (${answer.tags?.length} for ${tags.length})`
  const counted = answer.details?.usage.output_tokens ?? 0
  return ending?.asks === 'reasoning_beside' && counted <= reasoningBeside ? 'reasoning is not counted' : undefined
}
