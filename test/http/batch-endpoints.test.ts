import { expect, onTestFinished, test } from 'vitest'
import { clientOf, ended, resultsOf, someLines, startBatchService } from '../support/batch-service.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'

async function twoEndpoints(env: Record<string, string> = {}) {
  const other = await startFakeProvider({ choose: ({ allowed }) => allowed.slice(1, 2) })
  onTestFinished(() => other.close())
  const service = await startBatchService({
    env: { OPENAI_BASE_URL_2: other.url, OPENAI_MODEL_2: other.dialect.model, FALLBACK_TO_RANKER: 'true', ...env },
    provider: { choose: ({ allowed }) => allowed.slice(0, 1) },
  })
  const hostOf = ({ url }: { url: string }) => new URL(url).host
  return { ...service, other, first: hostOf(service.provider), second: hostOf(other) }
}

test('a batch is run on the endpoint that it names alone, and answers of one are not taken for those of another', async () => {
  const { url, submit, until, provider, other, second } = await twoEndpoints()
  const tagsOf = async (query: string) => {
    const { body } = await submit(someLines(5), { query })
    const last = await until(body.id, ended)
    return { last, results: await resultsOf(url, body.id) }
  }
  const onFirst = await tagsOf('')
  expect([provider.count(), other.count()]).toEqual([5, 0])
  const onSecond = await tagsOf(`?endpoint=${second}`)
  expect([provider.count(), other.count()]).toEqual([5, 5])
  expect(onSecond.last).toMatchObject({ endpoint: second, request_counts: { completed: 5 } })
  expect(onSecond.results.map(({ tags }) => tags)).not.toContainEqual(onFirst.results[0]!.tags)
  // Now both are known, each by itself.
  expect((await tagsOf('')).results).toEqual(onFirst.results)
  expect((await tagsOf(`?endpoint=${second}`)).results).toEqual(onSecond.results)
  expect([provider.count(), other.count()]).toEqual([5, 5])
  await tagsOf('?endpoint=embedded-ranker')
  expect([provider.count(), other.count()]).toEqual([5, 5])
})

test('an endpoint that is not there, or has no Batch API here, is refused with the choices', async () => {
  const { url, submit, first, second } = await twoEndpoints()
  const unknown = await submit(someLines(1), { query: '?endpoint=nowhere.example' })
  expect(unknown.body).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/endpoint' }] })
  expect(unknown.body.detail).toContain(`choose one of ${first}, ${second}, embedded-ranker.`)
  const header = await submit(`{"batch":{"endpoint":"nowhere.example"}}\n${someLines(1)}`)
  expect([unknown.status, header.status]).toEqual([400, 400])
  const provided = await submit(someLines(1), { query: `?endpoint=${second}&delivery=provider` })
  expect(provided.status).toBe(400)
  expect(provided.body.detail).toContain(`Only ${first} is asked through its Batch API.`)
  const estimate = await clientOf(url).post('/batches/estimate?endpoint=nowhere.example', [{ text: 'Sorts.' }])
  expect(estimate.status).toBe(400)
})

test('two models on one host are told apart by the model', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const twice = await startBatchService({
    env: { OPENAI_BASE_URL: provider.url, OPENAI_BASE_URL_2: provider.url, OPENAI_MODEL_2: 'gpt-other' },
  })
  const host = new URL(provider.url).host
  const vague = await twice.submit(someLines(1), { query: `?endpoint=${host}` })
  expect([vague.status, vague.body.detail]).toEqual([400, expect.stringContaining(`${host}/gpt-other`)])
  const { body } = await twice.submit(someLines(2), { query: `?endpoint=${host}/gpt-other` })
  expect(await twice.until(body.id, ended)).toMatchObject({ outcomes: { ok: 2 } })
  expect(provider.requests.map(request => (request.body as { model: string }).model)).toEqual([
    'gpt-other',
    'gpt-other',
  ])
})

test('a batch on an endpoint that is down does not hold up one on another', async () => {
  const { submit, until, get, other, second, first } = await twoEndpoints({ UPSTREAM_ATTEMPTS: '1' })
  other.setFaults({ shares: { unavailable: 1 } })
  const stuck = await submit(someLines(30), { query: `?endpoint=${second}` })
  await until(stuck.body.id, ({ circuit }) => circuit === 'open')
  const free = await submit(someLines(30, 100), { query: `?endpoint=${first}` })
  expect(await until(free.body.id, ended)).toMatchObject({ circuit: 'closed', request_counts: { completed: 30 } })
  expect((await get(`/batches/${stuck.body.id}`)).body).toMatchObject({
    status: 'in_progress',
    request_counts: { failed: 0 },
  })
  other.setFaults({ shares: {} })
  expect(await until(stuck.body.id, ended)).toMatchObject({ request_counts: { completed: 30 } })
})

test('a batch waits for an endpoint that is down, while the embedded ranker answers texts that somebody waits for', async () => {
  const { url, submit, until, provider } = await startBatchService({
    env: { FALLBACK_TO_RANKER: 'true', UPSTREAM_ATTEMPTS: '1' },
    provider: { faults: { shares: { server_error: 1 } } },
  })
  const { model } = provider.dialect
  const { body } = await submit(`${someLines(8)}{"id":"same","text":"Sorts the same."}`)
  const classify = async (text: string) => {
    const sent = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: text }
    return (await fetch(`${url}/classify`, sent)).headers.get('x-tagsmith-model')
  }
  // So do those who ask about a text of the batch, and none of its items shares their answer.
  for (let times = 0; times < 20 || provider.count() < 10; times += 1)
    expect(await classify(times % 2 === 0 ? 'Sorts the same.' : `Sorts ${times}.`)).toBe('embedded-ranker')
  expect((await until(body.id, () => true)).request_counts).toMatchObject({ completed: 0, failed: 0 })
  provider.setFaults({ shares: {} })
  expect(await until(body.id, ended)).toMatchObject({ request_counts: { completed: 9, failed: 0 } })
  const results = await resultsOf(url, body.id, '?details=true')
  expect(new Set(results.map(({ details }) => details?.model))).toEqual(new Set([model]))
})
