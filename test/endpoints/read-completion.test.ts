import { describe, expect, test } from 'vitest'
import { readCompletion } from '../../src/endpoints/openai/replies/read-completion.ts'

const text = '{"tags":[1]}'
const read = (body: unknown) => readCompletion(body, { model: 'asked', headers: undefined })
const completion = (more: object = {}, choice: object = {}, message: object = {}) => ({
  choices: [{ message: { content: text, ...message }, ...choice }],
  ...more,
})
const nothing = {
  input_tokens: null,
  cached_input_tokens: null,
  cache_write_tokens: null,
  output_tokens: null,
  reasoning_tokens: null,
}
const plain = { text, model: 'asked', finish: 'stop', usage: nothing, tokens: undefined, headers: undefined }

test('of a completion only its choice has to be there', () => {
  expect(read(completion())).toEqual({ ok: true, reply: plain })
  expect(read(JSON.stringify(completion()))).toEqual({ ok: true, reply: plain })
})

test.each([
  ['a model that is no word', completion({ model: 7 })],
  ['a model without a name', completion({ model: '' })],
  ['usage that is a word', completion({ usage: 'some' })],
  ['usage in fractions and below zero', completion({ usage: { prompt_tokens: 1.5, completion_tokens: -1 } })],
  ['details that are a list', completion({ usage: { prompt_tokens_details: [1] } })],
  ['a reason that is a number', completion({}, { finish_reason: 3 })],
  ['log probabilities of another kind', completion({}, { logprobs: { content: [{ token: 1 }] } })],
  ['a refusal that is empty', completion({}, {}, { refusal: '' })],
  ['tools that are a word', completion({}, {}, { tool_calls: 'none' })],
  ['more choices, of any kind', { choices: [...completion().choices, null] }],
])('%s does not spoil the reply', (_name, body) => {
  expect(read(body)).toEqual({ ok: true, reply: plain })
})

test.each([
  [
    'OpenAI',
    {
      prompt_tokens: 9,
      completion_tokens: 5,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 2 },
    },
    { input_tokens: 9, cached_input_tokens: 4, cache_write_tokens: 3, output_tokens: 5, reasoning_tokens: 2 },
  ],
  ['DeepSeek', { prompt_tokens: 9, prompt_cache_hit_tokens: 8 }, { input_tokens: 9, cached_input_tokens: 8 }],
])('tokens are read as %s writes them', (_name, usage, expected) => {
  expect(read(completion({ usage }))).toMatchObject({ reply: { usage: { ...nothing, ...expected } } })
})

const call = (args: unknown) => ({ id: 'c', type: 'function', function: { name: 'pick_tags', arguments: args } })

test.each<[how: string, message: object, text: string]>([
  [
    'one call for each tag',
    { content: null, tool_calls: [call('{"tags":[1]}'), call('{"tags":[5]}')] },
    '[{"tags":[1]},{"tags":[5]}]',
  ],
  [
    'calls glued into one',
    { content: null, tool_calls: [call('{"tags":[1]}{"tags":[5]}')] },
    '[{"tags":[1]},{"tags":[5]}]',
  ],
  [
    'calls with objects',
    { content: '', tool_calls: [call({ tags: [1] }), call({ tags: [5] })] },
    '[{"tags":[1]},{"tags":[5]}]',
  ],
  [
    'calls of which one is empty',
    { content: '', tool_calls: [call('{}'), call('{"tags":[5]}'), call('{ }')] },
    '{"tags":[5]}',
  ],
  ['calls of which one was never written', { content: '', tool_calls: [call('{"tags":[5]}'), call('')] }, ''],
  ['an unwritten call beside an answer', { content: text, tool_calls: [call('')] }, text],
  [
    'calls of which one is broken',
    { content: '', tool_calls: [call('{"tags":[1]}'), call('{"tags":[5,,]}')] },
    '{"tags":[5,,]}',
  ],
  ['a call beside a remark', { content: 'I pick [3].', tool_calls: [call(text)] }, text],
  ['an empty call beside an answer', { content: text, tool_calls: [call('{}')] }, text],
  ['a call that is none', { content: text, tool_calls: [null, 'x', { function: null }] }, text],
  [
    'parts with a thought',
    {
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: '{"tags":[9]}' }] },
        { type: 'text', text },
      ],
    },
    text,
  ],
  ['parts that are texts', { content: ['{"tags":', '[1]}'] }, text],
  ['the text of another API', { content: [{ type: 'output_text', text }] }, text],
  ['reasoning alone', { content: null, reasoning_content: text }, text],
  ['reasoning alone, by another name', { content: '', reasoning: text }, text],
  ['reasoning that ends with it', { content: null, reasoning: `Not {"tags":[9]}, so:\n${text}` }, text],
  ['reasoning that ends with it in a fence', { content: null, reasoning: `So:\n\`\`\`json\n${text}\n\`\`\`` }, text],
  ['reasoning that holds its own mark', { content: null, reasoning: `<think>{"tags":[9]}</think>${text}` }, text],
  ['nothing but a draft in a thought', { content: null, reasoning: `Perhaps ${text}, but that is wrong.` }, ''],
  ['an answer beside a thought', { content: '{"tags":[2]}', reasoning: text }, '{"tags":[2]}'],
])('of %s, the answer is the text', (_how, message, expected) => {
  expect(read(completion({}, { finish_reason: 'stop' }, message))).toMatchObject({
    reply: { text: expected, finish: 'stop' },
  })
})

