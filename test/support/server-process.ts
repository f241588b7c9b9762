import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** What a process of a test has of the environment of the tests: where programs are, and what V8 has compiled before. */
export function bareEnvironment(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env
  return { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) }
}

/** Starts the command in an environment that holds nothing but what is given. Whoever starts it ends it. */
export function spawnCommand(
  args: readonly string[],
  { env, cwd }: { env: Record<string, string>; cwd: string },
): ChildProcess {
  return spawn(process.execPath, [main, ...args], { env: { ...bareEnvironment(), ...env }, cwd })
}

/** Waits until a service that was just started listens. */
export async function untilListening(child: ChildProcess) {
  const lines: string[] = []
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr?.on('data', chunk => lines.push(String(chunk)))
    child.stdout?.on('data', chunk => {
      lines.push(String(chunk))
      const address = /listening at (http:\/\/[\d.:]+)/.exec(lines.join(''))?.[1]
      if (address) resolve(address)
    })
    ended.then(() => reject(new Error(`the service ended before it listened: ${lines.join('')}`)))
  })
  return { url, child, ended, output: () => lines.join('') }
}
