import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

interface CollectedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: { readonly key: string; readonly value: Record<string, unknown> }[]
}

async function startCollector() {
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    bodies.push(await readText(request))
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const spans = () =>
    bodies
      .flatMap(body => JSON.parse(body).resourceSpans)
      .flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans as CollectedSpan[])
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, spans }
}

test('a request and its call of the model are spans of the trace of the caller', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const collector = await startCollector()
  const { url, child, ended } = await startServer({
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'fake-model',
    OPENAI_API_KEY: 'sk-KEY-CANARY',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    SHUTDOWN_DELAY_MS: '0',
  })
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
  const attributes = Object.fromEntries(
    [...server.attributes, ...client.attributes].map(({ key, value }) => [key, Object.values(value)[0]]),
  )
  expect(attributes).toMatchObject({
    'http.route': '/classify',
    'http.response.status_code': 200,
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'fake-model',
    'gen_ai.usage.input_tokens': expect.any(Number),
    'gen_ai.output.type': 'json',
  })
  expect(collector.bodies.join()).not.toContain('CANARY')
})
