import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createApiKey } from '../../src/domain/api-key.ts'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, runCommand } from '../support/command.ts'

test('submits a file, follows it, fetches it and tries again what failed', async () => {
  const { url } = await startBatchService()
  const batch = (args: readonly string[], stdin = '') =>
    runCommand(['batch', ...args], { env: { TAGSMITH_URL: url }, stdin })
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
}, 60_000)

test('opens the service with a key, and stays for the results', async () => {
  const { key, line } = createApiKey('nightly', { opens: ['batch'], limits: {} })
  const { url } = await startBatchService({ env: { API_KEYS: line } })
  const env = { TAGSMITH_URL: url, TAGSMITH_API_KEY: key }
  const sent = await runCommand(['batch', 'submit', '-'], { env, stdin: someLines(5) })
  const results = await runCommand(['batch', 'results', sent.stdout.trim(), '--follow'], { env })
  expect(results.stdout.split('\n').filter(Boolean)).toHaveLength(5)
  const refused = await runCommand(['batch', 'status', 'x'], { env: { TAGSMITH_URL: url } })
  expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringMatching(/^unauthorized:/)])
}, 60_000)

test('says what is wrong, with the exit code for it', async () => {
  const { url } = await startBatchService()
  const batch = (args: readonly string[], env = { TAGSMITH_URL: url }) => runCommand(['batch', ...args], { env })
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
}, 60_000)
