#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { runProgram } from './cli/program.ts'

// The only place that knows the process: everything else is handed what it needs.
if (existsSync('.env')) process.loadEnvFile('.env')
// The SDK would send these headers to whichever endpoint is configured.
delete process.env.OPENAI_CUSTOM_HEADERS

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
})
