import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { createApiKey } from '../../src/core/api-key.ts'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { freePort } from '../support/spawned-service.ts'
import { type ProgramOptions, runInProcess } from '../support/terminal.ts'

test('submits a file, follows it, fetches it and tries again what failed', async () => {
  const { url } = await startBatchService()
  const batch = (args: readonly string[], stdin = '') =>
    runInProcess(['batch', ...args], { env: { TAGSMITH_URL: url }, stdin })
  const file = join(emptyFolder(), 'items.ndjson')
  writeFileSync(file, `${someLines(3)}${JSON.stringify({ id: 'x', text: 'Sorts. [[fake:refusal]]' })}\n`)

  const sent = await batch(['submit', file, '--max-tags', '1', '--watch'])
  expect([sent.exitCode, sent.stderr]).toEqual([1, expect.stringContaining('completed, 4 of 4, 1 failed')])
  const id = sent.stdout.trim()
  const status = await batch(['status', id])
  expect([status.exitCode, JSON.parse(status.stdout)]).toEqual([0, expect.objectContaining({ id, max_tags: 1 })])
  const results = await batch(['results', id])
  expect(results.stdout.split('\n').filter(Boolean)).toHaveLength(4)
  expect((await batch(['results', id, '--failed'])).stdout).toMatch(/^\{"id":"x","error":\{"code":"refused"/)
  expect(JSON.parse((await batch(['retry', id])).stdout)).toMatchObject({ retried: 1 })
  expect((await batch(['watch', id])).exitCode).toBe(1)

  const piped = await batch(['submit', '-', '--watch', '--idempotency-key', 'k'], someLines(2))
  expect([piped.exitCode, piped.stderr]).toEqual([0, expect.stringContaining('completed, 2 of 2')])
}, 180_000)

test('opens the service with a key, and stays for the results', async () => {
  const { key, line } = createApiKey('nightly', { opens: ['batch'], limits: {} })
  const { url } = await startBatchService({ env: { API_KEYS: line } })
  const env = { TAGSMITH_URL: url, TAGSMITH_API_KEY: key }
  const sent = await runInProcess(['batch', 'submit', '-'], { env, stdin: someLines(5) })
  const results = await runInProcess(['batch', 'results', sent.stdout.trim(), '--follow'], { env })
  expect(results.stdout.split('\n').filter(Boolean)).toHaveLength(5)
  const refused = await runInProcess(['batch', 'status', 'x'], { env: { TAGSMITH_URL: url } })
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(/^unauthorized:/)])
}, 180_000)

test('says what is wrong, with the exit code for it', async () => {
  const { url } = await startBatchService()
  const batch = (args: readonly string[], env = { TAGSMITH_URL: url }) => runInProcess(['batch', ...args], { env })
  expect(await batch(['status', 'nope'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^unknown_batch:/),
  })
  expect(await batch(['submit', '/nowhere.ndjson'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('ENOENT'),
  })
  expect(await batch(['status', 'x'], { TAGSMITH_URL: 'http://127.0.0.1:1' })).toMatchObject({
    ...{ exitCode: 1, stderr: expect.stringContaining('There is no service at http://127.0.0.1:1') },
  })
}, 180_000)

test('an upload of which every line is bad ends with exit code 2 and the first fault; one bad line is told', async () => {
  const { url } = await startBatchService()
  const submit = (stdin: string, ...flags: string[]) =>
    runInProcess(['batch', 'submit', '-', ...flags], { env: { TAGSMITH_URL: url }, stdin })
  const bad = await submit('{"id":1}\n{"id":2,}\n', '--watch')
  expect([bad.exitCode, bad.stderr]).toEqual([
    2,
    '2 of 2 items failed. The first: Line 1 is not a valid item. /text is missing.\n',
  ])
  const partly = await submit(`${someLines(2)}{"id":2,}\n`)
  expect([partly.exitCode, partly.stderr]).toEqual([
    0,
    '1 of 3 items failed. The first: Line 3 is not valid JSON: column 9.\n',
  ])
  const more = '{"id":1,"text":"It sorts lines of text.","stars":3}\n'
  const lenient = await submit(more)
  expect([lenient.exitCode, lenient.stderr]).toEqual([0, expect.stringMatching(/^warning: .*stars \(1\)/)])
  expect(await submit(more, '--strict')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('/stars') })
}, 180_000)

