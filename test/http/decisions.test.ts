import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadPrompts } from '../../src/prompts/prompt-files.ts'
import { withCalibration } from '../support/calibration.ts'
import { emptyFolder } from '../support/command.ts'
import type { Dialect } from '../support/fake-provider/dialect.ts'
import { loadDialect } from '../support/fake-provider/dialect-files.ts'
import { type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { startService } from '../support/service.ts'
import { runInProcess } from '../support/terminal.ts'

const prompts = await loadPrompts(new URL('../../prompts/', import.meta.url).pathname)
const { tags } = prompts.get('assign-tags')!.tagList
const idOf = (name: string) => tags.find(tag => tag.name === name)!.id
const listOf = (length: number) =>
  Array.from({ length }, (_, index) => ({ id: index + 1, name: `subject ${index + 1}x` }))

/** The same cases by both contracts, against an endpoint without a limit that a list of ninety tags meets. */
const apis = [
  { api: 'decisions', dialect: 'openai-decisions' },
  { api: 'systemone', dialect: 'systemone-local' },
] as const

interface Options extends Omit<FakeProviderOptions, 'dialect'> {
  readonly changes?: Partial<NonNullable<Dialect['decisions']>>
  readonly usage?: Partial<Dialect['usage']>
  readonly env?: Record<string, string>
  readonly model?: string
}

async function serviceFor(
  { api, dialect: name }: { api: string; dialect: string },
  { changes, usage, env, model, ...options }: Options = {},
) {
  const plain = loadDialect(name)
  const dialect = {
    ...plain,
    decisions: { ...plain.decisions!, ...changes },
    usage: { ...plain.usage, ...usage },
  }
  const provider = await startFakeProvider({ dialect, ...options })
  onTestFinished(() => provider.close())
  const service = await startService({
    OPENAI_API: api,
    OPENAI_BASE_URL: provider.url,
    OPENAI_API_KEY: 'sk-fake',
    OPENAI_MODEL: model ?? provider.dialect.model,
    UPSTREAM_BACKOFF_MS: '1',
    UPSTREAM_ATTEMPTS: '3',
    ...env,
  })
  const detailed = async (body: object) => (await service.classify(body, { query: '?details=true' })).json()
  return { provider, detailed, ...service }
}

const text = '# A networking library\n\nIt does networking, networking and security, for a database.'

for (const row of apis) {
  const { api } = row

  test(`${api}: ninety tags are asked about in one call, and the most probable come first`, async () => {
    const { provider, detailed } = await serviceFor(row, { changes: { decimals: undefined } })
    const answer = await detailed({ id: 'a', text })
    // The other two are equally probable, and stand in the order of their ids.
    expect(answer.tags).toEqual([idOf('networking'), idOf('security'), idOf('database')])
    expect(answer.details).toMatchObject({
      outcome: 'ok',
      format: { type: api, enforced: true, omitted: [] },
      candidates: { basis: 'whole_list', shown: 90 },
      dropped: [],
    })
    expect(answer.details.tags[0]).toEqual({ id: idOf('networking'), name: 'networking', confidence: 0.903 })
    expect(answer.details.usage).toMatchObject({ input_tokens: expect.any(Number), output_tokens: 0 })
    expect(provider.count()).toBe(1)
  })

  test(`${api}: no tag above the threshold is an answer without tags`, async () => {
    const { provider, detailed } = await serviceFor(row)
    const answer = await detailed({ text: '# Nothing\n\nIt says hello to whoever comes by.' })
    expect(answer).toMatchObject({ tags: [], details: { outcome: 'none_apply' } })
    expect(provider.count()).toBe(1)
  })

  test(`${api}: tags beyond max_tags are dropped as surplus, and those under min_confidence as such`, async () => {
    const { detailed } = await serviceFor(row, { changes: { decimals: undefined } })
    const one = await detailed({ text, max_tags: 1 })
    expect(one.tags).toEqual([idOf('networking')])
    expect(one.details.dropped.map(({ reason }: { reason: string }) => reason)).toEqual(['surplus', 'surplus'])
    const sure = await detailed({ text, min_confidence: 0.902 })
    expect(sure.tags).toEqual([idOf('networking')])
    expect(sure.details.dropped.map(({ reason }: { reason: string }) => reason)).toEqual([
      'low_confidence',
      'low_confidence',
    ])
  })

  test(`${api}: tags of equal probability after rounding are ordered by the choice of the same call`, async () => {
    const { provider, detailed } = await serviceFor(row, { changes: { decimals: 2 } })
    const answer = await detailed({
      text: '# Security\n\nsecurity, networking networking networking, database, security',
    })
    const confidences = answer.details.tags.map(({ confidence }: { confidence: number }) => confidence)
    expect(confidences).toEqual([0.9, 0.9, 0.9])
    expect(answer.tags[2]).toBe(idOf('database'))
    expect(new Set(answer.tags.slice(0, 2))).toEqual(new Set([idOf('networking'), idOf('security')]))
    expect(provider.count()).toBe(1)
  })

  test(`${api}: a tag whose question is refused is told as dropped, and the others are judged`, async () => {
    const { provider, detailed } = await serviceFor(row)
    const answer = await detailed({ text: `${text} [[decide:refusal=security]]` })
    expect(answer.tags).toEqual([idOf('networking'), idOf('database')])
    expect(answer.details.dropped).toEqual([{ reason: 'refused', id: idOf('security') }])
    expect(provider.count()).toBe(1)
  })

  test(`${api}: a refusal of every question is refused`, async () => {
    const { provider, classify } = await serviceFor(row)
    const list = [
      { id: 1, name: 'red' },
      { id: 2, name: 'blue' },
    ]
    const response = await classify({ text: 'A text. [[decide:refusal=red]] [[decide:refusal=blue]]', tags: list })
    expect(response.statusCode).toBe(422)
    expect(response.json()).toMatchObject({ code: 'refused' })
    expect(provider.count()).toBe(1)
  })

  test(`${api}: a question without an answer is asked again, alone`, async () => {
    const { provider, detailed } = await serviceFor(row)
    const answer = await detailed({ text: `${text} [[decide:once=networking]]` })
    expect(answer.tags).toContain(idOf('networking'))
    expect(provider.count()).toBe(2)
    const { questions } = provider.requests[1]!.body as { questions: object }
    expect(Object.keys(questions)).toHaveLength(1)
  })

  test.each(['missing', 'above', 'below', 'word', 'wrong'])(
    `${api}: a question that is answered with %s twice is an invalid reply`,
    async wish => {
      const { provider, classify } = await serviceFor(row)
      const response = await classify({ text: `${text} [[decide:${wish}=security]]` })
      expect(response.json()).toMatchObject({ code: 'invalid_reply', status: 502 })
      expect(response.json().detail).toContain('1 of 90 questions')
      expect(provider.count()).toBe(2)
    },
  )

  test(`${api}: an answer that nobody asked for is left alone`, async () => {
    const { provider, detailed } = await serviceFor(row)
    const answer = await detailed({ text: `${text} [[decide:unknown]]` })
    expect(answer.tags).toHaveLength(3)
    expect(provider.count()).toBe(1)
  })

  test.each([404, 501])(`${api}: status %i names OPENAI_API and is not repeated`, async status => {
    const { provider, classify } = await serviceFor(row, {
      script: [{ status, body: { error: { message: 'This is not a decision model.' } } }],
    })
    const { code, detail } = (await classify({ text })).json()
    expect(code).toBe('upstream_config')
    expect(detail).toMatch(/^OPENAI_API: /)
    expect(provider.count()).toBe(1)
  })

  test(`${api}: a rate limit is waited for`, async () => {
    const { provider, detailed } = await serviceFor(row, {
      script: [{ status: 429, headers: { 'retry-after-ms': '5' }, body: { error: 'Too many requests' } }],
    })
    const answer = await detailed({ text })
    expect(answer.tags).toHaveLength(3)
    expect(answer.details.attempts.map(({ result }: { result: string }) => result)).toEqual(['http_429', 'reply'])
    expect(provider.count()).toBe(2)
  })

  test(`${api}: a call that is not answered in time is given up and repeated`, async () => {
    const { provider, classify } = await serviceFor(row, {
      script: [{ fault: 'stall_before_headers' }, { fault: 'stall_after_headers' }],
      env: { UPSTREAM_TIMEOUT_MS: '1500', UPSTREAM_ATTEMPTS: '2' },
    })
    const response = await classify({ text })
    expect(response.json()).toMatchObject({ code: 'upstream_unavailable' })
    expect(provider.count()).toBe(2)
  })

  test.each([
    ['no JSON', 'certainly!'],
    ['no answers', { model: 'm', usage: {} }],
    ['a completion', { choices: [{ message: { content: '{"tags":[]}' } }] }],
    ['a list', []],
    ['null', null],
  ])(`${api}: a reply that is %s is no decision`, async (_, body) => {
    const replies = Array.from({ length: 3 }, () => ({ status: 200, body: body ?? 'null' }))
    const { provider, classify } = await serviceFor(row, { script: replies })
    expect((await classify({ text })).json()).toMatchObject({ code: 'upstream_unavailable' })
    expect(provider.count()).toBe(3)
  })

  test(`${api}: an error inside status 200 is the error it says`, async () => {
    const body = { error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } }
    const { provider, classify } = await serviceFor(row, { script: [{ status: 200, body }] })
    expect((await classify({ text })).json()).toMatchObject({ code: 'upstream_auth' })
    expect(provider.count()).toBe(1)
  })

  test(`${api}: a text that is too long with all questions is asked in parts, and no other text is`, async () => {
    const plain = await serviceFor(row)
    const { input_tokens } = (await plain.detailed({ text })).details.usage
    const { provider, detailed } = await serviceFor(row, { usage: { context_tokens: input_tokens + 100 } })
    const long = await detailed({ text: `${text}\n\n${'One more sentence of it. '.repeat(250)}` })
    expect(long.tags).toHaveLength(3)
    expect(provider.count()).toBeGreaterThan(2)
    const before = provider.count()
    expect((await detailed({ text })).tags).toHaveLength(3)
    expect(provider.count() - before).toBe(1)
  })
}

