import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder } from '../support/command.ts'
import { runInProcess } from '../support/terminal.ts'

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
