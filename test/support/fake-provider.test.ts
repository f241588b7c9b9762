import { afterEach, describe, expect, test } from 'vitest'
import { dialectNames, loadDialect } from './fake-provider/dialect-files.ts'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './fake-provider/server.ts'

type Fields = Record<string, unknown>

const system = 'Answer in JSON.\n36\tnetworking - packets and sockets\n57\tnews\n18\tlinux\n7\tdatabase'
const messages = (document: string) => [
  { role: 'system', content: system },
  { role: 'user', content: `<document>${document}</document>` },
]
const schemaOf = (tags: Fields = {}, root: Fields = { additionalProperties: false }) => ({
  type: 'object',
  properties: { tags: { type: 'array', items: { type: 'integer', enum: [36, 57, 18] }, maxItems: 3, ...tags } },
  required: ['tags'],
  ...root,
})
const schemaFormat = (schema: unknown = schemaOf(), strict = true) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'tags', strict, schema } },
})
const object = { response_format: { type: 'json_object' } }
const tool = (choice: unknown = { type: 'function', function: { name: 'pick_tags' } }) => ({
  tools: [{ type: 'function', function: { name: 'pick_tags', strict: true, parameters: schemaOf() } }],
  tool_choice: choice,
})

let provider: FakeProvider
afterEach(() => provider?.close())

async function start(options: FakeProviderOptions = {}): Promise<FakeProvider> {
  provider = await startFakeProvider(options)
  return provider
}