test.each([
  { api: 'decisions', dialect: 'openai-decisions', listed: 450, limit: 400, parts: 2 },
  { api: 'decisions', dialect: 'openrouter-decisions', listed: 450, limit: 200, parts: 3 },
  { api: 'systemone', dialect: 'systemone', listed: 90, limit: 32, parts: 3 },
])('$dialect: $listed tags are split once $limit is learned', async ({ api, dialect, listed, limit, parts }) => {
  const { provider, detailed } = await serviceFor({ api, dialect }, { env: { WHOLE_LIST_LIMIT: '1000' } })
  const list = listOf(listed)
  const about = (place: number) => `# A text\n\nsubject ${place}x and subject ${listed}x`
  const first = await detailed({ text: about(7), tags: list })
  expect(new Set(first.tags)).toEqual(new Set([7, listed]))
  expect(first.details.format).toMatchObject({ type: api, questions_per_call: limit })
  expect(provider.count()).toBe(1 + parts)
  expect(first.details.attempts[0].result).toBe('rejected_questions')
  const before = provider.count()
  const second = await detailed({ text: about(9), tags: list })
  expect(new Set(second.tags)).toEqual(new Set([9, listed]))
  expect(provider.count() - before).toBe(parts)
  expect(second.details.usage.input_tokens).toBeGreaterThan(0)
})