test('a tag list goes before the items, whatever form they have', async () => {
  const { url } = await startBatchService()
  const env = { TAGSMITH_URL: url }
  const list = join(emptyFolder(), 'list.json')
  writeFileSync(list, '[{"id":"s","name":"sorting"}]')
  const text = 'A tool for sorting.'
  const forms = [
    `{"id":1,"text":"${text}"}\n{"id":2,"text":"${text}"}`,
    `\uFEFF\n [{"id":1,"text":"${text}"},\n{"id":2,"text":"${text}"}]`,
  ]
  for (const stdin of forms) {
    const sent = await runInProcess(['batch', 'submit', '-', '--tags', list, '--watch'], { env, stdin })
    expect([stdin, sent.exitCode]).toEqual([stdin, 0])
    const results = await runInProcess(['batch', 'results', sent.stdout.trim()], { env })
    expect(results.stdout).toBe('{"id":1,"tags":["s"]}\n{"id":2,"tags":["s"]}\n')
  }
  writeFileSync(list, '[{"id":"s",}]')
  expect(await runInProcess(['batch', 'submit', '-', '--tags', list], { env, stdin: forms[0]! })).toMatchObject({
    ...{ exitCode: 2, stderr: `invalid_request: ${list} is not valid JSON: column 12.\n` },
  })
}, 180_000)

test('lists the batches, the newest first, over as many pages as it takes', async () => {
  const { url, submit } = await startBatchService()
  const ids: string[] = []
  for (let count = 0; count < 3; count += 1) ids.unshift((await submit(someLines(1))).body.id)
  const list = (...flags: string[]) => runInProcess(['batch', 'list', ...flags], { env: { TAGSMITH_URL: url } })
  const told = (await list()).stdout.trim().split('\n')
  expect(told.map(line => line.split('  ')[0])).toEqual(ids)
  expect(told[0]).toMatch(/ {2}\d{4}-.*Z {2}(in_progress|completed), \d of 1/)
  const json = (await list('--json', '--limit', '2')).stdout.trim().split('\n')
  expect(json.map(line => JSON.parse(line).id)).toEqual(ids.slice(0, 2))
}, 180_000)

const batch = (url: string, args: readonly string[], options: ProgramOptions = {}) =>
  runInProcess(['batch', '--url', url, ...args], options)

test('a table goes in and a table comes out', async () => {
  const { url } = await startBatchService()
  const file = join(emptyFolder(), 'projects.csv')
  const rows = ['1;sorter;"A tool; it ""sorts""\r\nlines."', '2;x;y;z', '3;refused;[[fake:refusal]]']
  writeFileSync(file, `\ufeffid;name;readme\r\n${rows.join('\r\n')}\r\n`)
  const list = join(emptyFolder(), 'list.json')
  writeFileSync(list, '[{"id":"s","name":"sorting; lines"}]')
  const sent = await batch(url, ['submit', file, '--text', 'name,readme', '--tags', list, '--watch'])
  expect([sent.exitCode, sent.stderr]).toEqual([1, expect.stringMatching(/^left out: .*projects\.csv:3 has 4 columns/)])
  const id = sent.stdout.trim()
  expect((await batch(url, ['results', id, '--form', 'csv'])).stdout).toMatch(
    /^id,tag_ids,tag_names,error\n1,s,sorting; lines,\n3,,,refused: .*\n$/,
  )
  expect((await batch(url, ['results', id, '--form', 'tsv', '--outcome', 'ok'])).stdout).toBe(
    'id\ttag_ids\ttag_names\terror\n1\ts\tsorting; lines\t\n',
  )
  expect(JSON.parse((await batch(url, ['retry', id, '--outcome', 'truncated'])).stdout)).toMatchObject({ retried: 0 })
  expect(JSON.parse((await batch(url, ['retry', id, '--outcome', 'refused,truncated'])).stdout)).toMatchObject({
    retried: 1,
  })
  const strict = await batch(url, ['submit', file, '--text', 'name,readme', '--strict'])
  expect([strict.exitCode, strict.stderr]).toEqual([2, expect.stringContaining('has 4 columns')])
  const stdin = 'id,text\n1,It sorts.\n'
  expect((await batch(url, ['submit', '-', '--form', 'csv', '--watch'], { stdin })).exitCode).toBe(0)
})

