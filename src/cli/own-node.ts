import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isatty } from 'node:tty'

/** The oldest Node that has what is used here; SQLite among it. */
const oldestMajor = 24

/** Of the process, as far as it has to be known to go on in another one. */
export interface Host extends NodeJS.EventEmitter {
  readonly argv: readonly string[]
  readonly platform: string
  readonly arch: string
  readonly versions: { readonly node: string }
  readonly stderr: { write(text: string): unknown }
}

export const isOldNode = ({ versions }: Host): boolean => Number.parseInt(versions.node, 10) < oldestMajor

/**
 * The command in the Node that was installed beside it. Whoever installs it for the whole machine runs it with the
 * machine's Node, as only npm's own commands find the one in `node_modules/.bin`. Resolves with its exit code.
 */
export async function runInOwnNode(host: Host): Promise<number> {
  const file = ownNode(host)
  if (file === undefined) return refuse(host, 'install it from https://nodejs.org, or tagsmith without --omit=optional')
  const child = spawn(file, host.argv.slice(1), { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both processes, and the second signal would end it at once; all others come to us alone.
  const onTerminal = [0, 1, 2].some(isatty)
  const pass = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !onTerminal) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const
  for (const signal of signals) host.on(signal, pass)
  return new Promise(resolve => {
    child.once('error', error => resolve(refuse(host, `${file} does not run here (${error.message}); use a newer one`)))
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

function refuse({ stderr, versions }: Host, fix: string): number {
  stderr.write(`tagsmith needs Node ${oldestMajor} or later, and this is ${versions.node}: ${fix}\n`)
  return 2
}

/** Each platform has a package of its own, named by the one that fits it. */
function ownNode({ platform, arch }: Host): string | undefined {
  const { resolve } = createRequire(import.meta.url)
  const names = [`node-bin-${platform}-${arch}`, `node-${platform === 'win32' ? 'win' : platform}-${arch}`]
  for (const name of names) {
    try {
      const manifest = resolve(`${name}/package.json`)
      const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { node: string } }
      return join(dirname(manifest), bin.node)
    } catch {
      // Not installed.
    }
  }
  return undefined
}