test.each([
  ['Too many questions.', 45],
  ['The list of questions is too long (max 50).', 50],
  ['questions: List should have at most 20 items after validation, not 90', 20],
  ['You can ask 1-8 questions per request', 8],
  ["'questions' must contain 64 or fewer entries, limit exceeded", 64],
])('a limit that is worded "%s" leads to %i questions a call', async (message, limit) => {
  const { provider, detailed } = await serviceFor(apis[0], {
    script: [{ status: 422, body: { error: { message } } }],
  })
  const answer = await detailed({ text })
  expect(answer.tags).toHaveLength(3)
  expect(answer.details.format.questions_per_call).toBe(limit)
  expect(provider.count()).toBe(1 + Math.ceil(90 / limit))
})

test('a list longer than a choice may be is asked about without one', async () => {
  const { provider, detailed } = await serviceFor({ api: 'decisions', dialect: 'openrouter-decisions' })
  const answer = await detailed({ text })
  expect(answer.tags).toHaveLength(3)
  expect(answer.details.format).toMatchObject({ omitted: ['choice'] })
  expect(answer.details.attempts.map(({ result }: { result: string }) => result)).toEqual(['rejected_choices', 'reply'])
  const { questions } = provider.requests[1]!.body as { questions: { type: string }[] }
  expect(questions.every(({ type }) => type === 'predicate')).toBe(true)
  await detailed({ text: '# Another\n\nAbout security.' })
  expect(provider.count()).toBe(3)
})

