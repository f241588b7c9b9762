import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** An empty folder that goes when the test ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts the command in an environment that holds nothing but what is given; killed when the test ends. */
function start(args: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env.PATH, ...env },
    cwd: emptyFolder(),
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  { env = {}, stdin = '' }: { env?: Record<string, string>; stdin?: string } = {},
): Promise<Ran> {
  const child = start(args, env)
  child.stdin!.end(stdin)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { exitCode: await ended, stdout, stderr }
}

/** Starts the service as its own process on a free port, and waits until it listens. */
export async function startServer(env: Record<string, string> = {}) {
  const child = start(['serve'], { PORT: '0', ...env })
  const lines: string[] = []
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on('data', chunk => lines.push(String(chunk)))
    child.stdout!.on('data', chunk => {
      lines.push(String(chunk))
      const address = /listening at (http:\/\/[\d.:]+)/.exec(lines.join(''))?.[1]
      if (address) resolve(address)
    })
    ended.then(() => reject(new Error(`the service ended before it listened: ${lines.join('')}`)))
  })
  return { url, child, ended, output: () => lines.join('') }
}
