import { execFile, spawn } from 'node:child_process'
import { chownSync, existsSync, globSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'

const run = promisify(execFile)

export interface TemporaryPostgres {
  readonly url: string
  /** As `kill -9` of all its processes would: no goodbye to anyone. Resolves when it is gone. */
  kill(): Promise<void>
  /** Every process of it stands still: connections are taken, and nothing is answered. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/** The folder of the server's programs, if this machine has any. */
export function postgresPrograms(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), ...globSync('/usr/lib/postgresql/*/bin')]
  const found = folders.find(folder => ['postgres', 'initdb'].every(program => existsSync(join(folder, program))))
  // On the PATH there may be links to two of them only.
  return found && dirname(realpathSync(join(found, 'postgres')))
}

// The server refuses to run as root, so root lends it to another user: Debian's own, or the one that owns nothing.
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const idOf = async (flag: string, user: string) => Number((await run('id', [flag, user])).stdout)
  const user = await run('id', ['postgres']).then(
    () => 'postgres',
    () => 'nobody',
  )
  return { uid: await idOf('-u', user), gid: await idOf('-g', user) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

interface TemporaryPostgresOptions {
  /**
   * Whether it waits for the disk, for benches that measure. A kill loses nothing without that: what was written is with
   * the operating system, which goes on.
   */
  readonly synced?: boolean
}

/** A real server of its own on loopback, in a directory that goes with it. */
export async function startTemporaryPostgres(
  programs: string,
  { synced = false }: TemporaryPostgresOptions = {},
): Promise<TemporaryPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-postgres-'))
  const user = await unprivilegedUser()
  if (user) chownSync(directory, user.uid, user.gid)
  const data = join(directory, 'data')
  const as = { ...user, cwd: directory }
  const cluster = ['-D', data, '-U', 'tagsmith', '-A', 'trust', '-E', 'UTF8', '--no-locale']
  await run(join(programs, 'initdb'), [...cluster, ...(synced ? [] : ['--no-sync'])], as)
  const port = await freePort()
  const url = `postgres://tagsmith@127.0.0.1:${port}/postgres`
  let server: ReturnType<typeof spawn> | undefined

  async function start(): Promise<void> {
    const settings = [
      ...['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${directory}`],
      ...(synced ? [] : ['-c', 'fsync=off']),
    ]
    const launch = () => spawn(join(programs, 'postgres'), ['-D', data, ...settings], { ...as, stdio: 'ignore' })
    server = launch()
    // After a kill it first reads its log, on a machine that may be busy.
    const deadline = Date.now() + 100_000
    for (;;) {
      // While children of one that was killed are still going, it refuses to start.
      if (server.exitCode !== null) server = launch()
      const client = new pg.Client(url)
      try {
        await client.connect()
        await client.end()
        return
      } catch (error) {
        if (Date.now() > deadline) throw error
        await sleep(50)
      }
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = server
    server = undefined
    if (!ending) return
    const gone = new Promise(resolve => ending.once('exit', resolve))
    if (ending.exitCode === null && ending.signalCode === null) {
      ending.kill(signal)
      await gone
    }
  }

  /**
   * The server has a process for each connection, which outlives a server that is killed, and answers, until it notices.
   * It stands still while they are listed: one that it began after that would be left out.
   */
  async function signalAll(signal: NodeJS.Signals): Promise<void> {
    const { pid } = server!
    send(pid!, 'SIGSTOP')
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid='])
    const processes = stdout
      .trim()
      .split('\n')
      .map(line => line.trim().split(/\s+/).map(Number))
    for (const [child, parent] of processes) if (parent === pid) send(child!, signal)
    send(pid!, signal)
  }

  await start()
  return {
    url,
    start,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    kill: async () => {
      await signalAll('SIGKILL')
      await end('SIGKILL')
    },
    stop: async () => {
      await end('SIGINT')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** The same server, seen through a schema of its own that is empty at first. */
export async function schemaOf(url: string, name: string): Promise<string> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(`drop schema if exists ${name} cascade; create schema ${name}`)
  await client.end()
  return `${url}?options=${encodeURIComponent(`-c search_path=${name}`)}`
}