test('a list over WHOLE_LIST_LIMIT is shortlisted, and no model is asked for topics', async () => {
  const { provider, detailed } = await serviceFor(apis[0], { env: { WHOLE_LIST_LIMIT: '50', SHORTLIST_SIZE: '20' } })
  const answer = await detailed({ text })
  expect(answer.tags).toContain(idOf('networking'))
  expect(answer.details.candidates).toMatchObject({ shown: 20, listed: 90 })
  await detailed({ text: 'これは全く別の言語で書かれた文章です。' })
  expect(provider.count()).toBe(2)
})

test('answers without names are read in the order of the questions', async () => {
  const { detailed } = await serviceFor(apis[0])
  expect((await detailed({ text: `${text} [[decide:unnamed]]` })).tags).toContain(idOf('networking'))
})

test('many that come at once to a new endpoint are rejected once each at the most, and never again', async () => {
  const { provider, classify } = await serviceFor({ api: 'systemone', dialect: 'systemone' })
  const texts = Array.from({ length: 10 }, (_, index) => `# Text ${index}\n\nAbout security.`)
  const responses = await Promise.all(texts.map(one => classify({ text: one })))
  expect(responses.map(({ statusCode }) => statusCode)).toEqual(texts.map(() => 200))
  const { ok, rejected } = provider.tally()
  expect(ok).toBe(10 * 3)
  expect(rejected).toBeLessThanOrEqual(10)
  await classify({ text: '# One more\n\nAbout security.' })
  expect(provider.tally()).toEqual({ ok: 11 * 3, rejected })
})

test('a model that writes stands in for one that decides, and the other way round', async () => {
  const chat = await startFakeProvider()
  onTestFinished(() => chat.close())
  const { provider, detailed } = await serviceFor(apis[0], {
    script: Array.from({ length: 2 }, () => ({ status: 500, body: {} })),
    env: {
      UPSTREAM_ATTEMPTS: '1',
      OPENAI_BASE_URL_2: chat.url,
      OPENAI_API_KEY_2: 'sk-fake',
      OPENAI_MODEL_2: 'gpt-4.1-mini',
    },
  })
  const byOther = await detailed({ text })
  expect(byOther.details).toMatchObject({ endpoint: new URL(chat.url).host, format: { type: 'json_schema' } })
  expect([provider.count(), chat.count()]).toEqual([1, 1])
})

test('an answer of a decision model is cached with its probabilities, whoever asks for them', async () => {
  const { provider, classify, detailed } = await serviceFor(apis[0])
  const first = await classify({ text })
  expect(first.headers['x-cache']).toBe('miss')
  const second = await classify({ text }, { query: '?details=true' })
  expect(second.headers['x-cache']).toBe('hit')
  expect(second.json().details.tags.map(({ confidence }: { confidence: number }) => confidence)).toEqual([
    0.903, 0.901, 0.901,
  ])
  expect((await detailed({ text, cache: false })).details.cached).toBe(false)
  expect(provider.count()).toBe(2)
})

