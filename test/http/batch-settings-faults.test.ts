import { expect, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines } from '../support/batch-service.ts'
import { type ChoosyServer, type Refusal, startChoosyServer } from '../support/choosy-server.ts'
import { emptyFolder } from '../support/command.ts'
import { serveInProcess } from '../support/serve-in-process.ts'

async function start(provider: ChoosyServer, env: Record<string, string> = {}) {
  const all = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'm', DATA_DIR: emptyFolder(), LOG_LEVEL: 'info', ...env }
  const server = await serveInProcess(all)
  return { ...clientOf(server.url), url: server.url, server }
}

const refusals: Record<string, Refusal> = {
  'a 403 in unknown words': { status: 403, body: { error: 'Computer says no.' } },
  'a 403 in the words of a key': { status: 403, body: { error: { message: 'This key may not do that.' } } },
  'a 401': { status: 401, body: { error: { message: 'Unauthorized', code: 'invalid_api_key' } } },
  'an empty account': { status: 429, body: { error: { message: 'No quota.', code: 'insufficient_quota' } } },
  'a 404 of the model': { status: 404, body: { error: { message: 'no such model', code: 'model_not_found' } } },
  'a rejection in unknown words': { status: 400, body: { error: { message: 'Bad request.' } } },
  'a prompt that does not fit': {
    status: 400,
    body: { error: { code: 'context_length_exceeded', message: 'too long' } },
  },
  "a firewall's page": { status: 403, body: '<!DOCTYPE html><html><title>Access denied</title><p>Blocked.</html>' },
}

test('documents that are refused, each in its own way, end by themselves, told, and the others go on', async () => {
  const provider = await startChoosyServer()
  // Every fourth one.
  const refusalOf = new Map(Object.values(refusals).map((refusal, index) => [index * 4, refusal]))
  const numberOf = (document: string) => Number(/number (\d+)\./.exec(document)?.[1] ?? Number.NaN)
  provider.refuses(document => refusalOf.get(numberOf(document)))
  const { submit, until, url, server } = await start(provider)
  const { body } = await submit(someLines(40))
  const done = await until(body.id, batch => ended(batch) || batch.status === 'paused')
  expect(done).toMatchObject({ status: 'completed', request_counts: { completed: 32, failed: 8 } })
  const failed = await resultsOf(url, body.id, '?status=failed')
  expect(failed.map(({ id, error }) => [id, error?.code])).toEqual([
    [0, expect.stringMatching(/^(blocked|upstream_auth)$/)],
    [4, 'upstream_auth'],
    [8, 'upstream_auth'],
    [12, 'upstream_auth'],
    [16, 'upstream_config'],
    [20, 'upstream_config'],
    [24, 'upstream_config'],
    [28, 'blocked'],
  ])
  for (const refused of refusalOf.keys())
    expect(provider.asked.filter(document => numberOf(document) === refused).length).toBeLessThanOrEqual(2)
  await expect.poll(() => server.output()).toContain('an item fails by itself')
})

test('a setting under which nothing succeeds pauses the batch, which goes on once it is mended', async () => {
  const provider = await startChoosyServer()
  const { submit, post, until, server } = await start(provider)
  for (const [refusal, reason, count, lost] of [
    ['a 401', 'upstream_auth', 40, 0],
    ['a 403 in the words of a key', 'upstream_auth', 40, 0],
    ['an empty account', 'upstream_auth', 40, 0],
    ['a 404 of the model', 'upstream_config', 40, 0],
    // The probe is the second document then.
    ['a 401', 'upstream_auth', 1, 0],
    // That a filter stops everything shows after some documents only.
    ["a firewall's page", 'upstream_config', 40, 4],
  ] as const) {
    provider.refuses(() => refusals[refusal])
    const { body } = await submit(someLines(count, provider.asked.length))
    const paused = await until(body.id, batch => ended(batch) || batch.status === 'paused')
    expect([refusal, paused.status, paused.pause_reason]).toEqual([refusal, 'paused', reason])
    expect(paused.request_counts.failed).toBeLessThanOrEqual(lost)
    expect(provider.asked.some(document => !/number \d+\./.test(document))).toBe(true)
    provider.refuses(() => undefined)
    await post(`/batches/${body.id}/resume`)
    expect((await until(body.id, ended)).request_counts.completed).toBe(count - paused.request_counts.failed)
  }
  await expect.poll(() => server.output()).toContain('documents fail one after another')
}, 180_000)

test('a key that is taken back in the middle loses no document', async () => {
  const provider = await startChoosyServer()
  const { submit, post, until } = await start(provider)
  provider.refuses(() => (provider.asked.length > 30 ? refusals['a 401'] : undefined))
  const { body } = await submit(someLines(120))
  const paused = await until(body.id, batch => ended(batch) || batch.status === 'paused')
  expect(paused).toMatchObject({ status: 'paused', pause_reason: 'upstream_auth', request_counts: { failed: 0 } })
  provider.refuses(() => undefined)
  await post(`/batches/${body.id}/resume`)
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 120, failed: 0 } })
})

test('a filter that stops many documents ends each of them and pauses nothing', async () => {
  const provider = await startChoosyServer()
  const filtered = { status: 400, body: { error: { message: 'Content Exists Risk' } } }
  provider.refuses(document => (/number \d*[1-8]\./.test(document) ? filtered : undefined))
  const { submit, until } = await start(provider)
  const { body } = await submit(someLines(60))
  const done = await until(body.id, batch => ended(batch) || batch.status === 'paused')
  expect(done).toMatchObject({
    status: 'completed',
    request_counts: { completed: 12, failed: 48 },
    outcomes: { blocked: 48 },
  })
})

test('a text that a firewall refuses is not passed on to the next provider', async () => {
  const [first, second] = [await startChoosyServer(), await startChoosyServer()]
  first.refuses(() => refusals["a firewall's page"])
  const { url } = await start(first, { OPENAI_BASE_URL_2: second.url, OPENAI_MODEL_2: 'second' })
  const response = await fetch(`${url}/classify`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'A tool.',
  })
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([422, 'blocked'])
  expect(second.asked).toEqual([])
})
