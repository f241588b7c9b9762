import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { emptyFolder } from './support/command.ts'
import { startFakeProvider } from './support/fake-provider/server.ts'
import { endpointSettings, startService } from './support/service.ts'

/** Tags whose ids are far from their places, so that the two cannot be mixed up. */
const longList = (length: number) =>
  Array.from({ length }, (_, index) => ({
    id: 700_000 + index * 7,
    name: index === 4_321 ? 'packet router' : `topic ${index}`,
  }))

test('of 5,000 tags about a hundred are sent, under one schema, and the ids of the answer are those of the list', async () => {
  const tags = longList(5_000)
  const provider = await startFakeProvider({ recorded: 200 })
  onTestFinished(() => provider.close())
  const { classify } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  const ids = new Set(tags.map(({ id }) => id))
  for (let index = 0; index < 100; index++) {
    const { id, tags: answer } = (
      await classify({ id: index, text: `# Packet router ${index}\n\nIt is about topic ${index}.`, tags })
    ).json()
    expect(id).toBe(index)
    expect(answer.length).toBeGreaterThan(0)
    expect(answer.every((tag: number) => ids.has(tag))).toBe(true)
  }
  const bodies = provider.requests.map(
    ({ body }) => body as { response_format: object; messages: { content: string }[] },
  )
  expect(new Set(bodies.map(({ response_format }) => JSON.stringify(response_format))).size).toBe(1)
  for (const { messages } of bodies) {
    const lines = messages[0]!.content.split('\n').filter(line => /^\d+\t/.test(line))
    expect(lines).toHaveLength(100)
    expect(lines.some(line => line.endsWith('\tpacket router'))).toBe(true)
    expect(lines[0]).toMatch(/^1\t/)
  }
})

test('the embedded ranker reads a list of any length whole', async () => {
  const { classify } = await startService()
  const { tags } = (
    await classify({ text: '# Packet router\n\nA packet router routes packets.', tags: longList(5_000) })
  ).json()
  expect(tags).toEqual([700_000 + 4_321 * 7])
})

test('the tags of the nearest labelled examples are among the candidates', async () => {
  const folder = emptyFolder()
  const prompt = join(folder, 'long')
  mkdirSync(prompt)
  cpSync(new URL('../prompts/assign-tags', import.meta.url), prompt, { recursive: true })
  writeFileSync(join(prompt, 'tags.json'), JSON.stringify(longList(5_000)))
  const text = '# Sourdough\n\nKnead the dough, let it rise over night and bake the bread.'
  writeFileSync(join(prompt, 'examples.jsonl'), `${JSON.stringify({ text, tags: [700_000 + 4_999 * 7] })}\n`)
  const { app } = await startService({ ...endpointSettings, PROMPTS_DIR: folder, PROMPT: 'long' })
  const rendering = await app.inject({
    method: 'POST',
    url: '/prompts/long/render',
    payload: { text: `${text} Knead the bread again.` },
  })
  expect(rendering.json().messages[0].content).toContain('\ttopic 4999\n')
})

test('a list that is shown whole has its own names on the wire', async () => {
  const { app } = await startService(endpointSettings)
  const payload = { text: 'A router.', tags: longList(300) }
  const { response_format } = (await app.inject({ method: 'POST', url: '/prompts/assign-tags/render', payload })).json()
  expect(response_format.json_schema.schema.properties.tags.items.enum[1]).toBe('topic 1')
})

const russian = '# Трассировщик\n\nИнструмент командной строки, который прослеживает сетевые пакеты в ядре.'
const shownIn = (body: unknown) =>
  (body as { messages: { content: string }[] }).messages[0]!.content.split('\n')
    .filter(line => /^\d+\t/.test(line))
    .map(line => line.split('\t')[1]!)

async function startLong(script: string[], env: Record<string, string> = {}) {
  const provider = await startFakeProvider({ script, dialect: 'openai' })
  onTestFinished(() => provider.close())
  const service = await startService({
    ...endpointSettings,
    OPENAI_MODEL: 'gpt-4.1-mini',
    OPENAI_BASE_URL: provider.url,
    ...env,
  })
  const ask = async (text: string, tags: object[]) => {
    const answer = await service.classify({ text, tags }, { query: '?details=true' })
    expect(answer.statusCode).toBe(200)
    return answer.json()
  }
  return { provider, ask }
}

