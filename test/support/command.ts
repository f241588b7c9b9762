import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished, type TestContext } from 'vitest'
import { spawnCommand, untilListening } from './server-process.ts'

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A test that runs beside others gives its context: the hook of vitest is that of whichever began last. */
export type Hooks = Pick<TestContext, 'onTestFinished'>

/** An empty folder that goes when the test ends. */
export function emptyFolder(hooks: Hooks = { onTestFinished }): string {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-'))
  hooks.onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A PRICES_FILE for models that are asked on loopback, where the table has none; dollars for a million tokens. */
export function pricesFile(...models: string[]): string {
  const file = join(emptyFolder(), 'prices.json')
  const price = { input: 0.4, output: 1.6, cached_input: 0.1 }
  writeFileSync(file, JSON.stringify(Object.fromEntries(models.map(model => [model, price]))))
  return file
}

function start(args: readonly string[], env: Record<string, string>, cwd?: string, hooks: Hooks = { onTestFinished }) {
  const child = spawnCommand(args, { env, cwd: cwd ?? emptyFolder(hooks) })
  hooks.onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

interface RunOptions {
  readonly env?: Record<string, string>
  readonly stdin?: string | Uint8Array
  /** An empty folder when left out. */
  readonly cwd?: string
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  { env = {}, stdin = '', cwd }: RunOptions = {},
): Promise<Ran> {
  const child = start(args, env, cwd)
  child.stdin!.end(stdin)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
  return { exitCode: await ended, stdout, stderr }
}

/** Starts the service as its own process on a free port; killed when the test ends. */
export const startServer = (env: Record<string, string> = {}, cwd?: string, hooks?: Hooks) =>
  untilListening(start(['serve'], { PORT: '0', SHUTDOWN_DELAY_MS: '0', ...env }, cwd, hooks))
