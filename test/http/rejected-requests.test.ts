import { setTimeout as sleep } from 'node:timers/promises'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { completion, type SentBody } from '../support/endpoint.ts'
import { holds, type Part, rejections } from '../support/rejections.ts'
import { endpointSettings, startService } from '../support/service.ts'

interface Answer {
  readonly status: number
  readonly body: object | string
}

type Judge = (body: SentBody) => Answer | undefined | Promise<Answer | undefined>

const tags = ['database', 'networking', 'audio', 'testing', 'games', 'maps'].map((name, index) => ({
  id: index + 1,
  name,
}))
const manyTags = Array.from({ length: 150 }, (_, index) => ({ id: index + 1, name: `subject ${index}` }))

beforeEach(() => nock.disableNetConnect())
afterEach(() => {
  nock.cleanAll()
  nock.enableNetConnect()
})

const inPieces = (text: string) =>
  `${[
    { model: 'm', choices: [{ index: 0, delta: { content: text }, finish_reason: null }] },
    { model: 'm', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  ]
    .map(chunk => `data: ${JSON.stringify(chunk)}\n\n`)
    .join('')}data: [DONE]\n\n`

/** A service on an endpoint that turns down what `judge` says, and answers the rest with the tag 1. */
async function serviceOn(judge: Judge, settings: Record<string, string> = {}) {
  const sent: SentBody[] = []
  const base = settings.OPENAI_BASE_URL ?? endpointSettings.OPENAI_BASE_URL
  nock(new URL(base).origin)
    .persist()
    .post('/v1/chat/completions')
    .reply(async (request: Request) => {
      const body = (await request.json()) as SentBody & { stream?: boolean }
      sent.push(body)
      const refusal = await judge(body)
      const json = { 'content-type': 'application/json' }
      if (refusal)
        return [refusal.status, typeof refusal.body === 'string' ? refusal.body : JSON.stringify(refusal.body), json]
      if (body.stream) return [200, inPieces('{"tags":[1]}'), { 'content-type': 'text/event-stream' }]
      return [200, JSON.stringify(completion('{"tags":[1]}')), json]
    })
  const service = await startService({ ...endpointSettings, ...settings })
  let texts = 0
  return {
    sent,
    log: service.log,
    app: service.app,
    /** Asks about a text; each time another one when none is given. */
    async ask(given?: string, list: object[] = tags) {
      texts += 1
      const text = given ?? `text number ${texts}`
      const before = sent.length
      const response = await service.classify({ text, tags: list }, { query: '?details=true' })
      const { details, ...answer } = response.json()
      return {
        status: response.statusCode,
        answer,
        calls: sent.length - before,
        format: details?.format as { type: string; enum: boolean; strict: boolean },
        body: sent.at(-1)!,
      }
    },
  }
}

const refusing =
  (part: Part, answer: Answer): Judge =>
  body =>
    holds(part, body) ? answer : undefined

