import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const tags = (...ids: number[]) => ({ body: completion(JSON.stringify({ tags: ids })) })
const text = '# A router\n\nIt routes packets.'

test('the same again is known, whatever its id, and costs nothing', async () => {
  const { classify } = await startService(endpointSettings)
  wire.plays(tags(36, 57))
  const first = await classify({ id: 1, text })
  const second = await classify({ id: 2, text: `${text}\n` })
  expect(first.headers['x-cache']).toBe('miss')
  expect(second.headers['x-cache']).toBe('hit')
  expect(second.json()).toEqual({ id: 2, tags: [36, 57] })
})

test('the details of a known answer say so', async () => {
  const { classify } = await startService(endpointSettings)
  wire.plays(tags(36))
  const first = (await classify({ text }, { query: '?details=true' })).json().details
  const second = (await classify({ text }, { query: '?details=true' })).json().details
  expect(first).toMatchObject({ cached: false, usage: { input_tokens: 100 } })
  expect(second).toMatchObject({ cached: true, cost_usd: 0, attempts: [], usage: { input_tokens: 0 } })
  const same = ['tags', 'model', 'endpoint', 'format', 'coverage', 'dropped', 'prompt', 'tag_list']
  for (const key of same) expect(second[key]).toEqual(first[key])
})

test('details are no other question: neither asks again after the other, and confidences are given where they were asked', async () => {
  const { classify } = await startService(endpointSettings)
  const content = [
    { token: '{"tags":[', logprob: 0 },
    { token: '36', logprob: -0.1 },
    { token: ']}', logprob: 0 },
  ]
  wire.plays(tags(36), { body: completion('{"tags":[36]}', { choice: { logprobs: { content } } }) })
  const confidenceOf = (response: Awaited<ReturnType<typeof classify>>) => response.json().details.tags[0].confidence
  await classify({ text })
  const plainFirst = await classify({ text }, { query: '?details=true' })
  expect([plainFirst.headers['x-cache'], confidenceOf(plainFirst)]).toEqual(['hit', null])
  const other = `${text} Fast.`
  expect(confidenceOf(await classify({ text: other }, { query: '?details=true' }))).toBeCloseTo(0.905, 3)
  expect((await classify({ text: other })).headers['x-cache']).toBe('hit')
  const again = await classify({ text: other }, { query: '?details=true' })
  expect([again.headers['x-cache'], confidenceOf(again)]).toEqual(['hit', expect.closeTo(0.905, 3)])
})

test('a request for details shares a call that is on its way without them', async () => {
  const { classify } = await startService(endpointSettings)
  wire.plays({ ...tags(36), delay: 300 })
  const responses = await Promise.all([classify({ text }), classify({ text }, { query: '?details=true' })])
  expect(responses.map(({ headers }) => headers['x-cache'])).toEqual(['miss', 'hit'])
})

test('whatever the answer depends on makes it another question', async () => {
  const { classify } = await startService(endpointSettings)
  const others = [
    { text },
    { text: `${text} Fast.` },
    { text, max_tags: 1 },
    { text, min_confidence: 0.5 },
    { text, prompt: 'assign-tags-verbatim' },
    { text, tags: [{ id: 36, name: 'router' }] },
    { text, tags: [{ id: 36, name: 'a router' }] },
  ]
  wire.plays(...others.map(() => tags(36)))
  for (const body of others) expect((await classify(body)).headers['x-cache']).toBe('miss')
})

test.each([
  ['"cache": false', { cache: false }, {}],
  ['Cache-Control: no-cache', {}, { 'cache-control': 'no-cache' }],
])('%s asks anew, and the new answer is kept', async (_name, more, headers) => {
  const { classify } = await startService(endpointSettings)
  wire.plays(tags(36), tags(57))
  await classify({ text })
  const anew = await classify({ text, ...more }, { headers })
  expect(anew.headers['x-cache']).toBe('bypass')
  expect(anew.json().tags).toEqual([57])
  expect((await classify({ text })).json().tags).toEqual([57])
})

test('a failure is not kept', async () => {
  const { classify } = await startService({ ...endpointSettings, UPSTREAM_ATTEMPTS: '1' })
  // An unexplained 500 of an endpoint that never answered is worth another form; 503 is about the load alone.
  wire.plays({ status: 503, body: {} }, tags(36))
  expect((await classify({ text })).statusCode).toBe(503)
  expect((await classify({ text })).headers['x-cache']).toBe('miss')
})

