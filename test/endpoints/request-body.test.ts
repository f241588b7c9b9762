import { describe, expect, test } from 'vitest'
import { createServices } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { WireForm } from '../../src/core/model/wire-form.ts'
import { initialFormOf } from '../../src/endpoints/openai/provider-profiles.ts'
import { requestBody } from '../../src/endpoints/openai/request-body.ts'
import { readRejection } from '../../src/endpoints/request-form/rejections.ts'
import { stepDown } from '../../src/endpoints/request-form/step-down.ts'

const { tasks } = await createServices(loadConfig({}))

function written(text: string, form: WireForm): string {
  const task = tasks.prepare({ id: text.length, text })
  const { schema, messages, fixedPart, document, tagList, choices, maxTags } = task
  const wording = { schema, messages, cacheKey: fixedPart, text: document.text, tagList, choices, maxTags }
  return requestBody({ ...wording, model: 'any', form, temperature: 0, tokenCap: 256, logprobs: false }, {}).toString()
}

const openai = 'https://api.openai.com/v1'
const endpoints: readonly [string, string][] = [
  [openai, 'gpt-4.1-mini'],
  [openai, 'gpt-5-mini'],
  [openai, 'gpt-5.6'],
  ['https://api.mistral.ai/v1', 'ministral'],
  ['http://127.0.0.1:8000/v1', 'any'],
]

describe.each(endpoints)('%s %s', (baseUrl, model) => {
  const form = initialFormOf(baseUrl, model)
  const forms = [form, { ...form, format: { ...form.format, type: 'tool' as const } }, { ...form, systemInUser: true }]

  test.each(forms)('two requests are the same bytes up to the document', used => {
    const [first, second] = [written('A router.', used), written('Some database of 1,000 rows.\n\nFast.', used)]
    const start = first.search(/(?<=<document [0-9a-f]{16}>)/)
    expect(start).toBeGreaterThan(1_000)
    expect(second.slice(0, start)).toBe(first.slice(0, start))
    expect(JSON.parse(first)).toEqual(JSON.parse(written('A router.', used)))
  })
})

const systemOf = (form: WireForm) => JSON.parse(written('A router.', form)).messages[0].content

test('where a cache holds only what is marked, the fixed part is marked; elsewhere it is a string', () => {
  const form = initialFormOf(openai, 'gpt-5.6-mini')
  expect(systemOf(form)).toEqual([
    { type: 'text', text: expect.any(String), prompt_cache_breakpoint: { mode: 'explicit' } },
  ])
  expect(JSON.parse(written('A router.', form)).prompt_cache_options).toEqual({ mode: 'explicit', ttl: '30m' })
  for (const model of ['gpt-4.1-mini', 'gpt-5', 'gpt-5.5', 'o3']) {
    expect(systemOf(initialFormOf(openai, model))).toEqual(expect.any(String))
  }
})

test.each(['prompt_cache_options', 'prompt_cache_breakpoint'])(
  'an endpoint that does not take %s is asked without',
  name => {
    const failure = {
      kind: 'status',
      status: 400,
      code: 'unknown_parameter',
      text: `Unknown parameter: '${name}'.`,
    } as const
    const rejection = readRejection({ ...failure, body: undefined, headers: undefined })
    const use = { logprobs: false, system: true }
    const next = stepDown(initialFormOf(openai, 'gpt-5.6'), rejection!.cause!, use)
    expect(systemOf(next!)).toEqual(expect.any(String))
  },
)
