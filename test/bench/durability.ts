/**
 * The long form of the durability test: `node test/bench/durability.ts --store postgres --kills 25 --items 10000`.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { runWithKills } from '../support/kill-run.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'sqlite' },
    items: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '25' },
    concurrency: { type: 'string', default: '64' },
    life: { type: 'string', default: '1000' },
  },
})
const options = {
  items: Number(values.items),
  kills: Number(values.kills),
  concurrency: Number(values.concurrency),
  latencyMs: 60,
  longestLifeMs: Number(values.life),
}
const print = (line: string) => process.stdout.write(`${line}\n`)

async function onSqlite(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'tagsmith-kills-'))
  print(JSON.stringify(await runWithKills({ ...options, env: { DATA_DIR: directory } })))
  const database = new DatabaseSync(join(directory, 'tagsmith.sqlite'))
  print(JSON.stringify(database.prepare('pragma integrity_check').get()))
  database.close()
  rmSync(directory, { recursive: true })
}

async function onPostgres(): Promise<void> {
  const programs = postgresPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not on this machine')
  const server = await startTemporaryPostgres(programs, { synced: true })
  try {
    const env = { DATABASE_URL: server.url, BATCH_LEASE_MS: '1500' }
    print(JSON.stringify(await runWithKills({ ...options, env })))
    const { port } = new URL(server.url)
    const check = ['-h', '127.0.0.1', '-p', port, '-U', 'tagsmith', '--install-missing', '--heapallindexed', 'postgres']
    execFileSync(join(programs, 'pg_amcheck'), check)
    print('pg_amcheck: nothing to report')
  } finally {
    await server.stop()
  }
}

print(`${values.store}: ${JSON.stringify(options)}, Node ${process.version}`)
await (values.store === 'postgres' ? onPostgres() : onSqlite())