test('an endpoint that counts 0 tokens counts none', async () => {
  const { detailed } = await serviceFor(apis[1], { changes: { counted: false } })
  const { usage, cost_usd } = (await detailed({ text })).details
  expect([usage.input_tokens, usage.output_tokens, cost_usd]).toEqual([null, null, null])
})

test('where every tag fits, the next twenty are told as surplus', async () => {
  const { detailed } = await serviceFor(apis[0], { changes: { elsewhere: 0.8 } })
  const { tags: given, dropped } = (await detailed({ text })).details
  expect([given.length, dropped.length]).toEqual([3, 20])
})

describe('a prompt says what is asked', () => {
  const decide = { question: 'Does it deal with {{ tag.name }} ({{ tag.id }})?', threshold: 0.902 }

  function promptsWith(settings: object): string {
    const folder = emptyFolder()
    cpSync('prompts/assign-tags', join(folder, 'assign-tags'), { recursive: true })
    const lines = { description: 'One of its own.', ...settings }
    writeFileSync(join(folder, 'assign-tags', 'prompt.yaml'), JSON.stringify(lines))
    return folder
  }

  test('in its words, without a choice, and with a threshold of its own', async () => {
    const env = { PROMPTS_DIR: promptsWith({ decide }) }
    const { provider, detailed } = await serviceFor(apis[0], { env })
    const red = { id: 1, name: 'red' }
    await detailed({ text: 'about red', tags: [red, { id: 2, name: 'blue' }] })
    expect(provider.requests[0]!.body).toMatchObject({
      input: 'about red',
      questions: [
        { type: 'predicate', instructions: 'Does it deal with red (1)?' },
        { type: 'predicate', instructions: 'Does it deal with blue (2)?' },
      ],
    })
  })

  test.each([
    [{}, /assign-tags\/prompt\.yaml: decide: is missing, and with OPENAI_API=decisions/],
    [{ decide: { question: '{{ tag.nam }}' } }, /prompt\.yaml: decide\.question:1: undefined variable: tag\.nam/],
    [{ decide: { question: '{{ tag.name' } }, /prompt\.yaml: decide\.question:1: output .* not closed/],
    [{ decide: { question: '' } }, /decide\/question is empty/],
    [{ decide: { question: 'q', threshold: 2 } }, /decide\/threshold is more than 1/],
  ])('%j stops the start in words', async (settings, words) => {
    await expect(serviceFor(apis[0], { env: { PROMPTS_DIR: promptsWith(settings) } })).rejects.toThrow(words)
  })

  test('and one that does not say is fine for a model that writes', async () => {
    await startService({ PROMPTS_DIR: promptsWith({}) })
  })
})

test('tags are not enriched by a model that decides, which is said in words', async () => {
  const env = { OPENAI_API: 'decisions', OPENAI_API_KEY: 'k', OPENAI_MODEL: 'gpt-6-luna' }
  const ran = await runInProcess(['tags', 'enrich', '-'], { env, stdin: '[{"id":1,"name":"red"}]' })
  expect(ran.exitCode).toBe(2)
  expect(ran.stderr).toContain('OPENAI_MODEL: no model that chats is configured, and a decision model cannot write')
})

test.each(apis)('$api: probabilities are calibrated where the model was measured', async row => {
  const plain = await serviceFor(row)
  const { details: raw } = await plain.detailed({ text })
  const { endpoint, model } = raw
  const { CALIBRATION_FILE } = await withCalibration({}, { endpoint, model })
  const own = await startService({
    ...{ OPENAI_API: row.api, OPENAI_BASE_URL: plain.provider.url, OPENAI_API_KEY: 'sk-fake' },
    ...{ OPENAI_MODEL: plain.provider.dialect.model, CALIBRATION_FILE: CALIBRATION_FILE! },
  })
  const { details } = (await own.classify({ text }, { query: '?details=true' })).json()
  expect(details.calibrated).toBe(true)
  const odds = (probability: number) => probability / (1 - probability)
  for (const [place, { confidence }] of details.tags.entries())
    expect(odds(confidence)).toBeCloseTo(odds(raw.tags[place].confidence) / 10, 6)
})
