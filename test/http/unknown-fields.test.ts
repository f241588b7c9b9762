import { expect, test } from 'vitest'
import { ended, resultsOf, startBatchService } from '../support/batch-service.ts'
import { startService } from '../support/service.ts'

const text = '# A router\n\nIt routes packets over IPv6.'
const line = (id: number, more: object = {}) => `${JSON.stringify({ id, text, ...more })}\n`
const starred = (count: number) =>
  Array.from({ length: count }, (_, id) => line(id, { stars: id, ...(id % 2 && { url: `https://x.example/${id}` }) }))

test('fields of a catalogue are left out of a batch, and told once with how often', async () => {
  const { submit, until, url } = await startBatchService()
  const { body } = await submit(starred(600).join(''))
  expect(body).toMatchObject({
    request_counts: { total: 600, failed: 0 },
    warnings: [{ code: 'ignored_fields', fields: { stars: 600, url: 300 } }],
  })
  await until(body.id, ended)
  const results = await resultsOf(url, body.id)
  expect(results.filter(({ tags }) => tags !== undefined)).toHaveLength(600)
})

test.each<[what: string, body: string, query: string, failed: number, fields: object | undefined]>([
  ['no such field, no warning', line(1), '', 0, undefined],
  ['an array', JSON.stringify([{ id: 1, text, stars: 2 }]), '', 0, { stars: 1 }],
  ['a field of a tag', line(1, { tags: [{ id: 7, name: 'router', colour: 'red' }] }), '', 0, { 'tags.colour': 1 }],
  ['a field named as the settings are', line(1, { batch: 'of May' }), '', 0, { batch: 1 }],
  [
    'a field with the name of a prototype',
    `{"id":1,"text":"${'router '.repeat(9)}","__proto__":{"a":1}}\n`,
    '',
    0,
    expect.anything(),
  ],
  ['a name that is a document', line(1, { [`${text} and more`]: 1 }), '', 0, { '(others)': 1 }],
  [
    'more names than anybody reads',
    line(1, Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`f${i}`, i]))),
    '',
    0,
    expect.objectContaining({ f0: 1, '(others)': 1 }),
  ],
  ['another fault beside it', '{"id":1,"txt":"a","stars":1}\n', '', 1, undefined],
  ['strict', line(1, { stars: 1 }), '?strict=true', 1, undefined],
])('%s', async (_, body, query, failed, fields) => {
  const { submit } = await startBatchService()
  const answer = await submit(body, { query })
  expect(answer.status).toBe(202)
  expect(answer.body).toMatchObject({ request_counts: { total: 1, failed } })
  expect((answer.body as { warnings?: { fields: object }[] }).warnings?.[0]?.fields).toEqual(fields)
})

test('an estimate reads such entries as the batch will', async () => {
  const { url } = await startBatchService()
  const estimate = async (query: string) => {
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(`${url}/batches/estimate${query}`, {
      method: 'POST',
      headers,
      body: starred(4).join(''),
    })
    return answer.json()
  }
  expect(await estimate('')).toMatchObject({ items: 4, unreadable: 0, warnings: [{ fields: { stars: 4, url: 2 } }] })
  expect(await estimate('?strict=true')).toMatchObject({ items: 0, unreadable: 4 })
})

test('lines of a stream are answered, and the warning comes after the last', async () => {
  const { classify } = await startService()
  const lines = async (body: string, query = '') => {
    const answer = await classify(body, { type: 'application/x-ndjson', query })
    return answer.body
      .trim()
      .split('\n')
      .map(answered => JSON.parse(answered))
  }
  const answers = await lines([...starred(3), line(3)].join(''))
  expect(answers.slice(0, -1).map(({ id, tags }) => [id, Array.isArray(tags)])).toHaveLength(4)
  expect(answers.at(-1)).toMatchObject({ warning: { code: 'ignored_fields', fields: { stars: 3, url: 1 } } })
  expect(await lines(line(1))).toEqual([{ id: 1, tags: expect.any(Array) }])
  expect(await lines(starred(1).join(''), '?strict=true')).toMatchObject([
    { id: 0, error: { errors: [{ pointer: '/stars', detail: 'is not known here' }] } },
  ])
})

test('a stream takes the other name of an id, as a batch does', async () => {
  const { classify } = await startService()
  const answer = await classify(`${JSON.stringify({ custom_id: 'a-1', text })}\n`, { type: 'application/x-ndjson' })
  expect(answer.json()).toEqual({ id: 'a-1', tags: expect.any(Array) })
})

test('one text as JSON is read to the letter', async () => {
  const { classify } = await startService()
  expect((await classify({ text, stars: 1 })).json()).toMatchObject({ errors: [{ pointer: '/stars' }] })
})
