import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { clientOf, ended } from '../support/batch-service.ts'
import { bearer, document, keys, provokedCodes, saidBy, secrets, startWatched } from '../support/watched-service.ts'

test('what ends at the door or half way leaves nothing of what was sent', async () => {
  const service = await startWatched()
  const { server, provider, answers, classify, get } = service
  const broken = async (sent: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write(sent)
    answers.push(await readText(socket))
  }
  await classify('', { authorization: 'Bearer tagsmith_KEY-CANARY' })
  await classify('', bearer(keys.operator))
  for (let index = 0; index < 2; index += 1) await classify('', bearer(keys.slow))
  for (let index = 0; index < 2; index += 1) await classify('other', bearer(keys.poor))
  /** Until the model is asked once more. */
  const asked = async (count: number) => {
    while (provider.count() <= count) await sleep(5)
  }
  let count = provider.count()
  const late = classify('[[fake:stall_before_headers]]', bearer(keys.indexer))
  await asked(count)
  await classify('too many', bearer(keys.indexer))
  expect(await late).toContain('"deadline"')
  count = provider.count()
  const leaving = new AbortController()
  const left = classify('[[fake:stall_before_headers]] again', bearer(keys.indexer), leaving.signal)
  await asked(count)
  leaving.abort()
  await expect(left).rejects.toThrow()
  await get('/DOCUMENT-CANARY?q=DOCUMENT-CANARY', { 'x-api-key': keys.indexer.key })
  await get('/classify?q=DOCUMENT-CANARY', bearer(keys.indexer), 'DELETE')
  await broken(`POST /classify HTTP/1.1\r\nhost: x\r\n${'x-long: HEADER-CANARY\r\n'.repeat(1_000)}\r\n`)
  await broken('POST /classify HTTP/1.1\r\nhost: x\r\nx-slow: HEADER-CANARY')
  await expect.poll(server.output).toContain('client_closed')
  const { codes, all } = await saidBy(service)
  expect([...codes]).toEqual(expect.arrayContaining([...provokedCodes.door]))
  for (const secret of secrets) expect(all).not.toContain(secret)
})

test('batches leave nothing of their items in results, events, logs, metrics or traces', async () => {
  const service = await startWatched()
  const { server, get, answers } = service
  const as = bearer(keys.indexer)
  const { submit, until } = clientOf(server.url, as)
  const item = (what: string, more = {}) => JSON.stringify({ text: document(what), ...more })
  const lines = [
    ...['refusal', 'content_filter', 'off_list', 'truncated_content', 'blank'].map(fault => item(`[[fake:${fault}]]`)),
    ...[item('sound'), item('sound', { prompt: 'DOCUMENT-CANARY' }), item('sound', { 'DOCUMENT-CANARY x': 1 })],
    ...['{"text":"DOCUMENT-CANARY', '{"text":["DOCUMENT-CANARY"]}', '{"text":"<!-- DOCUMENT-CANARY -->"}'],
  ]
  const { body } = await submit(lines.join('\n'), { idempotencyKey: 'HEADER-CANARY' })
  const watched = get(`/batches/${body.id}/events`, as)
  const report = await until(body.id, ended)
  await watched
  expect(report.request_counts).toMatchObject({ total: lines.length, completed: 2 })
  const outcomes = ['blocked', 'invalid_reply', 'invalid_request', 'ok', 'refused', 'truncated']
  expect(Object.keys(report.outcomes)).toEqual(expect.arrayContaining(outcomes))
  for (const path of ['', `/${body.id}`, `/${body.id}/results`, `/${body.id}/results?details=true`])
    await get(`/batches${path}`, as)
  await get(`/batches/${body.id}/cancel`, as, 'POST')
  await get('/batches/DOCUMENT-CANARY', as)
  await read(await fetch(`${server.url}/batches`, { method: 'POST', headers: as, body: '{"batch":"DOCUMENT-CANARY"}' }))
  const { codes, metrics, traces, all } = await saidBy(service)
  expect([...codes]).toEqual(expect.arrayContaining([...provokedCodes.batches]))
  expect(metrics).toContain('batch_items_total{outcome="refused"} 1')
  expect(traces).toContain('batch item')
  for (const secret of secrets) expect(all).not.toContain(secret)

  async function read(response: Response): Promise<void> {
    answers.push(await response.text())
  }
})