test('of 400 tags and a text in another language than theirs, all are shown in one call', async () => {
  const { provider, ask } = await startLong(['{"tags":[]}'])
  const { tags, details } = await ask(russian, longList(400))
  expect(provider.count()).toBe(1)
  expect(shownIn(provider.requests[0]!.body)).toHaveLength(400)
  expect(tags).toEqual([])
  expect(details.candidates).toEqual({ shown: 400, listed: 400, basis: 'whole_list', text_read: false })
})

test('of 5,000 tags the model first says what such a text is about, and both calls are counted', async () => {
  const { provider, ask } = await startLong(['{"tags":["packet router","tracing"]}', '{"tags":[1]}'])
  const { tags, details } = await ask(russian, longList(5_000))
  const [topics, question] = provider.requests.map(({ body }) => body as { messages: { content: string }[] })
  expect(topics!.messages[0]!.content).toContain('"topic 0"')
  expect(topics!.messages[1]!.content).toContain('сетевые пакеты')
  expect(shownIn(question)).toHaveLength(100)
  expect(shownIn(question)).toContain('packet router')
  expect(tags).toHaveLength(1)
  expect(details.candidates).toEqual({ shown: 100, listed: 5_000, basis: 'topics', text_read: false })
  expect(details.attempts).toHaveLength(2)
  const [first, second] = details.attempts.map(
    (attempt: { usage: { input_tokens: number } }) => attempt.usage.input_tokens,
  )
  expect(first).toBeGreaterThan(0)
  expect(details.usage.input_tokens).toBe(first + second)
  const { details: again } = await ask(russian, longList(5_000))
  expect(again.candidates).toEqual(details.candidates)
  expect(provider.count()).toBe(2)
})

test.each([
  '{"tags":[]}',
  '{"tags":[7,null,{"a":1}]}',
  'I would rather not.',
  '{"tags":["сеть","пакеты"]}',
  '{"topics":"x"}',
])(
  'when the model says what a text is about with %s, the answer says that its candidates were a guess',
  async topics => {
    const { provider, ask } = await startLong([topics, '{"tags":[]}'])
    const { tags, details } = await ask(russian, longList(5_000))
    expect(provider.count()).toBe(2)
    expect(tags).toEqual([])
    expect(details.outcome).toBe('none_apply')
    expect(details.candidates).toEqual({ shown: 100, listed: 5_000, basis: 'guess', text_read: false })
    const shown = shownIn(provider.requests[1]!.body)
    expect(new Set(shown).size).toBe(100)
    expect(shown).toContain('topic 4950')
  },
)

test('a text that can be read is asked about once', async () => {
  const { provider, ask } = await startLong(['{"tags":[1]}'])
  const { details } = await ask('# Packet router\n\nA packet router routes packets.', longList(5_000))
  expect(provider.count()).toBe(1)
  expect(details.candidates).toEqual({ shown: 100, listed: 5_000, basis: 'ranker', text_read: true })
})

test('a text in the language of the list is asked about once', async () => {
  const { provider, ask } = await startLong(['{"tags":[1]}'])
  const list = longList(5_000).map(({ id, name }, index) => ({ id, name: index === 42 ? 'Сеть' : `тема ${name}` }))
  const { details } = await ask('# Средство\n\nСредство для сетей и не только.', list)
  expect(provider.count()).toBe(1)
  expect(shownIn(provider.requests[0]!.body)[0]).toBe('Сеть')
  expect(details.candidates.basis).toBe('ranker')
})

test.each([
  ['a text it cannot read', russian, false],
  ['a text about nothing of the list', '# Sourdough\n\nKnead the dough and bake the bread.', true],
])('the embedded ranker says of %s whether it could read it', async (_, text, textRead) => {
  const { classify } = await startService()
  const tags = ['networking', 'opera', 'chess'].map((name, index) => ({ id: index + 1, name }))
  const { tags: answer, details } = (await classify({ text, tags }, { query: '?details=true' })).json()
  expect(answer).toEqual([])
  expect(details.candidates).toEqual({ shown: 3, listed: 3, basis: 'whole_list', text_read: textRead })
})

test('the embedded ranker that stands in for a model is not asked what a text is about', async () => {
  const { provider, ask } = await startLong([], { FALLBACK_TO_RANKER: 'true', UPSTREAM_ATTEMPTS: '1' })
  provider.setFaults({ shares: { server_error: 1 } })
  const { details } = await ask(russian, longList(5_000))
  const asked = details.attempts.filter(({ endpoint }: { endpoint: string }) => endpoint === 'embedded-ranker')
  expect(asked).toHaveLength(1)
  expect(details.candidates).toEqual({ shown: 5_000, listed: 5_000, basis: 'whole_list', text_read: false })
})
