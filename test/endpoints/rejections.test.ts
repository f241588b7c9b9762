import { OpenAI } from 'openai'
import { describe, expect, test } from 'vitest'
import type { UpstreamFailure } from '../../src/core/model/engine.ts'
import { failureOf } from '../../src/endpoints/openai/sdk-errors.ts'
import { readRejection } from '../../src/endpoints/request-form/rejections.ts'
import { rejections } from '../support/rejections.ts'

class Sdk extends OpenAI {
  errorOf(status: number, json: object | undefined, text: string | undefined) {
    return this.makeStatusError(status, json!, text, new Headers())
  }
}
const sdk = new Sdk({ apiKey: 'none' })

/** An error body as the SDK hands it on. */
function failure(status: number, body: object | string): UpstreamFailure {
  const [json, text] = typeof body === 'string' ? [undefined, body] : [body, undefined]
  return failureOf(sdk.errorOf(status, json, text))
}

const aboutOf = (status: number, body: object | string, prompt = '') =>
  readRejection(failure(status, body), prompt)?.cause?.about

describe('a rejection, as it was worded', () => {
  test.each(rejections)('$source, $status: $refused is read as $about', ({ status, body, about }) => {
    const rejection = readRejection(failure(status, body))
    expect(rejection).toBeDefined()
    expect(rejection?.cause?.about).toBe(about)
  })

  test('at least fifty of them, each with its source', () => {
    expect(rejections.filter(({ source }) => source !== '').length).toBeGreaterThan(50)
  })

  test.each([
    'temperature',
    'Temperature',
    'TEMPERATURE',
    'logprobs',
    'Logprobs',
    'LogProbs',
    'top_logprobs',
    'topLogprobs',
  ])('%s is known however it is written', name => {
    expect(aboutOf(400, { error: { message: `${name} is not supported` } })).toBe('parameter')
  })

  test.each([
    ['reasoning_effort', 'reasoning_effort'],
    ['reasoningEffort', 'reasoning_effort'],
    ['Reasoning effort', 'reasoning_effort'],
  ])('%s: %s', (name, about) => {
    const message = `Model grok-4-1-fast does not support parameter ${name}.`
    expect(aboutOf(400, { code: 'invalid-argument', error: message })).toBe(about)
  })
})

describe('a failure that is not about the form', () => {
  test.each<[string, number, object | string]>([
    [
      'OpenAI, context',
      400,
      { error: { message: "This model's maximum context length is 8192 tokens", code: 'context_length_exceeded' } },
    ],
    [
      'llama.cpp, context',
      400,
      { error: { message: 'the request exceeds the available context size', type: 'exceed_context_size_error' } },
    ],
    [
      'Azure, content filter',
      400,
      { error: { message: 'The response was filtered', code: 'content_filter', param: 'prompt' } },
    ],
    [
      'DashScope, content',
      400,
      { error: { code: 'data_inspection_failed', message: 'Input data may contain inappropriate content.' } },
    ],
    ['DeepSeek, content', 400, { error: { message: 'Content Exists Risk', type: 'invalid_request_error' } }],
    [
      'OpenAI, unknown model',
      404,
      { error: { message: 'The model `x` does not exist', param: null, code: 'model_not_found' } },
    ],
    ['Ollama, unknown model', 404, { error: 'model "qwen9" not found, try pulling it first' }],
    ['OpenAI, a wrong model', 400, { error: { message: 'invalid model ID', param: 'model', code: null } }],
    [
      'Gemini, key',
      400,
      [
        {
          error: { code: 400, message: 'API key not valid. Please pass a valid API key.', status: 'INVALID_ARGUMENT' },
        },
      ],
    ],
    ['Anthropic, credit', 400, { error: { message: 'Your credit balance is too low to access the API.' } }],
    ['OpenRouter, privacy', 404, { error: { message: 'No endpoints found matching your data policy.', code: 404 } }],
    [
      'ollama/ollama#12884, what the model wrote',
      500,
      { error: 'error parsing tool call: raw=\'{"tags":[1}\', err=invalid character' },
    ],
    [
      'Groq, what the model wrote',
      400,
      { error: { message: 'Failed to generate JSON. Please adjust your prompt.', code: 'json_validate_failed' } },
    ],
    ['a proxy, a page', 400, '<html><body>tools, temperature</body></html>'],
    ['a key', 401, { error: { message: 'response_format' } }],
    ['a limit', 429, { error: { message: 'response_format' } }],
    ['a gateway', 502, { error: { message: 'response_format' } }],
    ['a key without rights', 403, { error: { message: 'tools are not allowed for this project' } }],
  ])('%s, %i', (_, status, body) => {
    expect(readRejection(failure(status, body))).toBeUndefined()
  })
})

