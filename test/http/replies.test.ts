import { describe, expect, test } from 'vitest'
import { completion, createWire, type WireAnswer } from '../support/endpoint.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { endpointSettings, startService } from '../support/service.ts'

const tags = [
  { id: 1, name: 'database' },
  { id: 2, name: 'networking' },
  { id: 3, name: 'audio' },
  { id: 5, name: 'machine learning' },
]
const question = { id: 'x', text: 'A small database.', tags }
const details = { query: '?details=true' }
const answer: WireAnswer = { body: completion('{"tags":[1]}') }

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  event({ model: 'fake', choices: [{ index: 0, delta, finish_reason }], ...more })
const streamed = (...events: string[]): WireAnswer => ({
  body: `${events.join('')}data: [DONE]\n\n`,
  headers: { 'content-type': 'text/event-stream' },
})
const onlyStreams: WireAnswer = {
  status: 400,
  body: { error: { message: 'This model only supports streaming requests' } },
}
const noSchema: WireAnswer = {
  status: 400,
  body: { error: { message: "response_format of type 'json_schema' is not supported" } },
}

describe('at the wire', () => {
  const wire = createWire()
  async function asked(answers: readonly WireAnswer[], settings: Record<string, string> = {}) {
    wire.plays(...answers)
    const { classify } = await startService({ ...endpointSettings, ...settings })
    const response = await classify(question, details)
    const { tags: found, code, details: told } = response.json()
    return { found, code, attempts: told?.attempts.map(({ result }: { result: string }) => result), told }
  }

  test.each<[what: string, events: string[], attempt: string]>([
    [
      'an error beside a choice',
      [chunk({ content: '{"ta' }), chunk({}, 'error', { error: { code: 502, message: 'gone' } })],
      'http_502',
    ],
    ['a rate limit', [event({ error: { code: 429, message: 'too many' } })], 'http_429'],
    ['an error that is a text', [event({ error: 'upstream timed out' })], 'malformed'],
    [
      'an event called error',
      [chunk({ content: '{"ta' }), 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'],
      'http_529',
    ],
    ['an end that is an error', [chunk({ content: '{"ta' }), chunk({}, 'error')], 'malformed'],
  ])('%s in a stream is asked again', async (_what, events, attempt) => {
    const sound = streamed(chunk({ content: '{"tags":[1]}' }, 'stop'))
    const { found, attempts } = await asked([onlyStreams, streamed(...events), sound])
    expect(found).toEqual([1])
    expect(attempts).toEqual(['rejected_stream', attempt, 'reply'])
  })

  test.each<[what: string, body: object, attempt: string]>([
    ['an error beside choices', { ...completion('{"tags":[2]}'), error: { code: 503, message: 'down' } }, 'http_503'],
    [
      'an error in a choice',
      completion('{"tags":[2]}', { choice: { error: { code: 502, message: 'gone' } } }),
      'http_502',
    ],
    [
      'a choice that ended in an error',
      completion('{"tags":[2]}', { choice: { finish_reason: 'error' } }),
      'malformed',
    ],
  ])('%s is asked again', async (_what, body, attempt) => {
    expect(await asked([{ body }, answer])).toMatchObject({ found: [1], attempts: [attempt, 'reply'] })
  })

  test.each<[what: string, body: string | object, type: string]>([
    [
      'a stream that nobody asked for',
      `${chunk({ content: '{"tags":' })}${chunk({ content: '[1]}' }, 'stop')}data: [DONE]\n\n`,
      'text/event-stream',
    ],
    ['one that is called JSON', `${chunk({ content: '{"tags":[1]}' }, 'stop')}data: [DONE]\n\n`, 'application/json'],
    ['one without a type', `: hello\n\n${chunk({ content: '{"tags":[1]}' }, 'stop')}`, 'text/plain'],
    [
      'reasoning_content alone',
      completion(null, { message: { reasoning_content: '{"tags":[1]}' } }),
      'application/json',
    ],
    ['reasoning alone', completion('', { message: { reasoning: 'So: {"tags":[1]}' } }), 'application/json'],
  ])('%s is an answer', async (_what, body, type) => {
    expect(await asked([{ body, headers: { 'content-type': type } }])).toMatchObject({
      found: [1],
      attempts: ['reply'],
    })
  })

  test('content in parts is read, also in a stream', async () => {
    const part = (text: string) => ({ content: [{ type: 'text', text }] })
    const events = [chunk(part('{"tags":')), chunk(part('[1]}'), 'stop')]
    expect(await asked([onlyStreams, streamed(...events)])).toMatchObject({ found: [1] })
  })

  const call = (index: number, tag: number) => ({
    index,
    id: `c${index}`,
    type: 'function',
    function: { name: 'pick_tags', arguments: JSON.stringify({ tags: [tag] }) },
  })

  test('one call for each tag makes one answer', async () => {
    const message = { tool_calls: [call(0, 1), call(1, 5)] }
    const body = completion(null, { message, choice: { finish_reason: 'tool_calls' } })
    expect(await asked([noSchema, { body }])).toMatchObject({ found: [1, 5] })
  })

  test('one call for each tag makes one answer, also in a stream', async () => {
    const events = [chunk({ tool_calls: [call(0, 1)] }), chunk({ tool_calls: [call(1, 5)] }), chunk({}, 'tool_calls')]
    expect(await asked([noSchema, onlyStreams, streamed(...events)])).toMatchObject({ found: [1, 5] })
  })

  test.each<[what: string, content: string, reason: string | null, tokens: number]>([
    ['a known word', '{"tags": [2, ', 'max_tokens', 256],
    ['a known word in capitals', '{"tags": [2, ', 'MAX_TOKENS', 256],
    ['stop, at exactly the cap', 'First idea: {"tags":[2]}. On a second', 'stop', 256],
    ['nothing, in the middle of a value', '{"tags": [2, ', null, 12],
    ['an unknown word, in the middle of a value', '{"tags": [2, ', 'OTHER', 12],
    ['stop, in the middle of a thought', '<think>Perhaps {"tags":[2]}? But', 'stop', 12],
    ['length, in the middle of a thought', '<think>Perhaps {"tags":[2]}? But', 'length', 256],
    ['length, after a draft', 'First idea: {"tags":[2]}. On a second', 'length', 256],
    ['length, in another thought', '<|channel|>analysis<|message|>First {"tags":[2]}. That', 'length', 256],
  ])(
    'a reply that was cut, told by %s, is asked for with a larger cap',
    async (_what, content, finish_reason, completion_tokens) => {
      const body = completion(content, { choice: { finish_reason }, usage: { prompt_tokens: 9, completion_tokens } })
      expect(await asked([{ body }, answer])).toMatchObject({ found: [1], attempts: ['length', 'reply'] })
      // More still, where it went into a thought.
      const [first, second] = wire.sent.map(({ body: sent }) => sent.max_tokens)
      expect([first, second]).toEqual([256, /<think>|analysis/.test(content) ? 1024 + 4000 : 1024])
    },
  )

  test('cut twice is truncated, and never the draft', async () => {
    const body = completion('First idea: {"tags":[2]}. On', { choice: { finish_reason: 'MAX_TOKENS' } })
    expect(await asked([{ body }, { body }])).toMatchObject({ found: undefined, code: 'truncated' })
  })

  test.each([
    'SAFETY',
    'RECITATION',
    'PROHIBITED_CONTENT',
    'content_filter: RECITATION',
    'guardrail_intervened',
    'sensitive',
  ])('%s is blocked, and is not asked again', async finish_reason => {
    const body = completion(null, { choice: { finish_reason } })
    expect(await asked([{ body }])).toMatchObject({ code: 'blocked' })
  })

  test.each(['3-D graphics', '1-Wire', '1: networking', '5|3', { id: 1, name: 'networking' }])(
    '%j is dropped, and the model is asked once more',
    async entry => {
      const body = completion(JSON.stringify({ tags: [entry] }))
      expect(await asked([{ body }, answer])).toMatchObject({ found: [1], attempts: ['reply', 'reply'] })
    },
  )

  test('a name off the list beside a tag is dropped and told', async () => {
    const body = completion('{"tags":["3-D graphics",1]}')
    const { found, told } = await asked([{ body }])
    expect([found, told.dropped]).toEqual([[1], [{ reason: 'unknown', id: null }]])
  })
})

test('an error in every stream of one endpoint is passed to the next, and is never internal', async () => {
  const first = await startScriptedServer(
    response =>
      void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(onlyStreams.body)),
    response => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(chunk({ content: '{"ta' }))
      response.end(event({ error: { code: 503, message: 'down' } }))
    },
  )
  const second = await startScriptedServer(
    response => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body)),
  )
  const settings = { ...endpointSettings, OPENAI_BASE_URL: `${first.url}/v1`, UPSTREAM_ATTEMPTS: '2' }
  const next = { OPENAI_BASE_URL_2: `${second.url}/v1`, OPENAI_MODEL_2: 'second-model', OPENAI_API_KEY_2: 'fake' }
  const alone = await startService(settings)
  expect((await alone.classify(question)).json()).toMatchObject({ code: 'upstream_unavailable', status: 503 })
  const both = await startService({ ...settings, ...next })
  expect((await both.classify(question)).json()).toEqual({ id: 'x', tags: [1] })
})

test('a stream that breaks off is asked for again', async () => {
  const head = { 'content-type': 'text/event-stream' }
  const server = await startScriptedServer(
    response =>
      void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify(onlyStreams.body)),
    response => {
      response.writeHead(200, head)
      response.write(chunk({ content: 'First idea: {"tags":[2]}. On' }), () => response.socket?.resetAndDestroy())
    },
    response => void response.writeHead(200, head).end(chunk({ content: 'First idea: {"tags":[2]}. On' })),
    response => void response.writeHead(200, head).end(chunk({ content: '{"tags":[1]}' }, 'stop')),
  )
  const { classify } = await startService({ ...endpointSettings, OPENAI_BASE_URL: `${server.url}/v1` })
  const { tags: found, details: told } = (await classify(question, details)).json()
  expect(found).toEqual([1])
  expect(told.attempts.map(({ result }: { result: string }) => result)).toEqual([
    'rejected_stream',
    'network',
    'malformed',
    'reply',
  ])
})
