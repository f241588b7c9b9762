import { expect, onTestFinished } from 'vitest'
import { createApiKey, type KeyLimits, type Scope } from '../../src/core/api-key.ts'
import type { ErrorCode } from '../../src/core/outcome.ts'
import { startCollector } from './collector.ts'
import { emptyFolder, startServer } from './command.ts'
import { type FakeProviderOptions, startFakeProvider } from './fake-provider/server.ts'
import { type RunningService, serveInProcess } from './serve-in-process.ts'

// On a real port, as some of it never becomes a request, and batches outlive theirs.
const make = (name: string, opens: readonly Scope[], limits: KeyLimits = {}) => createApiKey(name, { opens, limits })
export const keys = {
  indexer: make('indexer', ['classify', 'batch']),
  slow: make('slow', ['classify'], { rate: 1 }),
  poor: make('poor', ['classify'], { tokens: 1 }),
  operator: make('operator', ['admin']),
}
export const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` })
export const document = (what: string) => `# A router\n\nIt routes packets. DOCUMENT-CANARY ${what}`
const upstreamKey = 'sk-UPSTREAM-KEY-CANARY'
export const secrets = ['CANARY', ...Object.values(keys).map(({ key }) => key)]

/** Codes that need more than one request to the app. Each test that provokes some expects all of its own. */
export const provokedCodes = {
  door: [
    ...(['unauthorized', 'forbidden', 'rate_limited', 'budget_exhausted', 'overloaded', 'deadline'] as const),
    ...(['client_closed', 'not_found', 'method_not_allowed', 'request_timeout', 'headers_too_large'] as const),
  ],
  batches: ['conflict', 'unknown_batch', 'invalid_request'],
  fault: ['internal'],
  crashes: ['crash_loop'],
  storage: ['storage_unavailable'],
  stop: ['stopping'],
} as const satisfies Record<string, readonly ErrorCode[]>

interface WatchedOptions {
  readonly env?: Record<string, string>
  readonly provider?: FakeProviderOptions
  /** For tests that kill it. */
  readonly ownProcess?: boolean
}

/** A service whose every word can be looked at, with little room for requests. */
export async function startWatched({
  env: more = {},
  provider: options = {},
  ownProcess = false,
}: WatchedOptions = {}) {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  const collector = await startCollector()
  const env: Record<string, string> = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: provider.dialect.model,
    OPENAI_API_KEY: upstreamKey,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    API_KEYS: Object.values(keys)
      .map(({ line }) => line)
      .join(';'),
    DATA_DIR: emptyFolder(),
    LOG_LEVEL: 'trace',
    REQUESTS_AT_ONCE: '1',
    REQUESTS_WAITING: '0',
    REQUEST_TIMEOUT_MS: '1500',
    UPSTREAM_ATTEMPTS: '1',
    BODY_TIMEOUT_MS: '3000',
    HEADERS_TIMEOUT_MS: '500',
    ...more,
  }
  const server: RunningService = await (ownProcess ? startServer(env) : serveInProcess(env))
  // As in `startBatchService`.
  onTestFinished(() => provider.close())
  const answers: string[] = []
  const read = async (response: Response): Promise<string> => {
    const body = await response.text()
    answers.push(body, JSON.stringify([...response.headers]))
    return body
  }
  const classify = async (what: string, headers: Record<string, string>, signal = new AbortController().signal) => {
    const sent = { 'content-type': 'text/plain', cookie: 'HEADER-CANARY', ...headers }
    return read(await fetch(`${server.url}/classify`, { method: 'POST', headers: sent, body: document(what), signal }))
  }
  const get = async (path: string, headers: Record<string, string>, method = 'GET') =>
    read(await fetch(`${server.url}${path}`, { method, headers }))
  return { provider, collector, server, answers, classify, get, env }
}

/** All that a service said to anybody but its model, once it has stopped. */
export async function saidBy({ server, collector, answers, get }: Awaited<ReturnType<typeof startWatched>>) {
  const metrics = await get('/metrics', bearer(keys.operator))
  await get('/usage', bearer(keys.operator))
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  const traces = collector.bodies.join('\n')
  const codes = new Set([...server.output().matchAll(/"outcome":"(\w+)"/g)].map(match => match[1]!))
  return { codes, metrics, traces, all: [server.output(), metrics, traces, ...answers].join('\n') }
}
