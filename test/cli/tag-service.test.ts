import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createApiKey } from '../../src/core/api-key.ts'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { freePort } from '../support/spawned-service.ts'
import { type ProgramOptions, runInProcess } from '../support/terminal.ts'

const tag = (args: readonly string[], options?: ProgramOptions) => runInProcess(['tag', ...args], options)
const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean)
const answersIn = (file: string) => linesOf(file).map(line => JSON.parse(line))

function someItems(count: number): { readonly items: string; readonly out: string } {
  const folder = emptyFolder()
  const items = join(folder, 'items.ndjson')
  writeFileSync(items, someLines(count))
  return { items, out: join(folder, 'out.ndjson') }
}

test('a running service answers, and the same state holds with and without it', async () => {
  const { url, provider, env } = await startBatchService()
  const { items, out } = someItems(12)
  const first = await tag([items, '--to', out, '--url', url])
  expect([first.exitCode, provider.count(), answersIn(out).length]).toEqual([0, 12, 12])
  const second = await tag([items, '--to', out, '--url', url])
  expect([second.stderr, provider.count()]).toEqual([expect.stringContaining('12 kept'), 12])

  const { OPENAI_BASE_URL, OPENAI_MODEL } = env as { OPENAI_BASE_URL: string; OPENAI_MODEL: string }
  const own = await tag([items, '--to', out], { env: { OPENAI_BASE_URL, OPENAI_MODEL } })
  expect([own.stderr, provider.count()]).toEqual([expect.stringContaining('12 kept'), 12])

  writeFileSync(items, `${someLines(11)}{"id":11,"text":"It plots charts."}\n`)
  expect((await tag([items, '--to', out, '--url', url, '--changed'])).stderr).toContain('11: text\n')
  const list = join(emptyFolder(), 'list.json')
  writeFileSync(list, '[{"id":1,"name":"cli"},{"id":2,"name":"web"}]')
  const dry = await tag([items, '--to', out, '--url', url, '--tags', list, '--dry-run'])
  expect(dry.stderr).toMatch(/^12 items: 12 to ask \(list 12\), (at a price that is not known|for \$)/)
  expect(provider.count()).toBe(13)
})

test('a service asks for its key, and for a prompt that it has', async () => {
  const { key, line } = createApiKey('nightly', { opens: ['classify'], limits: {} })
  const { url } = await startBatchService({ env: { API_KEYS: line } })
  const { items, out } = someItems(2)
  const refused = await tag([items, '--to', out, '--url', url])
  expect([refused.exitCode, refused.stderr]).toEqual([
    2,
    expect.stringMatching(/^unauthorized: .*\n {2}put the key of the service into TAGSMITH_API_KEY/),
  ])
  const env = { TAGSMITH_API_KEY: key }
  const other = await tag([items, '--to', out, '--url', url, '--prompt', 'nope'], { env })
  expect([other.exitCode, other.stderr]).toEqual([2, expect.stringContaining('has no prompt nope, only assign-tags')])
  expect((await tag([items, '--to', out, '--url', url], { env })).exitCode).toBe(0)
  expect(answersIn(out)).toHaveLength(2)
})

test('kill -9 of the service in the middle fails no text, and what was answered is not paid again', async () => {
  const env = { PORT: String(await freePort()) }
  const {
    url,
    provider,
    server,
    env: sameData,
  } = await startBatchService({
    ...{ env, provider: { latencyMs: 30 }, ownProcess: true },
  })
  const { items, out } = someItems(80)
  const running = tag([items, '--to', out, '--url', url], { env: { BATCH_CONCURRENCY: '4' } })
  while (provider.count() < 20) await sleep(5)
  server.child.kill('SIGKILL')
  await server.ended
  await startServer(sameData)
  const { exitCode, stderr } = await running
  expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/items {3}80: /)])
  expect(answersIn(out)).toHaveLength(80)
  // The four that were being asked.
  expect(provider.count()).toBeLessThanOrEqual(84)
})

test('what one text meets stays with that text, and a spent budget ends the run and says so', async () => {
  const { key, line } = createApiKey('nightly', { opens: ['classify'], limits: { usd: 0.000_1 } })
  const { key: free, line: freeLine } = createApiKey('free', { opens: ['classify'], limits: {} })
  const { url } = await startBatchService({ env: { API_KEYS: `${line}\n${freeLine}` } })
  const { items, out } = someItems(3)
  writeFileSync(items, `${someLines(2)}{"id":"x","text":"Sorts. [[fake:refusal]]"}\n{"id":"e","text":" "}\n`)
  const some = await tag([items, '--to', out, '--url', url], { env: { TAGSMITH_API_KEY: free } })
  expect([some.exitCode, answersIn(out).length]).toEqual([1, 2])
  expect(answersIn(`${out}.failed`)).toMatchObject([
    { id: 'x', code: 'refused' },
    { id: 'e', code: 'unusable_text' },
  ])
  const many = someItems(40)
  const spent = await tag([many.items, '--to', many.out, '--url', url], {
    env: { TAGSMITH_API_KEY: key, BATCH_CONCURRENCY: '1' },
  })
  expect([spent.exitCode, spent.stderr]).toEqual([
    1,
    expect.stringMatching(/nothing more would have been answered\. budget_exhausted: /),
  ])
  expect(answersIn(`${many.out}.failed`).at(-1)).toMatchObject({ code: 'not_asked' })
})

test('--max-usd holds by what the service says that its answers cost', async () => {
  const { url, provider } = await startBatchService()
  const { items, out } = someItems(30)
  const args = [items, '--to', out, '--url', url, '--max-usd', '0.0000001']
  const capped = await tag(args, { env: { BATCH_CONCURRENCY: '1' } })
  expect([capped.exitCode, capped.stderr]).toEqual([1, expect.stringContaining('what --max-usd allows')])
  expect(provider.count()).toBeLessThan(5)
})

test('something that is not tagsmith is told at once', async () => {
  const server = createServer((_, response) => response.end('<html>hello</html>')).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const { items, out } = someItems(2)
  const { exitCode, stderr } = await tag([items, '--to', out, '--url', `http://127.0.0.1:${port}`])
  server.close()
  expect([exitCode, stderr]).toEqual([1, 'unexpected_answer: The answer is not JSON.\n'])
})