test('with --resume the same command finds its batch again, and without it makes another', async () => {
  const { url } = await startBatchService()
  const file = join(emptyFolder(), 'items.ndjson')
  writeFileSync(file, someLines(3))
  const submit = async (...flags: string[]) => (await batch(url, ['submit', file, ...flags])).stdout.trim()
  const first = await submit('--resume')
  expect([await submit('--resume', '--watch'), await submit('--resume')]).toEqual([first, first])
  expect(await submit('--resume', '--max-tags', '1')).not.toBe(first)
  expect(await submit()).not.toBe(first)
  expect(await batch(url, ['submit', '-', '--resume'], { stdin: someLines(1) })).toMatchObject({ exitCode: 2 })
})

test('a watch sits out kill -9 of the service behind its bar, and a person who leaves is told how to go on', async () => {
  const env = { PORT: String(await freePort()), BATCH_CONCURRENCY: '2' }
  const service = await startBatchService({ env, provider: { latencyMs: 100 }, ownProcess: true })
  const file = join(emptyFolder(), 'items.ndjson')
  writeFileSync(file, someLines(40))
  let said = ''
  const watching = batch(service.url, ['submit', file, '--watch'], {
    isTerminal: true,
    onStderr: text => {
      said += text
    },
  })
  while (!/\[#+\.+\] in_progress/.test(said)) await sleep(10)
  service.server.child.kill('SIGKILL')
  await service.server.ended
  while (!said.includes('Trying again.')) await sleep(10)
  await startServer(service.env)
  const { exitCode, stdout, stderr } = await watching
  expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/\[#{24}\] completed, 40 of 40/)])

  const left = await batch(service.url, ['watch', stdout.trim()], { isTerminal: true })
  expect(left.exitCode).toBe(0)
  const more = await batch(service.url, ['submit', file, '--watch'], {
    isTerminal: true,
    onStderr: (text, interrupt) => text.includes('in_progress') && interrupt(),
  })
  expect([more.exitCode, more.stderr]).toEqual([
    130,
    expect.stringContaining(`tagsmith batch watch ${more.stdout.trim()}`),
  ])
})

test('an upload that a stop of the service breaks off is sent again by itself', async () => {
  const env = { PORT: String(await freePort()) }
  const service = await startBatchService({ env, ownProcess: true })
  const file = join(emptyFolder(), 'items.ndjson')
  writeFileSync(file, someLines(60_000))
  let restarted: ReturnType<typeof startServer> | undefined
  const sending = batch(service.url, ['submit', file], {
    onStderr: text => {
      if (text.includes('Trying again.')) restarted ??= startServer(service.env)
    },
  })
  const { batches } = createClient({ url: service.url })
  while ((await batches.list()).data.length === 0) await sleep(5)
  service.server.child.kill('SIGKILL')
  const { exitCode, stdout, stderr } = await sending
  onTestFinished(async () => void (await restarted))
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('Trying again.')])
  expect((await service.get(`/batches/${stdout.trim()}`)).body.request_counts.total).toBe(60_000)
})
