#!/usr/bin/env node
import { existsSync } from 'node:fs'
import http from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runProgram } from './cli/program.ts'

// The only place that knows the process: everything else is handed what it needs.
if (existsSync('.env')) process.loadEnvFile('.env')
// The SDK would send these headers to whichever endpoint is configured.
delete process.env.OPENAI_CUSTOM_HEADERS
// Node looks for a proxy when it starts, which is before .env was read. An older Node cannot be told later.
if (process.env.NODE_USE_ENV_PROXY === '1') http.setGlobalProxyFromEnv?.()

// However much memory the machine has, V8 collects before garbage is more than half of what is in use.
setFlagsFromString('--heap-growing-percent=50')

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
