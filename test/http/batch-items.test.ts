import { expect, test } from 'vitest'
import { ended, someLines, startBatchService } from '../support/batch-service.ts'

const refused = (id: string) => `${JSON.stringify({ id, text: `Sorts ${id}. [[fake:refusal,ok]]` })}\n`
const blocked = (id: string) => `${JSON.stringify({ id, text: `Sorts ${id}. [[fake:content_filter]]` })}\n`

/** Any of the answers; each test says which it wants. */
interface ReadAnswer {
  readonly data: readonly { readonly index: number; readonly outcome: string }[]
  readonly has_more: boolean
  readonly tags: readonly object[]
}

async function finished(lines: string, query = '') {
  const service = await startBatchService()
  const { body } = await service.submit(lines, { query })
  await service.until(body.id, ended)
  const read = async (path: string) =>
    (await (await fetch(`${service.url}/batches/${body.id}${path}`)).json()) as ReadAnswer
  return { ...service, id: body.id, read }
}

test('items come in pages, filtered by status and outcome, and a page says whether more come', async () => {
  const { read } = await finished(`${someLines(5)}${refused('r')}{"id":"broken"\n${blocked('b')}`)
  const first = await read('/items?limit=3')
  expect(first).toMatchObject({ has_more: true, data: [{ index: 0 }, { index: 1 }, { index: 2 }] })
  const rest = await read('/items?limit=200&after=2')
  expect(rest.has_more).toBe(false)
  expect(rest.data.map(({ index, outcome }) => [index, outcome])).toEqual([
    [3, 'ok'],
    [4, 'ok'],
    [5, 'refused'],
    [6, 'invalid_request'],
    [7, 'blocked'],
  ])
  expect((await read('/items?status=failed')).data).toHaveLength(3)
  expect(await read('/items?outcome=blocked,refused&limit=1')).toMatchObject({
    has_more: true,
    data: [{ index: 5, result: { id: 'r', error: { code: 'refused' } } }],
  })
})

test('an item is told with its text and how it ended; an entry that could not be read with its error alone', async () => {
  const { read } = await finished(`${someLines(1)}{"id":"broken"\n`, '?min_confidence=0')
  expect(await read('/items/0')).toMatchObject({
    index: 0,
    request: { id: 0, text: expect.stringContaining('# Project 0'), min_confidence: 0 },
    outcome: 'ok',
    result: {
      id: 0,
      details: { tags: expect.arrayContaining([expect.objectContaining({ confidence: expect.any(Number) })]) },
    },
  })
  expect(await read('/items/1')).toMatchObject({
    request: null,
    result: { error: { code: 'invalid_request', line: 2 } },
  })
  expect(await read('/items/2')).toMatchObject({ code: 'not_found', status: 404 })
})

test('an item that brought its own list is told with it', async () => {
  const tags = [
    { id: 1, name: 'sorting', aliases: ['order'] },
    { id: 'b', name: 'baking' },
  ]
  const { read } = await finished(`${JSON.stringify({ text: 'It sorts.', tags })}\n`)
  expect(await read('/items/0')).toMatchObject({ request: { text: 'It sorts.', tags } })
})

test('an index is answered up to nine digits, and refused above', async () => {
  const { read } = await finished(someLines(1))
  expect(await read('/items/999999999')).toMatchObject({ status: 404 })
  expect(await read('/items/9999999999')).toMatchObject({ status: 400 })
  expect(await read('/items?after=999999999')).toMatchObject({ data: [] })
  expect(await read('/items?after=9999999999')).toMatchObject({ status: 400 })
})

test('the tags of a batch are those it brought, else those of its prompt', async () => {
  const own = [{ id: 'x', name: 'sorting', description: 'It sorts.', aliases: ['sorter'] }]
  const { read, url, submit } = await finished(`${JSON.stringify({ batch: { tags: own } })}\n${someLines(1)}`)
  expect((await read('/tags')).tags).toEqual(own)
  const { body } = await submit(someLines(1))
  const [ofBatch, ofPrompt] = await Promise.all(
    [`/batches/${body.id}/tags`, '/prompts/assign-tags/tags'].map(
      async path => (await (await fetch(`${url}${path}`)).json()) as ReadAnswer,
    ),
  )
  expect(ofBatch).toEqual(ofPrompt)
  expect(ofPrompt?.tags).toHaveLength(90)
  expect((await fetch(`${url}/prompts/nobodys/tags`)).status).toBe(404)
})

test('only failed items of the outcomes that are named are tried again', async () => {
  const { id, post, until } = await finished(`${refused('r1')}${blocked('b')}${refused('r2')}`)
  expect((await post(`/batches/${id}/retry?outcome=unheard_of`)).status).toBe(400)
  expect((await post(`/batches/${id}/retry?outcome=refused`)).body).toMatchObject({ retried: 2 })
  expect(await until(id, ended)).toMatchObject({
    request_counts: { completed: 2, failed: 1 },
    outcomes: { blocked: 1 },
  })
})

test.each(['after=-1', 'limit=0', 'limit=201', 'status=open', 'page=2'])(
  'a page of items by ?%s is refused',
  async query => {
    const { url } = await startBatchService()
    expect((await fetch(`${url}/batches/batch_x/items?${query}`)).status).toBe(400)
  },
)
