import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { bareEnvironment } from './server-process.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

export interface SpawnedService {
  readonly url: string
  readonly pid: number
  /** Resolves with what ended it: a signal or an exit code. */
  readonly ended: Promise<string>
  signal(signal: NodeJS.Signals): void
  /** Everything it logged. */
  log(): string
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(listening => server.once('listening', listening))
  const { port } = server.address() as { port: number }
  await new Promise(closed => server.close(closed))
  return port
}

/** The service as a process of its own. It may not listen yet. */
export function spawnService(env: Record<string, string>): SpawnedService {
  const child: ChildProcess = spawn(process.execPath, [main, 'serve'], {
    cwd: import.meta.dirname,
    env: { ...bareEnvironment(), LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const output of [child.stdout, child.stderr]) output?.on('data', chunk => (log += chunk))
  return {
    url: `http://127.0.0.1:${env.PORT}`,
    pid: child.pid!,
    ended: new Promise(ended => child.once('exit', (code, signal) => ended(signal ?? String(code)))),
    signal: signal => void child.kill(signal),
    log: () => log,
  }
}

/** Until the service answers; an error when it ends before. */
export async function listening({ url, ended, log }: SpawnedService): Promise<void> {
  let end: string | undefined
  void ended.then(reason => {
    end = reason
  })
  while (end === undefined) {
    const answer = await fetch(`${url}/livez`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(20)
  }
  throw new Error(`The service ended with ${end}: ${log()}`)
}