describe('a request that was turned down is put otherwise, whatever the words', () => {
  test.each(rejections)('$source, $status: $refused', async ({ refused, status, body }) => {
    const { ask } = await serviceOn(refusing(refused, { status, body }), { UPSTREAM_BACKOFF_MS: '1' })
    expect((await ask()).status).toBe(200)
    await ask()
    const third = await ask()
    expect([third.status, third.calls], 'the third text').toEqual([200, 1])
    expect(holds(refused, third.body)).toBe(false)
  })

  const openai = { OPENAI_BASE_URL: 'https://api.openai.com/v1', OPENAI_MODEL: 'gpt-5.6' }
  test.each<[Part, Answer]>([
    [
      'reasoning_effort',
      {
        status: 400,
        body: { code: 'invalid-argument', error: 'Model grok-4 does not support parameter reasoningEffort.' },
      },
    ],
    ['reasoning_effort', { status: 422, body: '' }],
    [
      'prompt_cache_key',
      {
        status: 400,
        body: {
          error: {
            message: "Unknown parameter: 'prompt_cache_key'.",
            param: 'prompt_cache_key',
            code: 'unknown_parameter',
          },
        },
      },
    ],
    ['prompt_cache_key', { status: 400, body: 'no' }],
    [
      'max_completion_tokens',
      {
        status: 400,
        body: { detail: [{ loc: ['body', 'max_completion_tokens'], msg: 'Extra inputs are not permitted' }] },
      },
    ],
    ['max_completion_tokens', { status: 400, body: {} }],
    ['temperature', { status: 400, body: '' }],
  ])('%s at a known host: %j', async (part, answer) => {
    const { ask } = await serviceOn(refusing(part, answer), openai)
    expect((await ask()).status).toBe(200)
    await ask()
    const third = await ask()
    expect([third.status, third.calls]).toEqual([200, 1])
    expect(holds(part, third.body)).toBe(false)
  })

  const axes = ['system role', 'response_format', 'temperature', 'max_tokens', 'logprobs', 'whole replies'] as const
  test.each(axes.flatMap(one => axes.filter(other => other > one).map(other => [one, other] as const)))(
    'two at once without a word: %s and %s',
    async (one, other) => {
      const { ask } = await serviceOn(body =>
        holds(one, body) || holds(other, body) ? { status: 400, body: {} } : undefined,
      )
      expect((await ask()).status).toBe(200)
      await ask()
      expect(await ask()).toMatchObject({ status: 200, calls: 1 })
    },
  )

  test.each([400, 404, 415, 422, 500, 501])('%i to everything ends after two guesses', async status => {
    const { ask } = await serviceOn(() => ({ status, body: {} }), { UPSTREAM_ATTEMPTS: '1' })
    expect((await ask()).calls).toBe(3)
  })

  test('of many that come at once, one guesses', async () => {
    const { ask, sent } = await serviceOn(async body => {
      await sleep(150)
      return holds('temperature', body) ? { status: 400, body: {} } : undefined
    })
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask()))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    expect(sent.length).toBeLessThan(30)
  })

  test('guesses that are always in vain are not made for ever', async () => {
    const { ask } = await serviceOn(() => ({ status: 400, body: {} }))
    for (let index = 0; index < 3; index++) await ask()
    expect((await ask()).calls).toBe(1)
  })

  test.each([401, 402, 403, 405, 413, 503])('%i is not about the form', async status => {
    const { ask } = await serviceOn(() => ({ status, body: {} }), { UPSTREAM_ATTEMPTS: '1' })
    expect((await ask()).calls).toBe(1)
  })
})

describe('what one text caused holds for that text', () => {
  const odd = 'An ODD text'
  const isOdd = ({ messages }: SentBody) => messages.some(({ content }) => content.includes(odd))
  const formOf = ({ format, body }: { format: object; body: SentBody }) =>
    JSON.stringify([format, Object.keys(body), body.messages.map(({ role }) => role)])

  test.each<[string, Answer]>([
    [
      'a quoted temperature',
      {
        status: 400,
        body: { error: { message: 'Could not tokenize "# Thermostat: sets the temperature of a room"' } },
      },
    ],
    ['words about temperature', { status: 400, body: { error: { message: 'temperature' } } }],
    ['words about tools', { status: 400, body: { error: { message: 'tools are not supported' } } }],
    ['words about the system role', { status: 400, body: { error: { message: 'System role not supported' } } }],
    [
      'words about the schema',
      { status: 400, body: { error: { message: 'schema too large', param: 'response_format' } } },
    ],
    ['words about max_tokens', { status: 400, body: { error: { message: 'Unsupported max_tokens' } } }],
    ['words about streams', { status: 422, body: { detail: 'This model only support stream mode' } }],
    ['no words', { status: 400, body: '' }],
    ['no words in a 422', { status: 422, body: {} }],
    ['no words in a 500', { status: 500, body: {} }],
  ])('%s: the others go on as before', async (_, answer) => {
    const { ask } = await serviceOn(body => (isOdd(body) ? answer : undefined))
    const before = formOf(await ask())
    const { status, calls } = await ask(odd)
    expect(status).toBeGreaterThan(400)
    expect(calls).toBeLessThanOrEqual(4)
    const after = await ask()
    expect(formOf(after)).toBe(before)
    expect(after.calls).toBe(1)
  })

  test('also when it is the first text of all', async () => {
    const { ask } = await serviceOn(body =>
      isOdd(body)
        ? { status: 400, body: { error: { message: 'the temperature of these tools is not supported' } } }
        : undefined,
    )
    expect((await ask(odd)).status).toBe(502)
    const after = await ask()
    expect([after.status, after.calls, after.format.type, 'temperature' in after.body]).toEqual([
      200,
      1,
      'json_schema',
      true,
    ])
  })

  test('a text that needs another form has it, and nobody else', async () => {
    const { ask } = await serviceOn(body =>
      isOdd(body) && holds('json_schema', body)
        ? { status: 500, body: { error: 'json_schema: cannot be parsed' } }
        : undefined,
    )
    const before = formOf(await ask())
    expect((await ask(odd)).format.type).toBe('tool')
    expect(formOf(await ask())).toBe(before)
  })

  test('one "error parsing tool call" is asked again, as it was', async () => {
    let broke = 0
    const { ask } = await serviceOn(body =>
      isOdd(body) && broke++ === 0
        ? { status: 500, body: { error: "error parsing tool call: raw='{', err=EOF" } }
        : undefined,
    )
    for (let index = 0; index < 2; index++) await ask()
    expect(await ask(odd)).toMatchObject({ status: 200, calls: 2, format: { type: 'json_schema' } })
  })

  test('an endpoint that changed is followed once three texts have agreed, and is tried again later', async () => {
    let changed = false
    const { ask } = await serviceOn(body =>
      changed && holds('temperature', body)
        ? { status: 400, body: { error: { message: 'Temperature is not supported' } } }
        : undefined,
    )
    await ask()
    changed = true
    for (let index = 0; index < 3; index++) expect(await ask()).toMatchObject({ status: 200, calls: 2 })
    const { body, calls } = await ask()
    expect([calls, 'temperature' in body]).toEqual([1, false])
  })
})

