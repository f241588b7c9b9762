import { OpenAI } from 'openai'
import { describe, expect, test } from 'vitest'
import { readCompletion } from '../../src/endpoints/openai/replies/read-completion.ts'
import { isEventStream, readStream } from '../../src/endpoints/openai/replies/read-stream.ts'

const client = new OpenAI({ apiKey: 'none', logLevel: 'off' })
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  event({
    id: 'x',
    object: 'chat.completion.chunk',
    model: 'fake',
    choices: [{ index: 0, delta, finish_reason }],
    ...more,
  })
const done = 'data: [DONE]\n\n'
const read = async (...events: string[]) => {
  expect(isEventStream(events.join(''))).toBe(true)
  return readCompletion(await readStream(events.join(''), client), { model: 'asked', headers: undefined })
}
const tool = (index: number | undefined, args: unknown, id?: string) => ({
  tool_calls: [
    { ...(index === undefined ? {} : { index }), ...(id && { id }), function: { name: 'pick_tags', arguments: args } },
  ],
})
const text = '{"tags":[1]}'

describe('a streamed reply', () => {
  test.each<[what: string, events: string[], expected: string]>([
    [
      'in pieces',
      [
        chunk({ role: 'assistant', content: '' }),
        chunk({ content: '{"tags":' }),
        chunk({ content: '[1]}' }),
        chunk({}, 'stop'),
        done,
      ],
      text,
    ],
    ['without an end, but done', [chunk({ content: text }), done], text],
    ['with an end, but not done', [chunk({ content: text }, 'stop')], text],
    ['with neither, but whole', [chunk({ content: text })], text],
    [
      'with comments and pings between',
      [': OPENROUTER PROCESSING\n\n', 'event: ping\ndata: {"type":"ping"}\n\n', chunk({ content: text }, 'stop'), done],
      text,
    ],
    [
      'with lines that end as in Windows',
      [`${chunk({ content: text }, 'stop')}${done}`.replaceAll('\n', '\r\n')],
      text,
    ],
    ['without the last line end', [chunk({ content: '{"tags":' }), chunk({ content: '[1]}' }, 'stop').trimEnd()], text],
    ['behind a byte order mark', [`\uFEFF${chunk({ content: text }, 'stop')}${done}`], text],
    [
      'with content in parts',
      [
        chunk({ content: [{ type: 'text', text: '{"tags":' }] }),
        chunk({ content: [{ type: 'text', text: '[1]}' }] }, 'stop'),
        done,
      ],
      text,
    ],
    [
      'with thoughts in parts',
      [
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: '{"tags":[9]}' }] }] }),
        chunk({ content: text }, 'stop'),
        done,
      ],
      text,
    ],
    [
      'with thoughts beside',
      [chunk({ reasoning_content: '{"tags":[9]}' }), chunk({ content: text }, 'stop'), done],
      text,
    ],
    [
      'with thoughts alone',
      [chunk({ reasoning_content: '{"tags":' }), chunk({ reasoning_content: '[1]}' }), chunk({}, 'stop'), done],
      text,
    ],
    [
      'with thoughts alone, by another name',
      [chunk({ reasoning: '{"tags":' }), chunk({ reasoning: '[1]}' }), chunk({}, 'stop'), done],
      text,
    ],
    ['as one event', [event({ choices: [{ message: { content: text }, finish_reason: 'stop' }] }), done], text],
    [
      'with events that are no chunks',
      [event(null), event([]), event({ choices: 'x' }), event({ choices: [] }), chunk({ content: text }, 'stop'), done],
      text,
    ],
    [
      'by a tool, in pieces',
      [chunk(tool(0, '{"tags":', 'a')), chunk(tool(0, '[1]}')), chunk({}, 'tool_calls'), done],
      text,
    ],
    [
      'by a tool, without an index',
      [chunk(tool(undefined, '{"tags":', 'a')), chunk(tool(undefined, '[1]}')), chunk({}, 'tool_calls'), done],
      text,
    ],
    ['by a tool, as an object', [chunk(tool(0, { tags: [1] }, 'a')), chunk({}, 'tool_calls'), done], text],
  ])('%s is read', async (_what, events, expected) => {
    expect(await read(...events)).toMatchObject({ ok: true, reply: { text: expected, finish: 'stop' } })
  })

  const both = '[{"tags":[1]},{"tags":[5]}]'
  test.each<[what: string, events: string[]]>([
    ['one after another', [chunk(tool(0, '{"tags":[1]}', 'a')), chunk(tool(1, '{"tags":[5]}', 'b'))]],
    [
      'pieces between each other',
      [
        chunk(tool(0, '{"tags":', 'a')),
        chunk(tool(1, '{"tags":', 'b')),
        chunk(tool(0, '[1]}')),
        chunk(tool(1, '[5]}')),
      ],
    ],
    [
      'in one event',
      [chunk({ tool_calls: [...tool(0, '{"tags":[1]}').tool_calls, ...tool(1, '{"tags":[5]}').tool_calls] })],
    ],
    ['with the same index', [chunk(tool(0, '{"tags":[1]}', 'a')), chunk(tool(0, '{"tags":[5]}', 'b'))]],
    [
      'with the same index, in pieces',
      [chunk(tool(0, '{"tags":[1]}', 'a')), chunk(tool(0, '{"tags":')), chunk(tool(0, '[5]}'))],
    ],
    ['without an index', [chunk(tool(undefined, '{"tags":[1]}', 'a')), chunk(tool(undefined, '{"tags":[5]}', 'b'))]],
    ['with an index from one', [chunk(tool(1, '{"tags":[1]}')), chunk(tool(2, '{"tags":[5]}'))]],
  ])('two calls of the tool, %s, are kept apart', async (_what, events) => {
    expect(await read(...events, chunk({}, 'tool_calls'), done)).toMatchObject({ reply: { text: both } })
  })

  test('tells its model, its tokens, their probabilities and its end', async () => {
    const logprobs = { content: [{ token: '1', logprob: -0.1 }] }
    const first = event({ model: 'fake', choices: [{ delta: { content: text }, logprobs }] })
    const last = event({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5 } })
    expect(await read(first, chunk({}, 'MAX_TOKENS'), last, done)).toMatchObject({
      reply: { model: 'fake', finish: 'length', usage: { input_tokens: 7, output_tokens: 5 }, tokens: [{ text: '1' }] },
    })
    expect(await read(chunk({ refusal: 'No' }), chunk({ refusal: '.' }, 'stop'), done)).toMatchObject({
      reply: { finish: 'refusal' },
    })
    expect(await read(chunk({ content: '{"ta' }, 'SAFETY'), done)).toMatchObject({
      reply: { finish: 'content_filter' },
    })
  })
})