async function post(body: Fields, headers: Record<string, string> = {}) {
  const response = await fetch(`${provider.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer fake', ...headers },
    body: JSON.stringify({ model: 'fake-model', messages: messages('about sockets'), ...body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('data:') ? {} : JSON.parse(text),
  }
}

const contentOf = (answer: { body: { choices: { message: Fields }[] } }) => answer.body.choices[0]!.message.content
const tagsOf = (content: unknown): unknown[] => JSON.parse(String(content)).tags

test('every dialect file parses, says what it is about, and offers its models', async () => {
  expect(dialectNames()).toEqual(expect.arrayContaining(['openai', 'mistral', 'prose']))
  for (const name of dialectNames()) expect(loadDialect(name).about).not.toBe('')
  await start({ dialect: 'deepseek' })
  const list = (await (await fetch(`${provider.url}/models`)).json()) as { data: { id: string }[] }
  expect(list.data.map(model => model.id)).toEqual(['deepseek-chat', 'deepseek-reasoner'])
  await expect(startFakeProvider({ dialect: 'nobody' })).rejects.toThrow(/no dialect nobody; there are: anthropic/u)
})

const unique = schemaFormat(schemaOf({ uniqueItems: true }))
const many = Array.from({ length: 1001 }, (_, index) => index)
const wordless = { messages: [{ role: 'user', content: 'hello' }] }

test.each<[string, Fields, number, string]>([
  ['openai', unique, 400, "In context=('properties', 'tags'), 'uniqueItems' is not permitted."],
  ['openai', schemaFormat(schemaOf({}, {})), 400, "In context=(), 'additionalProperties' is required"],
  ['openai', schemaFormat(schemaOf({ items: { enum: many } })), 400, 'at most 1000 enum values in total'],
  ['openai', { ...object, ...wordless }, 400, "must contain the word 'json'"],
  ['openai-reasoning', { max_tokens: 9 }, 400, "'max_tokens' is not supported with this model. Use 'max_comp"],
  ['openai-reasoning', { temperature: 0 }, 400, "'temperature' does not support 0 with this model"],
  ['openai-reasoning', tool(), 400, 'Function tools with reasoning_effort are not supported for gpt-5-mini'],
  ['openai-reasoning', { model: 'gpt-5-no-none', reasoning_effort: 'none' }, 400, "does not support 'none'"],
  ['azure', schemaFormat(), 400, "'maxItems' is not permitted"],
  ['azure', { model: 'filtered' }, 400, '"code":"content_filter"'],
  [
    'openrouter-plain',
    { ...schemaFormat(), provider: { require_parameters: true } },
    404,
    'No endpoints found that can',
  ],
  ['vllm', unique, 400, 'contains features not supported by xgrammar'],
  ['vllm', tool('auto'), 400, 'requires --enable-auto-tool-choice'],
  ['llama-cpp', tool(), 500, 'requires --jinja flag'],
  ['llama-cpp', { messages: messages('x'.repeat(70_000)) }, 400, '"n_ctx":16384'],
  ['lm-studio', object, 400, `{"error":"'response_format.type' must be 'json_schema' or 'text'"}`],
  ['lm-studio', tool(), 400, "Invalid tool_choice type: 'object'"],
  ['groq', schemaFormat(), 400, 'This model does not support response format `json_schema`'],
  ['groq', { logprobs: true }, 400, '`logprobs` is not supported with this model'],
  [
    'mistral',
    { seed: 12 },
    422,
    '{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"]',
  ],
  ['deepseek', schemaFormat(), 400, 'This response_format type is unavailable now'],
  ['deepseek', { ...tool(), model: 'deepseek-reasoner' }, 400, 'does not support this tool_choice'],
  [
    'gemini',
    schemaFormat(schemaOf({ items: { enum: many.slice(0, 121) } })),
    400,
    '[{"error":{"code":400,"message":"The spec',
  ],
  ['gemini', tool(), 400, 'enum: only allowed for STRING type'],
  [
    'litellm',
    schemaFormat(),
    400,
    "litellm.UnsupportedParamsError: ollama_chat does not support parameters: ['response_f",
  ],
  ['streaming-only', {}, 400, 'This model only support stream mode'],
  ['strict-field', schemaFormat(), 422, '"loc":["body","response_format","json_schema","strict"]'],
])('%s refuses %j', async (dialect, fields, status, text) => {
  await start({ dialect })
  const answer = await post(fields)
  expect(answer.status).toBe(status)
  expect(answer.text).toContain(text)
  expect(provider.tally()).toEqual({ [dialect === 'azure' && fields.model ? 'prompt_filter' : 'rejected']: 1 })
})

test.each<[string, Fields]>([
  ['openai', schemaFormat(schemaOf({ uniqueItems: true }), false)],
  ['openai', tool()],
  ['openai-reasoning', { ...tool(), reasoning_effort: 'none', temperature: 0 }],
  ['llama-cpp', unique],
  ['lm-studio', tool('required')],
  ['mistral', { random_seed: 12 }],
  ['ollama', { ...tool(), seed: 1 }],
  ['anthropic', { logprobs: true, seed: 1, ...schemaFormat() }],
])('%s accepts %j', async (dialect, fields) => {
  await start({ dialect })
  expect((await post(fields)).status).toBe(200)
})

describe('the stand-in', () => {
  test('picks one to three of the schema, the same for the same document', async () => {
    await start()
    const ask = async (document: string) =>
      tagsOf(contentOf(await post({ messages: messages(document), ...schemaFormat(schemaOf({ maxItems: 2 })) })))
    const seen = new Set<unknown>()
    for (let index = 0; index < 30; index++) {
      const tags = await ask(`document ${index}`)
      expect(new Set(tags).size).toBe(tags.length)
      expect(tags.length === 1 || tags.length === 2).toBe(true)
      for (const tag of tags) expect(seen.add(tag) && [36, 57, 18].includes(Number(tag))).toBe(true)
    }
    expect(seen.size).toBe(3)
    expect(await ask('document 4')).toEqual(await ask('document 4'))
  })

  test.each([
    ['lines in the system message', messages('a'), [36, 57, 18, 7]],
    [
      'JSON',
      [{ role: 'user', content: 'Tags: [{"id":4,"name":"a b"},{ "id": "x", "name": "c" }] # read\tme' }],
      [4, 'x'],
    ],
    [
      'numbered lines before the document',
      [{ role: 'user', content: '1\tred\n2\tblue\n<document>3\tx</document>' }],
      [1, 2],
    ],
  ])('reads the list as %s where nothing constrains it', async (_, prompt, allowed) => {
    const choose: FakeProviderOptions['choose'] = question => question.allowed
    await start({ choose })
    expect(tagsOf(contentOf(await post({ messages: prompt })))).toEqual(allowed)
  })

  test('says names, thinks aloud, answers in parts, fields or tool calls as its dialect does', async () => {
    const choose = () => [36, 57]
    const message = async (dialect: string, fields: Fields = {}) => {
      await provider?.close()
      await start({ dialect, choose })
      return (await post({ ...schemaFormat(), ...fields })).body.choices[0].message
    }
    expect((await message('thinking')).content).toMatch(
      /^<think>\nMaybe \{"tags":\[36\]\}[\s\S]*<\/think>\n\n\{"tags":\[36,57\]\}$/u,
    )
    expect((await message('thinking', { model: 'thinks-in-a-field' })).reasoning_content).toContain('Maybe')
    expect((await message('mistral')).content[1]).toEqual({ type: 'text', text: '{"tags":[36,57]}' })
    expect((await message('prose')).content).toMatch(/networking|36/u)
    expect((await message('ollama-cloud')).content).toMatch(/64/u)
    expect((await message('openai', { response_format: undefined, ...tool() })).tool_calls[0].function).toEqual({
      name: 'pick_tags',
      arguments: '{"tags":[36,57]}',
    })
  })
})
