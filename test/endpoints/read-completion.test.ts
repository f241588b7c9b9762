import { expect, test } from 'vitest'
import { readCompletion } from '../../src/adapters/openai/read-completion.ts'

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

test.each([
  ['parts', { content: [{ type: 'text', text: '{"tags":' }, { type: 'image' }, { text: '[1]}' }] }],
  ['a tool', { content: null, tool_calls: [{ function: { arguments: text } }] }],
  ['a tool whose arguments are no text', { content: ' ', tool_calls: [{ function: { arguments: { tags: [1] } } }] }],
])('a reply that comes as %s is read', (_name, message) => {
  expect(read(completion({}, {}, message))).toEqual({ ok: true, reply: plain })
})

test.each([
  ['length', {}, 'length'],
  ['model_length', {}, 'length'],
  ['content_filter', {}, 'content_filter'],
  ['refusal', {}, 'refusal'],
  ['stop', { refusal: 'No.' }, 'refusal'],
  ['eos', {}, 'stop'],
])('the end %s is told', (finish_reason, message, finish) => {
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

test('an error in disguise is the failure it tells of', () => {
  expect(read({ error: { message: 'later', code: 429 } })).toMatchObject({ failure: { kind: 'status', status: 429 } })
  expect(read({ error: 'broken' })).toMatchObject({ failure: { kind: 'malformed', text: 'broken' } })
})
