import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import type { Classifier } from '../../src/core/classifier.ts'
import { collectorUrl, createWire, recordedBody, type WireAnswer } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'
import { provokedCodes } from '../support/watched-service.ts'

const wire = createWire()
const { key, line } = createApiKey('indexer', { opens: ['classify', 'admin'], limits: {} })
const canary = 'DOCUMENT-CANARY'
const secrets = [canary, 'REPLY-CANARY', 'TAG-CANARY', 'HEADER-CANARY', endpointSettings.OPENAI_API_KEY, key]
const text = `# A router\n\nIt routes packets. ${canary}`
const tags = [{ id: 36, name: 'TAG-CANARY' }]
const reply = (content: string): WireAnswer => ({
  body: recordedBody('ok.json').replace(/"content":\s*"(?:[^"\\]|\\.)*"/, `"content":${JSON.stringify(content)}`),
})

test.each<[what: string, answers: WireAnswer[], request: object | string]>([
  ['an answer', [{ recorded: 'ok.json' }], { text }],
  ['a reply of prose', [reply('REPLY-CANARY'), reply('REPLY-CANARY')], { text }],
  ['a reply off the list', [reply('{"tags":["REPLY-CANARY"]}'), reply('{"tags":["REPLY-CANARY"]}')], { text, tags }],
  ['a refusal', [{ recorded: 'refusal.json' }], { text }],
  [
    'an error that quotes the request',
    // Unexplained, so an endpoint that never answered is asked in two other forms.
    Array<WireAnswer>(3).fill({ status: 400, body: { error: { message: `no: ${text}` } } }),
    { text, tags },
  ],
  [
    'an error that quotes the key',
    [{ status: 401, body: { error: { message: `bad ${endpointSettings.OPENAI_API_KEY}` } } }],
    { text },
  ],
  ['server errors', Array<WireAnswer>(5).fill({ status: 500, body: `<p>${text}` }), { text }],
  ['resets', Array<WireAnswer>(3).fill({ reset: true }), { text }],
  ['broken JSON', [], `{"text":"${canary}`],
  ['a wrong type', [], { text: [canary] }],
  ['an unknown key', [], { text, [`${canary} ${canary}`]: 1 }],
  ['a bad list', [], { text, tags: [...tags, ...tags] }],
  ['an unknown prompt', [], { text, prompt: canary }],
  ['no text', [], { text: `<!-- ${canary} -->` }],
])('%s leaves nothing in the log, the errors or the metrics', async (_, answers, request) => {
  wire.plays(...answers)
  const { app, classify, log } = await startService({ ...endpointSettings, API_KEYS: line, LOG_LEVEL: 'trace' })
  const response = await classify(request, {
    type: 'application/json',
    headers: { authorization: `Bearer ${key}`, cookie: 'HEADER-CANARY', 'x-request-id': 'HEADER-CANARY with blanks' },
  })
  const lost = await app.inject({ url: `/${canary}?${canary}=1`, headers: { 'x-api-key': `${key}HEADER-CANARY` } })
  const metrics = await app.inject({ url: '/metrics', headers: { 'x-api-key': key } })
  expect(metrics.statusCode).toBe(200)
  const said = [response.body, lost.body, metrics.body, JSON.stringify(response.headers), ...log].join('\n')
  for (const secret of secrets) expect(said).not.toContain(secret)
})

test('a fault of the service itself that quotes all it was given', async () => {
  const traces = wire.collects()
  const upstreamKey = endpointSettings.OPENAI_API_KEY
  /** As the parser of V8 does: it quotes what it was to parse. */
  const classifier: Classifier = {
    async classify({ text }) {
      const cause = Object.assign(new Error(`REPLY-CANARY\n    at ${upstreamKey} (file:1:1)`), { body: 'REPLY-CANARY' })
      try {
        return JSON.parse(text)
      } catch (error) {
        throw Object.assign(error as Error, { cause, request: text, code: `CANARY ${upstreamKey}` })
      }
    },
  }
  const settings = { ...endpointSettings, OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl, API_KEYS: line }
  const { classify, app, log, stop } = await startService(settings, { classifier })
  const answer = await classify({ text: 'DOCUMENT-CANARY' }, { headers: { 'x-api-key': key } })
  expect([answer.json().code]).toEqual(provokedCodes.fault)
  const metrics = await app.inject({ url: '/metrics', headers: { 'x-api-key': key } })
  await stop()
  expect(traces.join('')).toContain('internal')
  const said = [answer.body, JSON.stringify(answer.headers), metrics.body, ...log, ...traces].join('\n')
  for (const secret of [...secrets, 'CANARY']) expect(said).not.toContain(secret)
  const told = log.map(entry => JSON.parse(entry)).find(({ msg }) => msg === 'unexpected error')
  expect(told.err).toMatchObject({ type: 'SyntaxError', stack: expect.stringContaining('JSON.parse'), cause: {} })
})