describe('an error in a stream', () => {
  const begun = chunk({ content: '{"ta' })
  test.each<[what: string, events: string[], failure: object]>([
    [
      'beside a choice that ends with it',
      [
        begun,
        event({
          id: 'x',
          error: { code: 502, message: 'gone' },
          choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
        }),
      ],
      { kind: 'status', status: 502, text: 'gone' },
    ],
    ['at the start', [event({ error: { code: 429, message: 'too many' } }), done], { kind: 'status', status: 429 }],
    [
      'after a whole answer',
      [chunk({ content: text }, 'stop'), event({ error: { code: 503, message: 'down' } }), done],
      { kind: 'status', status: 503 },
    ],
    ['as a text', [event({ error: 'upstream timed out' })], { kind: 'malformed', text: 'upstream timed out' }],
    [
      'as an event of that name',
      [begun, 'event: error\ndata: {"message":"overloaded"}\n\n'],
      { kind: 'malformed', text: 'overloaded' },
    ],
    [
      'as Anthropic sends it',
      [begun, 'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'],
      { kind: 'status', status: 529 },
    ],
    [
      'as vLLM sends it',
      [event({ object: 'error', message: 'bad', type: 'BadRequestError', code: 400 })],
      { kind: 'status', status: 400, text: 'bad' },
    ],
    [
      'as Google sends it',
      [begun, event([{ error: { code: 503, message: 'busy', status: 'UNAVAILABLE' } }])],
      { kind: 'status', status: 503 },
    ],
    [
      'as an event of that name that holds a text',
      ['event: error\ndata: "broken"\n\n'],
      { kind: 'malformed', text: 'broken' },
    ],
    ['as an end', [begun, chunk({}, 'error'), done], { kind: 'malformed', status: 200 }],
    ['as an end of resources', [begun, chunk({}, 'insufficient_system_resource'), done], { kind: 'malformed' }],
  ])('%s is the failure it tells of', async (_what, events, failure) => {
    expect(await read(...events)).toMatchObject({ ok: false, failure })
  })

  test.each<[what: string, events: string[]]>([
    ['that ends before the reply does', [begun]],
    ['that ends after a draft', [chunk({ content: `First idea: ${text}. On a` })]],
    ['that ends within a call', [chunk(tool(0, '{"tags":[1]}')), chunk(tool(1, '{"tags":'))]],
    ['with an event that is no JSON', [begun, 'data: {"choices":[{"del\n\n']],
  ])('a stream %s is malformed', async (_what, events) => {
    await expect(read(...events)).rejects.toThrow(SyntaxError)
  })
})

test.each([
  ['{"choices":[]}', false],
  ['[]', false],
  ['<html>data: x</html>', false],
  ['', false],
  ['data', false],
  ['\n\ndata: {}', true],
  [': ping', true],
  ['event: message\ndata: {}', true],
  ['id: 1\ndata: {}', true],
  ['retry: 5\ndata: {}', true],
])('%j is a stream of events: %s', (body, expected) => {
  expect(isEventStream(body)).toBe(expected)
})
