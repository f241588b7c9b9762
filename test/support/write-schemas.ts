import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { pino } from 'pino'
import type { Batches } from '../../src/batches/batches.ts'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { buildApp } from '../../src/http/app.ts'
import type { FeedbackDesk } from '../../src/quality/feedback.ts'
import { jsonSchemas } from './json-schemas.ts'

const folder = new URL('../../schemas/', import.meta.url)

async function openApi(): Promise<object> {
  // Described as it is with keys; this one opens nothing.
  const config = loadConfig({ API_KEYS: `documentation sha256:${'0'.repeat(64)} classify,batch,admin` })
  const services = await createServices(config)
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const options = {
    logger: pino({ level: 'silent' }),
    defaultPrompt: config.PROMPT,
    apiKeys: config.apiKeys,
    allowedHosts: [],
    bodyLimit: config.BODY_LIMIT,
    mostStreams: config.REQUESTS_AT_ONCE,
    page: false,
    timeouts: {
      headers: config.HEADERS_TIMEOUT_MS,
      body: config.BODY_TIMEOUT_MS,
      shutdown: config.SHUTDOWN_TIMEOUT_MS,
    },
    version,
  }
  // The routes are described, not called.
  const batches = {} as Batches
  const feedback = {} as FeedbackDesk
  const app = await buildApp({ ...services, ...options, batches, feedback })
  const document = (await app.inject('/openapi.json')).json()
  await app.close()
  return document
}

const files = { ...jsonSchemas(), 'openapi.json': await openApi() }
const texts = Object.entries(files).map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`] as const)

mkdirSync(folder, { recursive: true })
const there = readdirSync(folder)
const stale = there.filter(name => !(name in files))
const changed = texts.filter(
  ([name, text]) => !there.includes(name) || readFileSync(new URL(name, folder), 'utf8') !== text,
)
if (process.argv.includes('--check')) {
  const wrong = [...stale, ...changed.map(([name]) => name)]
  if (wrong.length > 0) {
    process.stderr.write(`schemas/ does not match the sources (${wrong.join(', ')}): run npm run schemas\n`)
    process.exitCode = 1
  }
} else {
  for (const name of stale) rmSync(new URL(name, folder))
  for (const [name, text] of changed) writeFileSync(new URL(name, folder), text)
  process.stdout.write(`${changed.length} written, ${stale.length} removed\n`)
}
