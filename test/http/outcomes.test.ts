import { describe, expect, test } from 'vitest'
import { errorCodes, outcomes } from '../../src/core/outcome.ts'
import { collectorUrl, createWire, type WireAnswer } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'
import { provokedCodes } from '../support/watched-service.ts'

const wire = createWire()
const text = '# A router\n\nIt routes packets. DOCUMENT-CANARY'
const canaries = /DOCUMENT-CANARY|REPLY-CANARY|sk-test-canary-key/

/** The same answer as often as it is asked for. */
const always = (answer: WireAnswer, times = 3) => Array<WireAnswer>(times).fill(answer)

/** A service whose every word can be looked at: log lines, metrics, traces. */
async function startWatched(settings: Record<string, string> = {}) {
  const traces = wire.collects()
  const watched = { LOG_LEVEL: 'trace', OTEL_EXPORTER_OTLP_ENDPOINT: collectorUrl }
  const service = await startService({ ...endpointSettings, ...watched, ...settings })
  return {
    ...service,
    /** All of it; the service has stopped then. */
    async said(): Promise<string> {
      const metrics = (await service.app.inject('/metrics')).body
      await service.stop()
      const sent = traces.join('\n')
      expect(metrics).toContain('http_server_request_duration_seconds_count{')
      expect(sent).toContain('POST /classify')
      return [...service.log, metrics, sent].join('\n')
    },
  }
}

describe('a reply that can be read', () => {
  test.each<[recorded: string, tags: number[]]>([
    ['ok.json', [36, 57, 18]],
    ['none-apply.json', []],
    ['truncated-but-complete.json', [36, 57]],
    ['content-parts.json', [36]],
    ['tool-call.json', [36]],
    ['tool-call-object.json', [36]],
    ['thinking-inline.json', [36]],
    ['thinking-unopened.json', [36]],
    ['reasoning-content.json', [36]],
    ['fenced.json', [36]],
    ['prose-with-draft.json', [36]],
    ['ids-as-strings.json', [36, 57]],
    ['ids-as-objects.json', [36, 57]],
    ['ids-as-floats.json', [36, 57]],
    ['ids-in-one-string.json', [36, 57]],
    ['names.json', [36, 57]],
    ['array-alone.json', [36]],
    ['finish-null.json', [36]],
    ['usage-missing.json', [36]],
    ['usage-cache-hits.json', [36]],
  ])('%s', async (recorded, tags) => {
    wire.plays({ recorded })
    const service = await startWatched()
    const response = await service.classify({ id: 'x', text })
    expect([response.statusCode, response.json()]).toEqual([200, { id: 'x', tags }])
    expect(await service.said()).not.toMatch(canaries)
  })

  test.each([
    ['ok.json', 2560],
    ['usage-cache-hits.json', 2688],
    ['none-apply.json', null],
  ])('%s: cached tokens are read however they are spelled', async (recorded, cached) => {
    wire.plays({ recorded })
    const { classify } = await startService(endpointSettings)
    const { details } = (await classify({ text }, { query: '?details=true' })).json()
    expect(details.usage.cached_input_tokens).toBe(cached)
  })

  test.each<[what: string, answers: WireAnswer[]]>([
    ['a 429 with retry-after-ms', [{ status: 429, recorded: 'error-429.json', headers: { 'retry-after-ms': '5' } }]],
    ['a 503 while the model loads', [{ status: 503, recorded: 'error-503.json' }]],
    ['a reset connection', [{ reset: true }]],
    ['a blank reply', [{ recorded: 'blank.json' }]],
    ['a reply without content', [{ recorded: 'content-null.json' }]],
    ['a reply that is off the list', [{ recorded: 'off-list.json' }]],
    ['a reply that is not JSON', [{ recorded: 'not-json.json' }]],
    ['a reply that was cut', [{ recorded: 'truncated.json' }]],
    ['an error in a 200', [{ recorded: 'error-in-200.json' }]],
    ['a body that broke off', [{ recorded: 'broken.json' }]],
    ['an empty body', [{ recorded: 'empty.json' }]],
    ['a completion without choices', [{ recorded: 'choices-null.json' }]],
  ])('after %s, asked again', async (_, answers) => {
    wire.plays(...answers, { recorded: 'ok.json' })
    const { classify } = await startService(endpointSettings)
    const response = await classify({ id: 'x', text }, { query: '?details=true' })
    expect(response.json().tags).toEqual([36, 57, 18])
    expect(response.json().details.attempts).toHaveLength(2)
  })

  test('is asked for with the reason at the end, and the fixed part unchanged', async () => {
    wire.plays({ recorded: 'off-list.json' }, { recorded: 'ok.json' })
    const { classify } = await startService(endpointSettings)
    await classify({ text })
    const [first, second] = wire.sent.map(({ body }) => body)
    expect(second?.messages.slice(0, 2)).toEqual(first?.messages)
    expect(second?.messages.slice(2).map(({ role }) => role)).toEqual(['assistant', 'user'])
    expect(second?.messages.at(-1)?.content).toContain('no entry of the reply is on the tag list')
  })

  test('gets four times the tokens after it was cut', async () => {
    wire.plays({ recorded: 'truncated.json' }, { recorded: 'ok.json' })
    const { classify } = await startService({ ...endpointSettings, MAX_OUTPUT_TOKENS: '50' })
    await classify({ text })
    expect(wire.sent.map(({ body }) => body.max_tokens)).toEqual([50, 200])
  })
})

