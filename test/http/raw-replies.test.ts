import { expect, test } from 'vitest'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService } from '../support/service.ts'

const wire = createWire()
const text = '# A router\n\nIt routes packets.'
const written = (content: string) => ({ body: completion(content) })
const start = (more: Record<string, string> = {}) => startService({ ...endpointSettings, ...more })
const two = {
  OPENAI_BASE_URL_2: 'http://other.test/v1',
  OPENAI_API_KEY_2: 'sk-test-other',
  OPENAI_MODEL_2: 'other-model',
}

test('with details=replies the answer tells what the model wrote, and with details=true it does not', async () => {
  const { classify, log } = await start()
  const reply = '{"tags":[36, 999999], "why":"REPLY-CANARY"}'
  wire.plays(written(reply))
  const { details } = (await classify({ text }, { query: '?details=replies' })).json()
  expect(details).toMatchObject({ replies: [reply], tags: [{ id: 36 }], dropped: [{ reason: 'unknown' }] })
  const again = await classify({ text }, { query: '?details=replies' })
  expect(again.json().details).toMatchObject({ replies: [], cached: true })
  expect((await classify({ text }, { query: '?details=true' })).json().details).not.toHaveProperty('replies')
  expect((await classify({ text })).json()).toEqual({ id: null, tags: [36] })
  expect(log.join('')).not.toContain('REPLY-CANARY')
})

test('a problem tells the replies to a request that wants them alone, each in its turn', async () => {
  const { classify, log } = await start()
  wire.plays(written('First CANARY.'), written('Second CANARY.'))
  const failed = await classify({ text }, { query: '?details=replies' })
  expect(failed.json()).toMatchObject({ code: 'invalid_reply', replies: ['First CANARY.', 'Second CANARY.'] })
  wire.plays(written('First CANARY.'), written('Second CANARY.'))
  expect((await classify({ text }, { query: '?details=true' })).body).not.toContain('CANARY')
  expect(log.join('')).not.toContain('CANARY')
})

test('replies are told of what a stand-in wrote as well, and none of the embedded ranker', async () => {
  const { classify } = await startService({})
  const { details } = (await classify({ text }, { query: '?details=replies' })).json()
  expect(details).toMatchObject({ endpoint: 'embedded-ranker', replies: [] })
})

test('the endpoints are listed in the order in which they are asked, by the names that requests take', async () => {
  const { app } = await start({ ...two, FALLBACK_TO_RANKER: 'true' })
  expect((await app.inject('/endpoints')).json()).toEqual({
    data: [
      { name: 'model.test', model: 'test-model', reads: 'messages' },
      { name: 'other.test', model: 'other-model', reads: 'messages' },
      { name: 'embedded-ranker', model: 'embedded-ranker', reads: 'list' },
    ],
  })
})

test('endpoints of one host are told apart by their models', async () => {
  const { app, classify } = await start({ ...two, OPENAI_BASE_URL_2: endpointSettings.OPENAI_BASE_URL })
  const { data } = (await app.inject('/endpoints')).json()
  expect(data.map(({ name }: { name: string }) => name)).toEqual(['model.test/test-model', 'model.test/other-model'])
  wire.plays(written('{"tags":[36]}'))
  await classify({ text }, { query: '?endpoint=model.test/other-model' })
  expect(wire.sent.map(({ body }) => body.model)).toEqual(['other-model'])
})

test('a request names the one endpoint that is asked; lines of a stream do too; one that is not there is refused', async () => {
  const { classify } = await start({ FALLBACK_TO_RANKER: 'true', DATA_DIR: emptyFolder() })
  const query = '?details=true&endpoint=embedded-ranker'
  expect((await classify({ text }, { query })).json().details.endpoint).toBe('embedded-ranker')
  const lines = await classify(`${JSON.stringify({ text })}\n`, { query, type: 'application/x-ndjson' })
  expect(JSON.parse(lines.body).details.endpoint).toBe('embedded-ranker')
  for (const type of ['application/json', 'application/x-ndjson']) {
    const refused = await classify({ text }, { query: '?endpoint=nowhere.test', type })
    expect([refused.statusCode, refused.json()]).toMatchObject([
      400,
      { code: 'invalid_request', errors: [{ pointer: '/endpoint' }] },
    ])
  }
})
