#!/usr/bin/env node
import { existsSync } from 'node:fs'
import http from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { isOldNode, runInOwnNode } from './cli/own-node.ts'

// The only place that knows the process: everything else is handed what it needs.
process.exitCode = isOldNode(process) ? await runInOwnNode(process) : await run()

async function run(): Promise<number> {
  // However much memory the machine has, V8 collects before garbage is more than half of what is in use.
  setFlagsFromString('--heap-growing-percent=50')
  // While a model is waited for, V8 takes what belongs to a request for something that stays, and from then on makes
  // it in the old generation, where only a full collection finds that the request has ended: a third more CPU for each.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // Only now, as an older Node cannot even load it.
  const [{ explain }, { runProgram }] = await Promise.all([import('./cli/explain.ts'), import('./cli/program.ts')])
  try {
    await readEnv()
  } catch (error) {
    return explain(error, process)
  }
  // The SDK would send these headers to whichever endpoint is configured.
  delete process.env.OPENAI_CUSTOM_HEADERS
  // Node looks for a proxy when it starts, which is before .env was read. An older Node cannot be told later.
  if (process.env.NODE_USE_ENV_PROXY === '1') http.setGlobalProxyFromEnv?.()

  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has what it wanted is no failure: `batch results … | head -1`.
    if (error.code === 'EPIPE') process.exit(0)
    // A terminal that is gone sends a signal as well, which ends the process in order.
    if (process.stdout.isTTY) return
    process.stderr.write(`stdout cannot be written to: ${error.message}\n`)
    process.exit(1)
  })
  // What nobody can be told is not worth ending for.
  process.stderr.on('error', () => undefined)

  return runProgram(process.argv.slice(2), {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onInterrupt(listener) {
      process.once('SIGINT', listener)
      return () => process.removeListener('SIGINT', listener)
    },
  })
}

/** What is set already goes before. The reader of bytes takes a while to load. */
async function readEnv(): Promise<void> {
  if (!existsSync('.env')) return
  const { readEnvFile } = await import('./cli/env-file.ts')
  for (const [name, value] of Object.entries(readEnvFile('.env'))) process.env[name] ??= value
}
