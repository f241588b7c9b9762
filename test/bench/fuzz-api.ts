import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApiKey, scopes } from '../../src/core/api-key.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'

// The contract against a fuzzer that knows nothing but /openapi.json: pip install schemathesis. The first argument is
// the number of examples for each operation and phase.
const perOperation = process.argv[2] ?? '100'
const config = fileURLToPath(new URL('schemathesis.toml', import.meta.url))
const fuzzer = process.env.SCHEMATHESIS ?? 'schemathesis'
const agent = new Agent({ keepAlive: true })
const { key, line } = createApiKey('fuzzer', { opens: scopes, limits: {} })

async function fuzz(what: string, env: Record<string, string>, headers: Record<string, string> = {}): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-fuzz-'))
  const { url, child, ended } = await untilListening(
    spawnCommand(['serve'], { cwd: folder, env: { PORT: '0', SHUTDOWN_DELAY_MS: '0', ...env } }),
  )
  process.stdout.write(`\n${what}\n`)
  const options = ['--checks', 'all', '--max-examples', perOperation, '--no-color', '--seed', '7']
  const sent = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`])
  const run = spawn(fuzzer, ['--config-file', config, 'run', `${url}/openapi.json`, ...options, ...sent], {
    stdio: 'inherit',
  })
  const exitCode = await new Promise<number>(resolve => {
    run.once('error', () => resolve(2))
    run.once('close', code => resolve(code ?? 2))
  })
  const encoded = await encodedBytes(url, headers)
  child.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
  return Math.max(exitCode, encoded)
}

/** Bytes of an address that no client of HTTP would send, in every place of it: each is answered as any request is. */
async function encodedBytes(url: string, headers: Record<string, string>): Promise<number> {
  const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: Record<string, object> }
  const bytes = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).padStart(2, '0')}`)
  const sequences = [
    '%',
    '%%',
    '%zz',
    '%c0%80',
    '%ed%a0%80',
    '%f4%90%80%80',
    '%ff%fe',
    '%2e%2e%2f',
    'a%00b',
    '%25%30%30',
  ]
  let asked = 0
  const wrong: string[] = []
  for (const [path, operations] of Object.entries(paths)) {
    for (const part of [...bytes, ...sequences]) {
      const filled = path.replaceAll(/\{[^}]+\}/g, part)
      const addresses =
        filled === path ? [`${path}${part}`, `${path}?x=${part}`] : [filled, `${filled}?${part}=${part}`]
      for (const address of addresses)
        for (const method of Object.keys(operations).filter(name => ['get', 'post', 'delete'].includes(name))) {
          const answer = await request(url, address, { method: method.toUpperCase(), headers })
          asked += 1
          const isProblem = answer.type.includes('problem+json')
          if (answer.status >= 500 || (answer.status >= 400 && !isProblem))
            wrong.push(`${answer.status} ${method} ${address}`)
        }
    }
  }
  process.stdout.write(
    `percent-encoded bytes: ${asked} requests, ${wrong.length} wrong\n${wrong.slice(0, 20).join('\n')}\n`,
  )
  return wrong.length > 0 || asked === 0 ? 1 : 0
}

/** Sends the address as it is written. */
function request(
  url: string,
  path: string,
  options: { readonly method: string; readonly headers: Record<string, string> },
) {
  return new Promise<{ status: number; type: string }>((resolve, reject) => {
    const sent = send(url, { ...options, path, agent }, response => {
      response.resume().once('end', () => {
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '' })
      })
    })
    sent.once('error', reject)
    sent.end()
  })
}

const bearer = { Authorization: `Bearer ${key}` }
const programs = postgresPrograms()
const postgres = programs === undefined ? undefined : await startTemporaryPostgres(programs)
if (!postgres) process.stdout.write('PostgreSQL is not installed here: not tried on it.\n')
const codes = [
  await fuzz('without keys', {}),
  await fuzz('with a key', { API_KEYS: line }, bearer),
  ...(postgres
    ? [await fuzz('with a key, on PostgreSQL', { API_KEYS: line, DATABASE_URL: postgres.url }, bearer)]
    : []),
]
await postgres?.stop()
process.exitCode = Math.max(...codes)
