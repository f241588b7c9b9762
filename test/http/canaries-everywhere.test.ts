import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createApiKey, type KeyLimits, type Scope } from '../../src/domain/api-key.ts'
import { clientOf, ended } from '../support/batch-service.ts'
import { startCollector } from '../support/collector.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

// In a process of its own, as some of it never becomes a request, and batches outlive theirs.
const make = (name: string, opens: readonly Scope[], limits: KeyLimits = {}) => createApiKey(name, { opens, limits })
const keys = {
  indexer: make('indexer', ['classify', 'batch']),
  slow: make('slow', ['classify'], { rate: 1 }),
  poor: make('poor', ['classify'], { tokens: 1 }),
  operator: make('operator', ['admin']),
}
const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` })
const document = (what: string) => `# A router\n\nIt routes packets. DOCUMENT-CANARY ${what}`
const upstreamKey = 'sk-UPSTREAM-KEY-CANARY'
const secrets = ['CANARY', ...Object.values(keys).map(({ key }) => key)]

async function start() {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const collector = await startCollector()
  const server = await startServer({
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
  })
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
  const broken = async (sent: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(sent)
    answers.push(await readText(socket))
  }
  const get = async (path: string, headers: Record<string, string>, method = 'GET') =>
    read(await fetch(`${server.url}${path}`, { method, headers }))
  return { provider, collector, server, answers, classify, broken, get }
}

/** All that a service said to anybody but its model, once it has stopped. */
async function saidBy({ server, collector, answers, get }: Awaited<ReturnType<typeof start>>) {
  const metrics = await get('/metrics', bearer(keys.operator))
  await get('/usage', bearer(keys.operator))
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  const traces = collector.bodies.join('\n')
  const codes = new Set([...server.output().matchAll(/"outcome":"(\w+)"/g)].map(match => match[1]!))
  return { codes, metrics, traces, all: [server.output(), metrics, traces, ...answers].join('\n') }
}

test('what ends at the door or half way leaves nothing of what was sent', async () => {
  const service = await start()
  const { server, provider, classify, broken, get } = service
  await classify('', { authorization: 'Bearer tagsmith_KEY-CANARY' })
  await classify('', bearer(keys.operator))
  for (let index = 0; index < 2; index += 1) await classify('', bearer(keys.slow))
  for (let index = 0; index < 2; index += 1) await classify('other', bearer(keys.poor))
  /** Until the model is asked once more. */
  const asked = async (count: number) => {
    while (provider.count() <= count) await sleep(5)
  }
  let count = provider.count()
  const late = classify('[[fake:stall_before_headers]]', bearer(keys.indexer))
  await asked(count)
  await classify('too many', bearer(keys.indexer))
  expect(await late).toContain('"deadline"')
  count = provider.count()
  const leaving = new AbortController()
  const left = classify('[[fake:stall_before_headers]] again', bearer(keys.indexer), leaving.signal)
  await asked(count)
  leaving.abort()
  await expect(left).rejects.toThrow()
  await get('/DOCUMENT-CANARY?q=DOCUMENT-CANARY', { 'x-api-key': keys.indexer.key })
  await get('/classify?q=DOCUMENT-CANARY', bearer(keys.indexer), 'DELETE')
  await broken(`POST /classify HTTP/1.1\r\nhost: x\r\n${'x-long: HEADER-CANARY\r\n'.repeat(1_000)}\r\n`)
  await broken('POST /classify HTTP/1.1\r\nhost: x\r\nx-slow: HEADER-CANARY')
  await expect.poll(server.output, { timeout: 10_000 }).toContain('client_closed')
  const { codes, all } = await saidBy(service)
  const expected = ['unauthorized', 'forbidden', 'rate_limited', 'budget_exhausted', 'deadline', 'client_closed']
  for (const code of [...expected, 'overloaded', 'not_found', 'method_not_allowed', 'request_timeout'])
    expect([...codes]).toContain(code)
  expect([...codes]).toContain('headers_too_large')
  for (const secret of secrets) expect(all).not.toContain(secret)
})

test('batches leave nothing of their items in results, events, logs, metrics or traces', async () => {
  const service = await start()
  const { server, get, answers } = service
  const as = bearer(keys.indexer)
  const { submit, until } = clientOf(server.url, as)
  const item = (what: string, more = {}) => JSON.stringify({ text: document(what), ...more })
  const lines = [
    ...['refusal', 'content_filter', 'off_list', 'truncated_content', 'blank'].map(fault => item(`[[fake:${fault}]]`)),
    ...[item('sound'), item('sound', { prompt: 'DOCUMENT-CANARY' }), item('sound', { 'DOCUMENT-CANARY x': 1 })],
    ...['{"text":"DOCUMENT-CANARY', '{"text":["DOCUMENT-CANARY"]}', '{"text":"<!-- DOCUMENT-CANARY -->"}'],
  ]
  const { body } = await submit(lines.join('\n'), { idempotencyKey: 'HEADER-CANARY' })
  const watched = get(`/batches/${body.id}/events`, as)
  const report = await until(body.id, ended)
  await watched
  expect(report.request_counts).toMatchObject({ total: lines.length, completed: 1 })
  const outcomes = ['blocked', 'invalid_reply', 'invalid_request', 'ok', 'refused', 'truncated']
  expect(Object.keys(report.outcomes)).toEqual(expect.arrayContaining(outcomes))
  for (const path of ['', `/${body.id}`, `/${body.id}/results`, `/${body.id}/results?details=true`])
    await get(`/batches${path}`, as)
  await get(`/batches/${body.id}/cancel`, as, 'POST')
  await get('/batches/DOCUMENT-CANARY', as)
  await read(await fetch(`${server.url}/batches`, { method: 'POST', headers: as, body: '{"batch":"DOCUMENT-CANARY"}' }))
  const { codes, metrics, traces, all } = await saidBy(service)
  expect([...codes]).toEqual(expect.arrayContaining(['conflict', 'unknown_batch', 'invalid_request']))
  expect(metrics).toContain('batch_items_total{outcome="refused"} 1')
  expect(traces).toContain('batch item')
  for (const secret of secrets) expect(all).not.toContain(secret)

  async function read(response: Response): Promise<void> {
    answers.push(await response.text())
  }
}, 60_000)
