import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createApiKey, type Scope } from '../../src/core/api-key.ts'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService, type TestService } from '../support/service.ts'
import { postgresPrograms, schemaOf, startTemporaryPostgres } from '../support/temporary-postgres.ts'

const wire = createWire()
const text = '# A router\n\nIt routes packets.'
const reply = (...ids: number[]) => ({ body: completion(JSON.stringify({ tags: ids })) })
const key = (name: string, ...opens: Scope[]) => createApiKey(name, { opens, limits: {} })
const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` })

const start = (more: Record<string, string> = {}) =>
  startService({ ...endpointSettings, DATA_DIR: emptyFolder(), ...more })
const give = ({ app }: TestService, payload: object, headers = {}) =>
  app.inject({ method: 'POST', url: '/feedback', payload, headers })
const remove = ({ app }: TestService, hash: string, headers = {}) =>
  app.inject({ method: 'DELETE', url: `/feedback/${hash}`, headers })
const exported = async ({ app }: TestService, query = '', headers = {}) => {
  const { body } = await app.inject({ url: `/feedback${query}`, headers })
  return body
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line))
}

test('a text that a person judged gets the answer of the person, and no call is made', async () => {
  const service = await start()
  const given = await give(service, { id: 7, text, accepted: [36], missing: [57], rejected: [18] })
  expect(given.json()).toMatchObject({ id: 7, state: 'used', answer: [36, 57], key: 'anonymous', by: null })
  const answered = await service.classify({ text, id: 'a' }, { query: '?details=true' })
  expect(answered.headers).toMatchObject({ 'x-tagsmith-model': 'feedback', 'x-cache': 'hit' })
  expect(answered.json()).toMatchObject({
    ...{ id: 'a', tags: [36, 57] },
    details: { model: 'feedback', endpoint: 'feedback', attempts: [], cost_usd: 0, outcome: 'ok' },
  })
  const one = await service.classify({ text, max_tags: 1 }, { query: '?details=true' })
  expect(one.json()).toMatchObject({ tags: [36], details: { dropped: [{ reason: 'surplus', id: 57 }] } })
})

test('nothing fits is an answer without a call as well', async () => {
  const service = await start()
  await give(service, { text, none: true })
  expect((await service.classify({ text })).json()).toEqual({ id: null, tags: [] })
})

test('a rejected tag is not proposed again, not from the cache either, until the feedback is removed', async () => {
  const service = await start()
  wire.plays(reply(36, 18))
  expect((await service.classify({ text })).json().tags).toEqual([36, 18])
  const { text_hash } = (await give(service, { text, rejected: [18] })).json()
  const corrected = await service.classify({ text }, { query: '?details=true' })
  expect(corrected.json()).toMatchObject({
    tags: [36],
    details: { tags: [{ id: 36 }], dropped: [{ reason: 'rejected', id: 18 }], cached: true },
  })
  expect((await remove(service, text_hash)).statusCode).toBe(204)
  expect((await service.classify({ text })).json().tags).toEqual([36, 18])
  const again = await remove(service, text_hash)
  expect([again.statusCode, again.json().code]).toEqual([404, 'not_found'])
})

test('the same feedback again changes nothing, and another verdict of the same person replaces it', async () => {
  const service = await start()
  await give(service, { text, accepted: [36] })
  await give(service, { text, accepted: [36] })
  expect(await exported(service)).toMatchObject([{ tags: [36] }])
  await give(service, { text, accepted: [57] })
  expect(await exported(service)).toMatchObject([{ tags: [57] }])
})

test('what two people disagree about is listed and not used', async () => {
  const service = await start()
  await give(service, { text, accepted: [36], by: 'ada' })
  const second = await give(service, { text, accepted: [57], by: 'bo' })
  expect(second.json()).toMatchObject({ state: 'contradicted', answer: null })
  expect(await exported(service)).toEqual([])
  expect(await exported(service, '?format=entries')).toMatchObject([
    { by: 'ada', state: 'contradicted' },
    { by: 'bo', state: 'contradicted' },
  ])
  wire.plays(reply(3))
  expect((await service.classify({ text })).json().tags).toEqual([3])
})

test('an id names the text once feedback has given it one, and for that key alone', async () => {
  const keys = [key('a', 'classify'), key('b', 'classify')]
  const service = await start({ API_KEYS: keys.map(({ line }) => line).join(';') })
  const [a, b] = keys.map(bearer)
  await give(service, { id: 'doc', text, accepted: [36] }, a)
  expect((await give(service, { id: 'doc', accepted: [57] }, a)).json()).toMatchObject({ answer: [57], id: 'doc' })
  const other = await give(service, { id: 'doc', accepted: [57] }, b)
  expect([other.statusCode, other.json().code]).toEqual([404, 'not_found'])
})

test('a key sees, uses and removes its own feedback alone, an admin all of it', async () => {
  const keys = [key('a', 'classify'), key('b', 'classify'), key('op', 'admin'), key('jobs', 'batch')]
  const service = await start({ API_KEYS: keys.map(({ line }) => line).join(';') })
  const [a, b, op, jobs] = keys.map(bearer)
  const { text_hash } = (await give(service, { text, accepted: [36] }, a)).json()
  expect(await exported(service, '', b)).toEqual([])
  expect((await remove(service, text_hash, b)).statusCode).toBe(404)
  wire.plays(reply(3))
  expect((await service.classify({ text }, { headers: b! })).json().tags).toEqual([3])
  expect(await exported(service, '?format=entries', op)).toMatchObject([{ key: 'a' }])
  expect((await give(service, { text, accepted: [1] }, op)).statusCode).toBe(403)
  expect((await give(service, { text, accepted: [1] }, jobs)).statusCode).toBe(403)
  expect((await remove(service, text_hash, op)).statusCode).toBe(204)
  expect(await exported(service, '', a)).toEqual([])
})

test.each(['%00', 'a%00b', '%F0%9F%92%A9', 'x'.repeat(64)])('no feedback has the hash %s', async hash => {
  expect((await remove(await start(), hash)).statusCode).toBe(404)
})

const faults: [string, object, string][] = [
  ['nothing said', { text }, ''],
  ['neither text nor id', { accepted: [36] }, '/text'],
  ['a tag that is not on the list', { text, accepted: [36, 4_000] }, '/accepted/1'],
  ['a tag both rejected and right', { text, missing: [36], rejected: [1, 36] }, '/rejected/1'],
  ['nothing fits beside a tag', { text, accepted: [36], none: true }, '/none'],
  ['none that is not true', { text, none: false }, '/none'],
  ['a blank reviewer', { text, accepted: [36], by: ' ' }, '/by'],
  ['a field that is not known', { text, accepted: [36], stars: 5 }, '/stars'],
]
test.each(faults)('%s is refused, and the fault is named', async (_, body, pointer) => {
  const refused = await give(await start(), body)
  expect([refused.statusCode, refused.json().code]).toEqual([400, 'invalid_request'])
  expect(refused.json().errors[0].pointer).toBe(pointer)
})

test('a text without words is refused as it is by /classify', async () => {
  expect((await give(await start(), { text: '<!-- -->', accepted: [36] })).statusCode).toBe(422)
})

test('feedback on a list of the request counts for that list alone', async () => {
  const service = await start()
  const tags = [
    { id: 36, name: 'birds' },
    { id: 57, name: 'fish' },
  ]
  await give(service, { text, tags, accepted: [57] })
  expect((await service.classify({ text, tags })).json().tags).toEqual([57])
  wire.plays(reply(3))
  expect((await service.classify({ text })).json().tags).toEqual([3])
  wire.plays({ body: completion('{"tags":["birds"]}') })
  expect((await service.classify({ text, tags: [...tags, { id: 1, name: 'cats' }] })).json().tags).toEqual([36])
})

test("on the prompt's own list a renamed tag follows by its id, and feedback on a removed one sleeps", async () => {
  const [prompts, data] = [emptyFolder(), emptyFolder()]
  cpSync('prompts', prompts, { recursive: true })
  const env = { PROMPTS_DIR: prompts, DATA_DIR: data }
  const before = await start(env)
  const other = `${text} Fast.`
  await give(before, { text, accepted: [36] })
  await give(before, { text: other, accepted: [57] })
  await before.stop()
  const file = join(prompts, 'assign-tags', 'tags.json')
  const tags = JSON.parse(readFileSync(file, 'utf8')) as { id: number; name: string }[]
  const changed = tags.filter(({ id }) => id !== 57).map(tag => (tag.id === 36 ? { ...tag, name: 'renamed' } : tag))
  writeFileSync(file, JSON.stringify(changed))
  const after = await start(env)
  expect((await after.classify({ text })).json().tags).toEqual([36])
  wire.plays(reply(3))
  expect((await after.classify({ text: other })).json().tags).toEqual([3])
  const states = (await exported(after, '?format=entries')).map(({ state }) => state)
  expect(states.sort()).toEqual(['asleep', 'used'])
})

test.each([
  ['', 'excerpt'],
  ['true', 'text'],
])('with FEEDBACK_TEXTS=%j an export holds the %s', async (FEEDBACK_TEXTS, field) => {
  const service = await start({ FEEDBACK_TEXTS })
  const long = `# A router\n\n${'word '.repeat(100)}the-end`
  await give(service, { id: 1, text: long, accepted: [36], rejected: [18] })
  const [gold] = await exported(service)
  expect(gold).toMatchObject({ id: 1, tags: [36], rejected: [18] })
  expect('text' in gold ? 'text' : 'excerpt').toBe(field)
  expect(JSON.stringify(gold).includes('the-end')).toBe(field === 'text')
  expect(await exported(service, '?format=promptfoo')).toMatchObject([{ vars: {}, metadata: { tags: [36] } }])
  expect(await exported(service, '?format=label-studio')).toMatchObject([
    { annotations: [{ result: [{ type: 'choices', value: { choices: ['36'] } }] }] },
  ])
  expect(service.log.join('')).not.toContain('the-end')
})