test('the end of a thought that was cut is no conclusion, unless it is all there was', () => {
  const cut = (reasoning: string) => read(completion({}, { finish_reason: 'length' }, { content: null, reasoning }))
  expect(cut(`Perhaps ${text}`)).toMatchObject({ reply: { text: '', finish: 'length' } })
  expect(cut(text)).toMatchObject({ reply: { text, finish: 'length' } })
})

test.each([
  ['parts', { content: [{ type: 'text', text: '{"tags":' }, { type: 'image' }, { text: '[1]}' }] }],
  ['a tool', { content: null, tool_calls: [{ function: { arguments: text } }] }],
  ['a tool whose arguments are no text', { content: ' ', tool_calls: [{ function: { arguments: { tags: [1] } } }] }],
])('a reply that comes as %s is read', (_name, message) => {
  expect(read(completion({}, {}, message))).toEqual({ ok: true, reply: plain })
})

test.each([
  ['stop', { refusal: 'No.' }, 'refusal'],
  ['error', { refusal: 'No.' }, 'refusal'],
])('the end %s beside a refusal is one', (finish_reason, message, finish) => {
  expect(read(completion({}, { finish_reason }, message))).toMatchObject({ reply: { finish } })
})

test('token probabilities are read', () => {
  const content = [{ token: '1', logprob: -0.1, top_logprobs: [{ token: '2', logprob: -3 }] }]
  const tokens = [{ text: '1', logprob: -0.1, alternatives: [{ text: '2', logprob: -3 }] }]
  expect(read(completion({}, { logprobs: { content } }))).toMatchObject({ reply: { tokens } })
})

test.each([
  ['no choice', { choices: [] }],
  ['no message', { choices: [{}] }],
  ['a number as content', completion({}, {}, { content: 5 })],
  ['a page', '<html>'],
  ['nothing', null],
])('%s is a malformed reply', (_name, body) => {
  expect(read(body)).toMatchObject({ ok: false, failure: { kind: 'malformed', status: 200 } })
})

describe('an error in a 200', () => {
  const words = 'it went wrong'
  const status = (number: number, more: object = {}) => ({ kind: 'status', status: number, text: words, ...more })
  const nameless = (more: object = {}) => ({ kind: 'malformed', status: 200, text: words, ...more })
  const whole = completion({}, { finish_reason: 'stop' })

  test.each<[what: string, body: unknown, failure: object]>([
    ['OpenRouter', { error: { code: 502, message: words } }, status(502)],
    ['OpenRouter, beside choices', { ...whole, error: { code: 429, message: words } }, status(429)],
    [
      'OpenRouter, in the choice',
      completion({}, { finish_reason: 'error', error: { code: 503, message: words } }),
      status(503),
    ],
    [
      'a choice with an error and another end',
      completion({}, { finish_reason: 'stop', error: { code: 503, message: words } }),
      status(503),
    ],
    ['a number as text', { error: { code: '429', message: words } }, status(429, { code: '429' })],
    [
      'a number beside a word',
      { error: { code: 'invalid_api_key', status: 401, message: words } },
      status(401, { code: 'invalid_api_key' }),
    ],
    ['a number by another name', { error: { status_code: 503, message: words } }, status(503)],
    [
      'Anthropic',
      { type: 'error', error: { type: 'overloaded_error', message: words } },
      status(529, { code: 'overloaded_error' }),
    ],
    ['Anthropic, rate', { type: 'error', error: { type: 'rate_limit_error', message: words } }, status(429)],
    ['Google', { error: { code: 503, message: words, status: 'UNAVAILABLE' } }, status(503)],
    ['Google, in a list', [{ error: { code: 429, message: words, status: 'RESOURCE_EXHAUSTED' } }], status(429)],
    ['Google, the word alone', { error: { message: words, status: 'RESOURCE_EXHAUSTED' } }, status(429)],
    [
      'OpenAI',
      { error: { message: words, type: 'server_error', param: null, code: null } },
      status(500, { code: 'server_error' }),
    ],
    ['OpenAI, key', { error: { message: words, type: 'invalid_request_error', code: 'invalid_api_key' } }, status(401)],
    ['vLLM', { object: 'error', message: words, type: 'InternalServerError', param: null, code: 500 }, status(500)],
    ['Mistral', { object: 'error', message: words, type: 'rate_limited', code: '1300' }, nameless({ code: '1300' })],
    ['Cloudflare', { success: false, errors: [{ code: 7003, message: words }] }, nameless()],
    ['a text', { error: words }, nameless()],
    ['a text beside choices', { ...whole, error: words }, nameless()],
    ['a mark beside a message', { error: true, message: words }, nameless()],
    ['a number that is no status', { error: { code: 1305, message: words } }, nameless()],
    ['a word that nobody knows', { error: { code: 'constructor', message: words } }, nameless({ code: 'constructor' })],
  ])('%s: the failure it tells of', (_what, body, failure) => {
    expect(read(body)).toMatchObject({ ok: false, failure })
    expect(read(JSON.stringify(body))).toMatchObject({ ok: false, failure })
  })

  test.each([
    ['null', null],
    ['nothing', ''],
    ['an empty object', {}],
    ['false', false],
    ['zero', 0],
  ])('%s beside an answer is none', (_what, error) => {
    expect(read({ ...whole, error })).toEqual({ ok: true, reply: plain })
    expect(read(completion({}, { finish_reason: 'stop', error }))).toEqual({ ok: true, reply: plain })
  })

  test('what it quotes is kept for matching and is in no code', () => {
    const error = { message: 'later', code: 429, details: [{ retryDelay: '4s' }] }
    expect(read({ error })).toMatchObject({ failure: { code: undefined, body: error } })
  })
})