describe('what one list caused holds for that list', () => {
  const tooLarge =
    (message: string): Judge =>
    body => {
      const items = body.response_format?.json_schema?.schema.properties.tags.items
      return items && 'enum' in items && items.enum!.length > 100
        ? { status: 400, body: { error: { code: 400, message } } }
        : undefined
    }

  test.each([
    'The specified schema produces a constraint that has too many states for serving.',
    'Expected at most 100 enum values in total within a schema when using structured outputs',
    'failed to parse grammar',
    'Request contains an invalid argument.',
    "Invalid schema for response_format 'assigned_tags'",
    'response_format is not supported',
    'Das Schema ist zu groß.',
  ])('%s: a short list keeps its closed list, whichever was asked first', async message => {
    const short = { type: 'json_schema', enum: true }
    const first = await serviceOn(tooLarge(message))
    expect((await first.ask()).format).toMatchObject(short)
    expect((await first.ask('a long list', manyTags)).status).toBe(200)
    expect(await first.ask()).toMatchObject({ calls: 1, format: short })
    await first.ask('a long list again', manyTags)
    await first.ask('a long list once more', manyTags)
    expect(await first.ask('and for the last time', manyTags)).toMatchObject({ status: 200, calls: 1 })
    expect(await first.ask()).toMatchObject({ calls: 1, format: short })
  })

  test('a long list that came first leaves the closed list to a short one', async () => {
    const { ask } = await serviceOn(tooLarge('too many states'))
    expect((await ask('long', manyTags)).format).toMatchObject({ type: 'json_schema', enum: false })
    expect((await ask()).format).toMatchObject({ type: 'json_schema', enum: true })
    expect(await ask('long again', manyTags)).toMatchObject({ calls: 1, format: { enum: false } })
  })
})

describe('steps are told', () => {
  test('each in one log line and in the doctor, with its reason and without a word of the endpoint', async () => {
    const { ask, log, app } = await serviceOn(
      refusing('system role', { status: 400, body: { error: { message: 'System role not supported, SECRET' } } }),
      { DATA_DIR: emptyFolder() },
    )
    await ask()
    const step = {
      change: 'system message inside the user message',
      reason: '400, which speaks of system',
      kept_for: 'model',
    }
    const lines = () => log.filter(line => line.includes('form of requests')).map(line => JSON.parse(line))
    const told = [expect.objectContaining({ ...step, model: 'test-model', endpoint: 'model.test' })]
    await expect.poll(lines).toEqual(told)
    expect(log.join('')).not.toContain('SECRET')
    const [finding] = (await app.inject('/readyz?deep=true')).json().endpoints
    expect(finding.steps).toContainEqual(step)
  })
})