test('feedback is there after the service has stopped and started again', async () => {
  const env = { DATA_DIR: emptyFolder() }
  const before = await start(env)
  await give(before, { text, accepted: [36] })
  await before.stop()
  expect((await (await start(env)).classify({ text })).json().tags).toEqual([36])
})

test('a prompt that learns lets confirmed texts vote, from twenty on, for their key alone, until they are removed', async () => {
  const prompts = emptyFolder()
  cpSync('prompts', prompts, { recursive: true })
  const settings = join(prompts, 'assign-tags', 'prompt.yaml')
  writeFileSync(settings, `${readFileSync(settings, 'utf8')}\nlearn: true\n`)
  const keys = [key('a', 'classify'), key('b', 'classify')]
  const env = { PROMPTS_DIR: prompts, DATA_DIR: emptyFolder(), API_KEYS: keys.map(({ line }) => line).join(';') }
  const service = await startService(env)
  const [a, b] = keys.map(bearer)
  const about = (what: string) =>
    `# Zorbel ${what}\n\nZorbel brims the glimmery quandle of ${what}, and fennels its zorbels.`
  const asked = async (headers: { authorization: string }) =>
    (await service.classify({ text: about('tomorrow') }, { headers })).json().tags
  const hashes: string[] = []
  expect(await asked(a!)).toEqual([])
  for (let index = 0; index < 25; index += 1) {
    if (index === 19) expect(await asked(a!)).toEqual([])
    hashes.push((await give(service, { text: about(`day ${index}`), accepted: [36] }, a)).json().text_hash)
  }
  expect(await asked(a!)).toEqual([36])
  expect(await asked(b!)).toEqual([])
  for (const hash of hashes) await remove(service, hash, a)
  expect(await asked(a!)).toEqual([])
})

