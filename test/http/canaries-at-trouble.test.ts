import { expect, onTestFinished, test } from 'vitest'
import { mostCrashes } from '../../src/core/batch/batch.ts'
import { openSqliteStore } from '../../src/store/sqlite/open.ts'
import { clientOf, ended } from '../support/batch-service.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { openLines } from '../support/line-client.ts'
import { freePort } from '../support/spawned-service.ts'
import { postgresPrograms, startTemporaryPostgres } from '../support/temporary-postgres.ts'
import { bearer, document, keys, provokedCodes, saidBy, secrets, startWatched } from '../support/watched-service.ts'

const as = bearer(keys.indexer)
const expectNoSecret = (said: string) => {
  for (const secret of secrets) expect(said).not.toContain(secret)
}

test('a service that stops whenever it holds an item', async () => {
  const env = { REQUEST_TIMEOUT_MS: '60000', DATA_DIR: emptyFolder(), PORT: String(await freePort()) }
  const service = await startWatched({ env, ownProcess: true })
  const { server, provider, answers, get } = service
  const { submit, until } = clientOf(server.url, as)
  const line = JSON.stringify({ text: document('[[fake:stall_before_headers]]') })
  const { id } = (await submit(line)).body
  await expect.poll(provider.active).toBe(1)
  server.child.kill('SIGKILL')
  await server.ended
  answers.push(server.output())
  // The lives after the first, without a process each: a store that is opened takes every lease for that of a dead one.
  for (let life = 2; life <= mostCrashes; life += 1) {
    const store = await openSqliteStore({ directory: env.DATA_DIR })
    await store.joinWorker(`life-${life}`)
    expect(await store.claimItems({ worker: `life-${life}`, batchId: id }, 1)).toMatchObject([{ attempts: life }])
    await store.close()
  }
  const again = await startServer(service.env)
  const report = await until(id, ended)
  expect(Object.keys(report.outcomes)).toEqual(provokedCodes.crashes)
  expect(await get(`/batches/${id}/results?details=true`, as)).toContain('crash_loop')
  await get(`/batches/${id}/events`, as)
  expectNoSecret((await saidBy({ ...service, server: again })).all)
})

const programs = postgresPrograms()

test.skipIf(programs === undefined)(
  'a database that is gone',
  async () => {
    const database = await startTemporaryPostgres(programs!)
    onTestFinished(() => database.stop())
    // A statement has half of the time of a request, and the database is to be gone, not slow.
    const env = { DATABASE_URL: database.url, DATA_DIR: '', REQUEST_TIMEOUT_MS: '10000' }
    const service = await startWatched({ env })
    const { server, provider, answers, classify, get } = service
    const { submit } = clientOf(server.url, as)
    const line = (what: string) => JSON.stringify({ id: 'DOCUMENT-CANARY', text: document(what) })
    const { body } = await submit(line('[[fake:stall_before_headers]]'))
    await expect.poll(provider.active).toBe(1)
    await database.kill()
    answers.push(JSON.stringify((await submit(line('late'), { idempotencyKey: 'HEADER-CANARY' })).body))
    await get(`/batches/${body.id}/results`, as)
    await classify('', as)
    await expect.poll(() => server.output()).toContain('the database is not available')
    await database.start()
    const { codes, all } = await saidBy(service)
    expect([...codes]).toEqual(expect.arrayContaining([...provokedCodes.storage]))
    // The operator is still told why.
    expect(server.output()).toContain('"type":"StoreError","message":"The database 127.0.0.1')
    expectNoSecret(all)
  },
  180_000,
)

test('a stream with lines that fail, and a stop in the middle of it', async () => {
  const env = { REQUESTS_AT_ONCE: '8', SHUTDOWN_TIMEOUT_MS: '5000', REQUEST_TIMEOUT_MS: '20000' }
  const service = await startWatched({ env })
  const { server, provider, answers, classify, get } = service
  await classify('first', as)
  const { sent, write, take, rest } = openLines(server.url, { headers: as })
  sent.on('error', () => undefined)
  const faults = ['refusal', 'content_filter', 'off_list', 'truncated_content', 'server_error', 'html_page']
  const broken = ['{"text":"DOCUMENT-CANARY', { text: ['DOCUMENT-CANARY'] }, { text: '<!-- DOCUMENT-CANARY -->' }]
  const unknown = [
    { text: document(''), prompt: 'DOCUMENT-CANARY' },
    { text: document(''), 'DOCUMENT-CANARY x': 1 },
  ]
  const lines = [...faults.map(fault => ({ text: document(`[[fake:${fault}]]`) })), ...broken, ...unknown]
  write(...lines)
  const failed = await take(lines.length)
  const codes = ['refused', 'blocked', 'invalid_reply', 'truncated', 'invalid_request', 'unusable_text']
  expect(failed.map(({ error }) => error?.code)).toEqual(
    expect.arrayContaining([...codes, 'unknown_prompt', 'upstream_unavailable']),
  )
  write({ text: document('[[fake:stall_before_headers]]') })
  await expect.poll(provider.active).toBe(1)
  answers.push(await get('/metrics', bearer(keys.operator)))
  server.child.kill('SIGTERM')
  const stopped = await rest()
  expect(new Set(stopped.map(({ error }) => error?.code))).toEqual(new Set(provokedCodes.stop))
  expect(await server.ended).toBe(0)
  answers.push(JSON.stringify([...failed, ...stopped]))
  const traces = service.collector.bodies.join('\n')
  expect(server.output()).toContain('"outcome":"stopping"')
  expect(traces).toContain('POST /classify')
  expectNoSecret([server.output(), traces, ...answers].join('\n'))
})

test('batches through the Batch API of a provider, with an error file and a refusal that quote', async () => {
  const service = await startWatched({
    env: { PROVIDER_BATCH_POLL_MS: '20', PROVIDER_BATCH_PRICE_SHARE: '0.5', UPSTREAM_BACKOFF_MS: '1' },
    provider: {
      choose: ({ document: text, allowed }) =>
        text.includes('off-list')
          ? '{"tags":["REPLY-CANARY"]}'
          : text.includes('prose')
            ? 'REPLY-CANARY'
            : [allowed[0]!],
      batches: {
        fate: ({ document: text }) =>
          text.includes('quoted') ? { status: 400, code: `no: ${text} REPLY-CANARY` } : undefined,
        refuse: batch => (batch === 0 ? `line 1: ${document('')}` : undefined),
      },
    },
  })
  const { server, get } = service
  const { submit, until, post } = clientOf(server.url, as)
  const whats = [
    'sound',
    'off-list',
    'prose',
    'quoted',
    '[[fake:refusal]]',
    '[[fake:content_filter]]',
    '[[fake:blank]]',
  ]
  const lines = ['first', ...whats].map(what => JSON.stringify({ text: document(what) })).join('\n')
  const { id } = (await submit(lines, { query: '?delivery=provider' })).body
  const paused = await until(id, ({ status }) => status === 'paused')
  expect(paused.pause_reason).toBe('provider_refused')
  await expect.poll(() => server.output()).toContain('a batch is paused')
  await post(`/batches/${id}/resume`)
  const { outcomes } = await until(id, ended)
  expect(Object.keys(outcomes).sort()).toEqual(['blocked', 'invalid_reply', 'ok', 'refused', 'upstream_config'])
  for (const path of ['', '/results', '/results?details=true', '/events']) await get(`/batches/${id}${path}`, as)
  const { metrics, all } = await saidBy(service)
  expect(metrics).toContain('batch_items_total{outcome="invalid_reply"}')
  expectNoSecret(all)
})