describe('every outcome', () => {
  interface Row {
    readonly what: string
    readonly code: string
    readonly answers?: readonly WireAnswer[]
    readonly request?: object | string
    readonly options?: { query?: string; type?: string }
    readonly settings?: Record<string, string>
    readonly says?: RegExp
  }
  const rows: Row[] = [
    { what: 'a request without text', code: 'invalid_request', request: { id: 1 }, says: /\/text/ },
    { what: 'an unknown field', code: 'invalid_request', request: { text, temperature: 1 }, says: /\/temperature/ },
    { what: 'an id that is no id', code: 'invalid_request', request: { text, id: 1.5 }, says: /\/id/ },
    { what: 'max_tags out of range', code: 'invalid_request', request: { text, max_tags: 0 }, says: /\/max_tags/ },
    {
      what: 'a query that is not known',
      code: 'invalid_request',
      request: text,
      options: { query: '?tag=1' },
      says: /query/,
    },
    { what: 'broken JSON', code: 'invalid_request', request: '{"text":', options: { type: 'application/json' } },
    { what: 'no JSON', code: 'invalid_request', request: '', options: { type: 'application/json' }, says: /empty/ },
    {
      what: 'twins in the list',
      code: 'invalid_request',
      request: {
        text,
        tags: [
          { id: 1, name: 'a' },
          { id: 2, name: 'a ' },
        ],
      },
      says: /\/tags\/1\/name/,
    },
    { what: 'an empty list', code: 'invalid_request', request: { text, tags: [] }, says: /\/tags/ },
    {
      what: 'the cheap mode where nothing was measured',
      code: 'not_calibrated',
      request: { text, mode: 'cheap' },
      settings: { CALIBRATION_FILE: 'no/such/file.json' },
      says: /tagsmith calibrate run\.json/,
    },
    { what: 'a prompt that is not there', code: 'unknown_prompt', request: { text, prompt: 'nope' } },
    {
      what: 'a body over the limit',
      code: 'too_large',
      request: { text: text.repeat(99) },
      settings: { BODY_LIMIT: '2000' },
      says: /BODY_LIMIT, which is 2000/,
    },
    {
      what: 'a list over the limit',
      code: 'too_large',
      request: {
        text,
        tags: [
          { id: 1, name: 'a' },
          { id: 2, name: 'b' },
        ],
      },
      settings: { TAG_LIST_LIMIT: '1' },
      says: /TAG_LIST_LIMIT is 1/,
    },
    {
      what: 'a type that is not taken',
      code: 'unsupported_media_type',
      request: '<p>',
      options: { type: 'text/html' },
    },
    { what: 'a blank text', code: 'unusable_text', request: { text: ' \n\t ' } },
    {
      what: 'nothing but badges',
      code: 'unusable_text',
      request: { text: '[![ci](https://ci.test/a.svg)](https://ci.test)\n<!-- DOCUMENT-CANARY -->' },
    },
    { what: 'a refusal', code: 'refused', answers: [{ recorded: 'refusal.json' }] },
    { what: 'a content filter on the reply', code: 'blocked', answers: [{ recorded: 'content-filter.json' }] },
    {
      what: 'a content filter on the prompt',
      code: 'blocked',
      answers: [{ status: 400, recorded: 'error-400-content-filter.json' }],
    },
    { what: 'off the list twice', code: 'invalid_reply', answers: always({ recorded: 'off-list.json' }, 2) },
    {
      what: 'no JSON twice',
      code: 'invalid_reply',
      answers: always({ recorded: 'not-json.json' }, 2),
      says: /not JSON/,
    },
    { what: 'the wrong shape twice', code: 'invalid_reply', answers: always({ recorded: 'wrong-shape.json' }, 2) },
    { what: 'blank twice', code: 'invalid_reply', answers: always({ recorded: 'blank.json' }, 2), says: /blank/ },
    {
      what: 'cut twice',
      code: 'truncated',
      answers: always({ recorded: 'truncated.json' }, 2),
      says: /MAX_OUTPUT_TOKENS/,
    },
    {
      what: 'a wrong key',
      code: 'upstream_auth',
      answers: [{ status: 401, recorded: 'error-401.json' }],
      says: /OPENAI_API_KEY/,
    },
    {
      what: 'a key without rights',
      code: 'upstream_auth',
      answers: [{ status: 403, recorded: 'error-403.json' }],
      says: /OPENAI_API_KEY/,
    },
    {
      what: 'no credit',
      code: 'upstream_auth',
      answers: [{ status: 402, recorded: 'error-402.json' }],
      says: /credit/,
    },
    {
      what: 'no quota',
      code: 'upstream_auth',
      answers: [{ status: 429, recorded: 'error-429-quota.json' }],
      says: /quota/,
    },
    {
      what: 'an unknown model',
      code: 'upstream_config',
      answers: [{ status: 404, recorded: 'error-404-model.json' }],
      says: /OPENAI_MODEL/,
    },
    {
      what: 'a wrong path, after two guesses at the form',
      code: 'upstream_config',
      answers: always({ status: 404, recorded: 'error-404-path.json' }),
      says: /OPENAI_BASE_URL/,
    },
    {
      what: 'a web page',
      code: 'upstream_config',
      answers: always({ recorded: 'page.html', headers: { 'content-type': 'text/html' } }),
      says: /OPENAI_BASE_URL/,
    },
    {
      what: 'too small a context',
      code: 'upstream_config',
      answers: [{ status: 400, recorded: 'error-400-context.json' }],
      says: /TEXT_BUDGET/,
    },
    {
      what: 'another rejection, after two guesses at the form',
      code: 'upstream_config',
      answers: always({ status: 400, recorded: 'error-400-other.json' }),
      says: /status 400/,
    },
    {
      what: 'rate limits without end',
      code: 'upstream_unavailable',
      answers: always({ status: 429, recorded: 'error-429.json' }),
    },
    {
      what: 'server errors without end, after two guesses at the form',
      code: 'upstream_unavailable',
      answers: always({ status: 500, recorded: 'error-500.json' }, 5),
    },
    {
      what: 'resets without end',
      code: 'upstream_unavailable',
      answers: always({ reset: true }),
      says: /the connection was cut \(ECONNRESET\)/,
    },
    {
      what: 'a wrong key in a 200',
      code: 'upstream_auth',
      answers: [{ body: { error: { code: 'invalid_api_key', status: 401, message: 'REPLY-CANARY' } } }],
      says: /OPENAI_API_KEY/,
    },
    {
      what: 'a check of the content that says it is forbidden',
      code: 'blocked',
      answers: [
        {
          status: 403,
          body: { code: 'permission-denied', error: 'Content violates usage guidelines: REPLY-CANARY' },
        },
      ],
    },
    {
      what: "a firewall's page",
      code: 'blocked',
      answers: [{ status: 403, recorded: 'page.html', headers: { 'content-type': 'text/html' } }],
      says: /firewall/,
    },
    {
      what: 'errors in a 200 without end',
      code: 'upstream_unavailable',
      answers: always({ recorded: 'error-in-200.json' }),
    },
    {
      what: 'nameless errors in a 200',
      code: 'upstream_unavailable',
      answers: always({ recorded: 'error-in-200-string.json' }),
    },
    { what: 'broken bodies without end', code: 'upstream_unavailable', answers: always({ recorded: 'broken.json' }) },
    { what: 'empty bodies without end', code: 'upstream_unavailable', answers: always({ recorded: 'empty.json' }) },
  ]

  test.each(rows)(
    '$what: $code',
    async ({ code, answers = [], request = { id: 'x', text }, options, settings, says }) => {
      wire.plays(...answers)
      const service = await startWatched(settings)
      const response = await service.classify(request, options)
      const { status, retryable } = outcomes[code as keyof typeof outcomes]
      expect(response.statusCode).toBe(status)
      expect(response.headers['content-type']).toBe('application/problem+json')
      expect(response.json()).toMatchObject({ code, status, retryable, request_id: response.headers['x-request-id'] })
      if (says) expect(response.body).toMatch(says)
      if (status === 503 || status === 504) expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
      expect(response.body).not.toMatch(canaries)
      expect(service.log.map(line => JSON.parse(line)).filter(line => line.msg === 'request')).toEqual([
        expect.objectContaining({ outcome: code, status, request_id: response.headers['x-request-id'] }),
      ])
      expect(await service.said()).not.toMatch(canaries)
    },
  )

  test('has a row above, or is provoked by another test that looks for canaries', () => {
    const provoked = [...rows.map(({ code }) => code), ...Object.values(provokedCodes).flat()]
    expect(new Set(provoked)).toEqual(new Set(errorCodes))
  })

  test('an address that is not there, and a method that is not taken', async () => {
    const { app } = await startService()
    expect((await app.inject({ url: '/nowhere' })).json()).toMatchObject({ code: 'not_found', status: 404 })
    const wrong = await app.inject({ method: 'DELETE', url: '/prompts/assign-tags/render' })
    expect([wrong.statusCode, wrong.headers.allow, wrong.json().code]).toEqual([405, 'POST', 'method_not_allowed'])
  })
})