const programs = postgresPrograms()
test.skipIf(programs === undefined)('replicas on PostgreSQL see feedback of each other, and its removal', async () => {
  const server = await startTemporaryPostgres(programs!)
  try {
    const env = { DATABASE_URL: await schemaOf(server.url, 'feedback') }
    const [one, two] = [await start(env), await start(env)]
    const { text_hash } = (await give(one, { text, accepted: [36] })).json()
    expect((await two.classify({ text })).json().tags).toEqual([36])
    expect((await remove(two, text_hash)).statusCode).toBe(204)
    wire.plays(reply(3))
    expect((await one.classify({ text })).json().tags).toEqual([3])
    await Promise.all([one.stop(), two.stop()])
  } finally {
    await server.stop()
  }
})

test.each<[string, object]>([
  ['feedback that is kept', { id: 'ID', text: '# A DOCUMENT-CANARY router', accepted: [36], by: 'PERSON-CANARY' }],
  ['a tag that is not on the list', { text: 'A DOCUMENT-CANARY', accepted: ['TAG-CANARY'] }],
  [
    'a list that is not valid',
    {
      text: 'A DOCUMENT-CANARY',
      accepted: [1],
      tags: [
        { id: 1, name: 'TAG-CANARY' },
        { id: 1, name: 'x' },
      ],
    },
  ],
  ['a field that is not known', { text: 'A DOCUMENT-CANARY', 'FIELD-CANARY x': 1 }],
])('%s leaves nothing of itself in logs, errors and metrics', async (_, body) => {
  const service = await start({ LOG_LEVEL: 'trace' })
  const answered = await give(service, body)
  const metrics = await service.app.inject({ url: '/metrics' })
  const said = [answered.statusCode === 200 ? '' : answered.body, metrics.body, ...service.log].join('\n')
  expect(said).not.toContain('CANARY')
})