describe('what an endpoint quotes is not what it says', () => {
  const documents = [
    'sets the temperature of a room with simple tools',
    'a tool that validates a response against its json_schema',
    'Logprobs is not enabled for models/gemini-2.5-pro, says the log',
    'the system role is not supported by this household appliance',
    'use max_completion_tokens instead of max_tokens, it says in the manual',
    'only support stream mode and non-streaming calls in our river',
    'reasoning_effort must be one of none or default, he thought',
    'the grammar is too large for the schema of the language',
    'tool_choice, response_format and stream_options are what this parser knows',
    'strict mode and "enum" in TypeScript',
  ]
  const frames: readonly (readonly [string, (document: string) => object | string])[] = [
    ['in double quotes', text => ({ error: { message: `Could not tokenize the input "${text}"` } })],
    ['in single quotes', text => ({ error: { message: `Unprocessable input: '${text}'` } })],
    ['in backticks', text => ({ error: { message: `Input \`${text}\` is malformed` } })],
    ['cut off in its quotes', text => ({ error: { message: `Could not read "# Title: ${text.slice(0, 44)}` } })],
    [
      'as input of pydantic',
      text => ({
        error: {
          message: `1 validation error: messages.1.content Input should be valid text [type=string_type, input_value=${text}, input_type=str]`,
        },
      }),
    ],
    [
      'as input of FastAPI',
      text => ({
        detail: [{ loc: ['body', 'messages', 1, 'content'], msg: 'Input should be valid text', input: text }],
      }),
    ],
    [
      'as input in Python',
      text => ({
        message: `[{'type': 'string_type', 'loc': ('body', 'messages'), 'msg': 'Input is malformed', 'input': '${text}'}]`,
      }),
    ],
    [
      'as the request itself',
      text => ({ error: { message: 'Malformed request', request: { messages: [{ content: text }] } } }),
    ],
    ['as the value', text => ({ error: { message: 'Malformed request', value: text, body: text } })],
    [
      'in an error inside an error',
      text => ({
        error: {
          message: 'Provider returned error',
          metadata: { raw: JSON.stringify({ error: { message: `Unprocessable input: "${text}"` } }) },
        },
      }),
    ],
  ]
  const quoted = documents.flatMap(text => frames.map(([how, frame]) => ({ text, how, body: frame(text) })))

  test.each(quoted)('$how: $text', ({ body }) => {
    expect(readRejection(failure(400, body))?.cause).toBeUndefined()
  })

  test.each(documents)('without any marks, where it stands in the prompt: %s', text => {
    const prompt = `Assign tags.\n<document>\n# Title\n\nIt says that ${text}.\n</document>`
    const body = { error: { message: `Cannot process ${text} at position 1017` } }
    expect(aboutOf(400, body, prompt)).toBeUndefined()
    expect(aboutOf(400, { error: { message: 'Temperature is not supported' } }, prompt)).toBe('parameter')
  })

  test('a field that names the part counts, whatever is quoted beside it', () => {
    const body = { error: { message: 'Cannot use "the tools of a blacksmith" with this', param: 'temperature' } }
    expect(readRejection(failure(400, body))?.cause).toEqual({ about: 'parameter', parameter: 'temperature' })
  })
})