test('the answer of a stand-in is not kept', async () => {
  const { classify } = await startService({ ...endpointSettings, UPSTREAM_ATTEMPTS: '1', FALLBACK_TO_RANKER: 'true' })
  wire.plays({ status: 503, body: {} }, tags(36))
  expect((await classify({ text })).headers['x-tagsmith-model']).toBe('embedded-ranker')
  const later = await classify({ text })
  expect(later.headers['x-cache']).toBe('miss')
  expect(later.headers['x-tagsmith-model']).toBe('test-model-2026')
})

test.each([
  ['CACHE_ENTRIES=0 keeps nothing', { CACHE_ENTRIES: '0' }],
  ['an answer is kept for CACHE_TTL_SECONDS', { CACHE_TTL_SECONDS: '1' }],
])('%s', async (_name, env) => {
  const { classify } = await startService({ ...endpointSettings, ...env })
  wire.plays(tags(36), tags(57))
  await classify({ text })
  await sleep(1_050)
  expect((await classify({ text })).headers['x-cache']).toBe('miss')
})

test('a thousand identical requests at once cause one call', async () => {
  const { classify } = await startService({ ...endpointSettings, REQUESTS_AT_ONCE: '1000' })
  wire.plays({ ...tags(36), delay: 200 })
  const responses = await Promise.all(Array.from({ length: 1_000 }, (_, id) => classify({ id, text })))
  expect(wire.sent).toHaveLength(1)
  expect(responses.map(response => response.json())).toEqual(responses.map((_, id) => ({ id, tags: [36] })))
  expect(responses.filter(({ headers }) => headers['x-cache'] === 'miss')).toHaveLength(1)
})

test('what was known before a restart is known after it', async () => {
  const env = { ...endpointSettings, DATA_DIR: emptyFolder() }
  const before = await startService(env)
  wire.plays(tags(36, 57))
  expect((await before.classify({ text })).headers['x-cache']).toBe('miss')
  await before.stop()
  const after = await startService(env)
  const known = await after.classify({ id: 2, text })
  expect([known.headers['x-cache'], known.json()]).toEqual(['hit', { id: 2, tags: [36, 57] }])
})

test.each([
  ['CACHE_ENTRIES=0 keeps nothing in the store either', { CACHE_ENTRIES: '0' }, 0],
  ['CACHE_STORED_ENTRIES=0 keeps answers in memory alone', { CACHE_STORED_ENTRIES: '0' }, 0],
  ['an answer in the store is kept for CACHE_TTL_SECONDS', { CACHE_TTL_SECONDS: '1' }, 1_050],
])('%s', async (_name, more, pause) => {
  const env = { ...endpointSettings, DATA_DIR: emptyFolder(), ...more }
  const before = await startService(env)
  wire.plays(tags(36), tags(57))
  await before.classify({ text })
  await before.stop()
  await sleep(pause)
  const after = await startService(env)
  expect((await after.classify({ text })).headers['x-cache']).toBe('miss')
})

test('other labelled examples of a prompt are another question, also in the store', async () => {
  const prompts = emptyFolder()
  cpSync(new URL('../../prompts', import.meta.url), prompts, { recursive: true })
  const examples = (content: string) => writeFileSync(join(prompts, 'assign-tags', 'examples.jsonl'), content)
  const env = { ...endpointSettings, DATA_DIR: emptyFolder(), PROMPTS_DIR: prompts }
  wire.plays(tags(36), tags(57), tags(1))
  const versions: string[] = []
  const askedAnew = async () => {
    const service = await startService(env)
    const response = await service.classify({ text }, { query: '?details=true' })
    await service.stop()
    versions.push(response.json().details.prompt)
    return response.headers['x-cache']
  }
  expect([await askedAnew(), await askedAnew()]).toEqual(['miss', 'hit'])
  examples('{"text":"A router.","tags":[36]}\n')
  expect([await askedAnew(), await askedAnew()]).toEqual(['miss', 'hit'])
  examples('{"text":"A router.","tags":[57]}\n')
  expect([await askedAnew(), await askedAnew()]).toEqual(['miss', 'hit'])
  expect(new Set(versions).size).toBe(3)
})

test('another model is another question, also in the store', async () => {
  const env = { ...endpointSettings, DATA_DIR: emptyFolder() }
  const before = await startService(env)
  wire.plays(tags(36), tags(57))
  await before.classify({ text })
  await before.stop()
  const after = await startService({ ...env, OPENAI_MODEL: 'another-model' })
  expect((await after.classify({ text })).json().tags).toEqual([57])
})
