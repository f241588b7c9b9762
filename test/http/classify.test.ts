import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const readme = readFileSync(new URL('../fixtures/documents/retis-readme.md', import.meta.url), 'utf8')
const wire = createWire()

describe('with a model', () => {
  test('answers with exactly the id and the tags', async () => {
    wire.plays({ body: completion('{"tags":[36,57,18]}') })
    const { classify } = await startService(endpointSettings)
    const response = await classify({ id: '12523', text: readme })
    expect(response.statusCode).toBe(200)
    expect(response.body).toBe('{"id":"12523","tags":[36,57,18]}')
    expect(response.headers['content-type']).toContain('application/json')
  })

  test.each([
    ['a string', '"7"'],
    ['a number', '7'],
    ['a negative number', '-7'],
    ['nothing', 'null'],
  ])('an id that is %s comes back as it came', async (_, id) => {
    wire.plays({ body: completion('{"tags":[36]}') })
    const { classify } = await startService(endpointSettings)
    const body = id === 'null' ? '{"text":"a router"}' : `{"id":${id},"text":"a router"}`
    expect((await classify(body, { type: 'application/json' })).body).toBe(`{"id":${id},"tags":[36]}`)
  })

  test.each(['text/markdown', 'text/plain', 'text/markdown; charset=utf-8'])(
    'takes the text itself as %s',
    async type => {
      wire.plays({ body: completion('{"tags":[36]}') })
      const { classify } = await startService(endpointSettings)
      const response = await classify(readme, { type, query: '?id=12523' })
      expect(response.body).toBe('{"id":"12523","tags":[36]}')
      expect(wire.sent[0]?.body.messages.at(-1)?.content).toContain('packets in the [Linux]')
    },
  )

  test('sends the strict schema with all 90 names, the fixed part first and the document last', async () => {
    const documents = Array.from({ length: 100 }, (_, index) => `# Project ${index}\n\nA router, number ${index}.`)
    wire.plays(...documents.map(() => ({ body: completion('{"tags":[36]}') })))
    const { classify } = await startService(endpointSettings)
    for (const text of documents) await classify({ text })
    const { response_format } = wire.sent[0]!.body
    expect(response_format).toMatchObject({ type: 'json_schema', json_schema: { strict: true } })
    expect(response_format?.json_schema?.schema).toEqual({
      type: 'object',
      properties: {
        tags: {
          type: 'array',
          description: expect.stringMatching(/^At most 3, .* none is fine\.$/),
          items: { type: 'string', enum: expect.any(Array) },
          maxItems: 3,
        },
      },
      required: ['tags'],
      additionalProperties: false,
    })
    const items = response_format?.json_schema?.schema.properties.tags.items
    expect(new Set(items && 'enum' in items ? items.enum : []).size).toBe(90)
    const fixed = wire.sent.map(({ body }) => JSON.stringify([body.model, body.response_format, body.messages[0]]))
    expect(new Set(fixed).size).toBe(1)
    wire.sent.forEach(({ body }, index) => {
      expect(body.messages.map(({ role }) => role)).toEqual(['system', 'user'])
      expect(body.messages[1]?.content).toContain(`A router, number ${index}.\n</document`)
    })
  })

  test('tells how an answer came about when asked', async () => {
    wire.plays({ body: completion('{"tags":[36, 36, 999, 57, "monitoring", 25]}') })
    const { classify } = await startService(endpointSettings)
    const { id, tags, details } = (await classify({ id: 'a', text: readme }, { query: '?details=true' })).json()
    expect([id, tags]).toEqual(['a', [36, 57, 18]])
    expect(details).toMatchObject({
      outcome: 'ok',
      tags: [
        { id: 36, name: 'networking', confidence: null },
        { id: 57, name: 'observability' },
        { id: 18, name: 'monitoring' },
      ],
      model: 'test-model-2026',
      endpoint: 'model.test',
      prompt: expect.stringMatching(/^assign-tags@[0-9a-f]{12}$/),
      tag_list: expect.stringMatching(/^[0-9a-f]{16}$/),
      usage: { input_tokens: 100, output_tokens: 10, cached_input_tokens: null },
      cost_usd: null,
      dropped: [
        { reason: 'duplicate', id: 36 },
        { reason: 'unknown', id: 999 },
        { reason: 'surplus', id: 25 },
      ],
      attempts: [{ result: 'reply', model: 'test-model-2026' }],
      cached: false,
    })
  })

  test('knows the cost of a model with a known price', async () => {
    wire.plays({ body: completion('{"tags":[36]}', { model: 'gpt-4o-mini-2024-07-18' }) })
    const { classify } = await startService(endpointSettings)
    const { details } = (await classify({ text: readme }, { query: '?details=true' })).json()
    expect(details.cost_usd).toBeCloseTo((100 * 0.15 + 10 * 0.6) / 1e6, 9)
  })

  test('chooses from the list of the request, also one with string ids', async () => {
    wire.plays({ body: completion('{"tags":["net"]}') })
    const { classify } = await startService(endpointSettings)
    const tags = [
      { id: 'net', name: 'Networking ' },
      { id: 'db', name: 'Databases', aliases: ['sql'] },
    ]
    expect((await classify({ id: 1, text: readme, tags, max_tags: 1 })).json()).toEqual({ id: 1, tags: ['net'] })
    const schema = wire.sent[0]?.body.response_format?.json_schema?.schema
    expect(schema).toMatchObject({
      properties: { tags: { items: { type: 'string', enum: ['Databases', 'Networking'] }, maxItems: 1 } },
    })
  })

  test.each([
    ['names that can be told apart', ['go', 'rust'], '{"tags":["rust"]}', 'names', ['go', 'rust']],
    ['names that differ in case alone', ['Go', 'GO'], '{"tags":[2]}', 'ids', [1, 2]],
    ['a name too long to be written', ['go', 'x'.repeat(100)], '{"tags":[2]}', 'ids', [1, 2]],
    ['quotes, emoji and right-to-left letters', ['"🧪"', 'שלום'], '{"tags":["שלום"]}', 'names', ['"🧪"', 'שלום']],
  ])('of %s the right id comes back, and details tell what was written', async (_, names, reply, replyWith, labels) => {
    wire.plays({ body: completion(reply) })
    const { classify } = await startService(endpointSettings)
    const tags = names.map((name, index) => ({ id: index + 1, name }))
    const answer = (await classify({ text: readme, tags }, { query: '?details=true' })).json()
    expect(answer).toMatchObject({ tags: [2], details: { format: { reply_with: replyWith } } })
    const items = wire.sent[0]?.body.response_format?.json_schema?.schema.properties.tags.items
    expect(items).toMatchObject({ enum: labels })
  })

  test('returns the request id it was given, or makes one', async () => {
    wire.plays({ body: completion('{"tags":[]}') }, { body: completion('{"tags":[]}') })
    const { classify } = await startService(endpointSettings)
    const given = await classify({ text: 'a router' }, { headers: { 'x-request-id': 'abc-1' } })
    expect(given.headers).toMatchObject({
      'x-request-id': 'abc-1',
      'x-tagsmith-model': 'test-model-2026',
      'x-cache': 'miss',
    })
    const made = await classify({ text: 'a switch' }, { headers: { 'x-request-id': 'not an id' } })
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(made.headers['server-timing']).toMatch(/^model;dur=[\d.]+, tagsmith;dur=[\d.]+$/)
  })
})

describe('without a model', () => {
  test("the embedded ranker finds networking in the user's README", async () => {
    const { classify } = await startService()
    const response = await classify(readme, { query: '?id=12523' })
    expect(response.json()).toEqual({ id: '12523', tags: expect.arrayContaining([36]) })
    expect(response.json().tags.length).toBeLessThanOrEqual(3)
    expect(response.headers['x-tagsmith-model']).toBe('embedded-ranker')
  })

  test('a text about none of the tags gets an empty list', async () => {
    const { classify } = await startService()
    const recipe =
      'Whisk three eggs with the sugar, fold in the flour and bake the cake for forty minutes until it is golden.'
    const { tags, details } = (await classify({ text: recipe }, { query: '?details=true' })).json()
    expect([tags, details.outcome]).toEqual([[], 'none_apply'])
  })
})
