import { expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, someLines, startBatchService } from '../support/batch-service.ts'
import { startCollector } from '../support/collector.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

async function startTracedService(more: Record<string, string> = {}) {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const collector = await startCollector()
  const server = await serveInProcess({
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'fake-model',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    SHUTDOWN_DELAY_MS: '0',
    ...more,
  })
  return { provider, collector, ...server }
}

test('a request and its call of the model are spans of the trace of the caller', async () => {
  const { provider, collector, url, child, ended } = await startTracedService({ OPENAI_API_KEY: 'sk-KEY-CANARY' })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { 'content-type': 'text/plain', traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  const answer = await fetch(`${url}/classify`, { method: 'POST', headers, body: 'A router. DOCUMENT-CANARY' })
  expect(answer.status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)

  const spans = collector.spans()
  const server = spans.find(({ name }) => name === 'POST /classify')!
  const client = spans.find(({ name }) => name === 'chat fake-model')!
  expect(server).toMatchObject({ kind: 2, traceId, parentSpanId: '00f067aa0ba902b7' })
  expect(client).toMatchObject({ kind: 3, traceId, parentSpanId: server.spanId })
  expect(provider.requests[0]?.headers.traceparent).toBe(`00-${traceId}-${client.spanId}-01`)
  expect({ ...collector.attributesOf(server), ...collector.attributesOf(client) }).toMatchObject({
    'http.route': '/classify',
    'http.response.status_code': 200,
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'fake-model',
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.output.type': 'json',
  })
  expect(collector.bodies.join()).not.toContain('CANARY')
})

test('every call of the model is told its own span', async () => {
  const { provider, collector, url, child, ended } = await startTracedService()
  for (const text of ['A router.', 'A parser.', 'A game.'])
    await fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text })
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const told = provider.requests.map(({ headers }) => headers.traceparent)
  const calls = collector.spans().filter(({ name }) => name === 'chat fake-model')
  expect(new Set(told)).toEqual(new Set(calls.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)))
  expect(new Set(told).size).toBe(3)
})

test('an item of a batch has a trace of its own, linked to the request that made the batch, also after a restart', async () => {
  const collector = await startCollector()
  const { server, env, submit, until, provider } = await startBatchService({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, BATCH_CONCURRENCY: '1' },
    provider: { latencyMs: 50 },
  })
  const refusal = JSON.stringify({ text: 'Sorts. [[fake:refusal]] DOCUMENT-CANARY' })
  const { body } = await submit(`${refusal}\n${someLines(5)}`)
  await until(body.id, ({ request_counts }) => request_counts.completed >= 2)
  server.child.kill('SIGTERM')
  expect(await server.ended).toBe(0)
  const again = await serveInProcess(env)
  await clientOf(again.url).until(body.id, ended)
  again.child.kill('SIGTERM')
  expect(await again.ended).toBe(0)

  const spans = collector.spans()
  const upload = spans.find(({ name }) => name === 'POST /batches')!
  const items = spans.filter(({ name }) => name === 'batch item')
  expect(new Set(items.map(item => collector.attributesOf(item)['tagsmith.batch.item'])).size).toBe(6)
  for (const item of items) {
    expect(item).toMatchObject({ kind: 1, links: [{ traceId: upload.traceId, spanId: upload.spanId }] })
    expect(item.traceId).not.toBe(upload.traceId)
    expect(collector.attributesOf(item)).toMatchObject({ 'tagsmith.batch.id': body.id })
  }
  const failed = items.filter(item => collector.attributesOf(item)['tagsmith.outcome'] === 'refused')
  expect(failed).toMatchObject([{ status: { code: 2 } }])
  const calls = spans.filter(({ name }) => name.startsWith('chat '))
  expect(calls).toHaveLength(provider.count())
  for (const call of calls) expect(items.map(({ spanId }) => spanId)).toContain(call.parentSpanId)
  expect(collector.bodies.join()).not.toContain('CANARY')
})