test('a wait that the endpoint asks for is kept', async () => {
  wire.plays({ status: 429, recorded: 'error-429.json', headers: { 'retry-after-ms': '300' } }, { recorded: 'ok.json' })
  const { classify } = await startService(endpointSettings)
  const start = performance.now()
  await classify({ text })
  expect(performance.now() - start).toBeGreaterThan(290)
})

test('the words of an empty account with a moment to come back at are a rate limit', async () => {
  const message = 'You exceeded your current quota, please check your plan and billing details.'
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.1s' }]
  const body = [{ error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } }]
  wire.plays({ status: 429, body }, { recorded: 'ok.json' })
  const { classify } = await startService(endpointSettings)
  expect((await classify({ id: 'x', text })).json()).toEqual({ id: 'x', tags: [36, 57, 18] })
})

test('a wait that is longer than the request may take is not begun', async () => {
  wire.plays({ status: 429, recorded: 'error-429.json', headers: { 'retry-after': '90' } })
  const { classify } = await startService(endpointSettings)
  const response = await classify({ text })
  expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '90'])
})

test('a fault of the service itself is told apart, and its log line says more', async () => {
  const { app, log } = await startService()
  app.get('/broken', () => {
    throw new RangeError('DETAIL')
  })
  const response = await app.inject({ url: '/broken' })
  expect(response.json()).toMatchObject({ code: 'internal', status: 500 })
  expect(response.body).not.toContain('DETAIL')
  expect(log.join('')).toContain('RangeError')
})
