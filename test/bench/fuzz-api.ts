import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApiKey, scopes } from '../../src/domain/api-key.ts'
import { spawnCommand, untilListening } from '../support/server-process.ts'

// The contract against a fuzzer that knows nothing but /openapi.json: pip install schemathesis. The first argument is
// the number of examples for each operation and phase.
const perOperation = process.argv[2] ?? '100'
const config = fileURLToPath(new URL('schemathesis.toml', import.meta.url))
const fuzzer = process.env.SCHEMATHESIS ?? 'schemathesis'
const { key, line } = createApiKey('fuzzer', { opens: scopes, limits: {} })

async function fuzz(what: string, env: Record<string, string>, headers: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tagsmith-fuzz-'))
  const { url, child, ended } = await untilListening(
    spawnCommand(['serve'], { cwd: folder, env: { PORT: '0', SHUTDOWN_DELAY_MS: '0', ...env } }),
  )
  process.stdout.write(`\n${what}\n`)
  const options = ['--checks', 'all', '--max-examples', perOperation, '--no-color', '--seed', '7']
  const run = spawn(fuzzer, ['--config-file', config, 'run', `${url}/openapi.json`, ...options, ...headers], {
    stdio: 'inherit',
  })
  const exitCode = await new Promise<number>(resolve => {
    run.once('error', () => resolve(2))
    run.once('close', code => resolve(code ?? 2))
  })
  child.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
  return exitCode
}

const open = await fuzz('without keys', {}, [])
const keyed = await fuzz('with a key', { API_KEYS: line }, ['--header', `Authorization: Bearer ${key}`])
process.exitCode = Math.max(open, keyed)
