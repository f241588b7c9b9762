import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Server {
  readonly name: string
  readonly url: string
  readonly pid: number
  /** Milliseconds from the start of the process until it listened. */
  readonly ready: number
  stop(): void
}

interface StartOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cpu: number
  /** A program that takes its own name as the first argument. */
  readonly program?: string
  /** The checkout of tagsmith that is started; this one if not given. */
  readonly checkout?: string
}

const byHand = fileURLToPath(new URL('./server.ts', import.meta.url))
export const ownCheckout = fileURLToPath(new URL('../../..', import.meta.url))
/** Without it nothing is pinned, and the ratios are less sure. */
const taskset = ['/usr/bin/taskset', '/bin/taskset'].find(path => existsSync(path))

/** Starts a server in a process of its own, pinned to a core, and waits until it listens. */
export async function startServer(
  name: string,
  { args = [], env = {}, cpu, program = byHand, checkout = ownCheckout }: StartOptions,
): Promise<Server> {
  const start = performance.now()
  const main = join(checkout, 'src/main.ts')
  const command = [process.execPath, ...(name.startsWith('tagsmith') ? [main, 'serve'] : [program, name, ...args])]
  const pinned = taskset === undefined ? command : [taskset, '-c', String(cpu), ...command]
  const child = spawn(pinned[0]!, pinned.slice(1), {
    env: { PATH: process.env.PATH, ...env },
    // Each has its own data directory below it.
    cwd: mkdtempSync(join(tmpdir(), 'tagsmith-')),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', chunk => {
      if (said === 'listening') return
      said += String(chunk)
      const address = /listening at (http:\/\/[\d.:]+)/.exec(said)?.[1]
      if (address === undefined) return
      said = 'listening'
      resolve(address)
    })
    child.once('close', () => reject(new Error(`${name} ended before it listened`)))
  })
  return { name, url, pid: child.pid!, ready: performance.now() - start, stop: () => void child.kill('SIGKILL') }
}

/** Time on a core of all threads of a process. */
export function cpuMicroseconds(pid: number): number {
  const folder = `/proc/${pid}/task`
  const nanoseconds = readdirSync(folder).map(thread =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ', 1)[0]),
  )
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1000
}

const memory = (pid: number, field: RegExp): number =>
  Number(field.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

export const residentMb = (pid: number): number => memory(pid, /VmRSS:\s+(\d+)/)

/** The most it ever was. */
export const peakMb = (pid: number): number => memory(pid, /VmHWM:\s+(\d+)/)
