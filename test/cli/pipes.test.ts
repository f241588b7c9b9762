import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { someLines, startBatchService } from '../support/batch-service.ts'
import { emptyFolder, startServer } from '../support/command.ts'
import { spawnCommand } from '../support/server-process.ts'
import { runInProcess } from '../support/terminal.ts'

test.each<[what: string, signals: NodeJS.Signals[]]>([
  ['Ctrl-C', ['SIGINT']],
  ['a signal to stop', ['SIGTERM']],
  ['Ctrl-C and another signal', ['SIGINT', 'SIGTERM']],
])(
  'a service whose log has lost its reader ends at %s',
  async (_, signals) => {
    const { url, child, ended: end } = await startServer()
    // As `| tee log`, which the same Ctrl-C ends.
    child.stdout!.destroy()
    for (const signal of signals) child.kill(signal)
    // The second one ends it at once if it is still there; one that is leaving no longer listens to signals, and has no code.
    expect(signals.length === 1 ? [0] : [0, 1, null]).toContain(await end)
    await expect(fetch(url)).rejects.toThrow()
  },
  180_000,
)

test('a service whose log has lost its reader serves on, and says so once', async () => {
  const { url, child, ended: end, output } = await startServer()
  child.stdout!.destroy()
  for (let times = 0; times < 3; times += 1) {
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    await sleep(250)
  }
  child.kill('SIGTERM')
  expect(await end).toBe(0)
  expect(output().match(/the log cannot be written to/g)).toHaveLength(1)
}, 120_000)

test('results whose reader has what it wanted end without a word', async () => {
  const { url, submit } = await startBatchService()
  // Lines that are none have results at once.
  const { body } = await submit('{\n'.repeat(5_000))
  const args = ['batch', 'results', body.id]
  const child = spawnCommand(args, { env: { TAGSMITH_URL: url }, cwd: emptyFolder() })
  const stderr = text(child.stderr!)
  const end = once(child, 'close')
  // As `| head -1`.
  child.stdout!.once('data', () => child.stdout!.destroy())
  expect([await end, await stderr]).toEqual([[0, null], ''])
}, 120_000)

test('Ctrl-C while a batch is watched says that it runs on, and how to go on', async () => {
  const { url } = await startBatchService({ env: { BATCH_CONCURRENCY: '1' }, provider: { latencyMs: 300 } })
  const args = ['batch', 'submit', '-', '--watch']
  const child = spawnCommand(args, { env: { TAGSMITH_URL: url }, cwd: emptyFolder() })
  child.stdin!.end(someLines(500))
  const stdout = text(child.stdout!)
  let stderr = ''
  child.stderr!.on('data', chunk => {
    if (stderr === '') child.kill('SIGINT')
    stderr += chunk
  })
  const [exitCode] = await once(child, 'close')
  const id = (await stdout).trim()
  expect([exitCode, stderr]).toEqual([130, expect.stringContaining(`tagsmith batch watch ${id}`)])
  expect(await (await fetch(`${url}/batches/${id}`)).json()).toMatchObject({ status: 'in_progress' })
}, 120_000)

test('help is there before the service is loaded', async () => {
  // A module that is not there is noticed by whoever loads it.
  const main = new URL('../../src/main.ts', import.meta.url).pathname
  const loaded = `
    import { registerHooks } from 'node:module'
    registerHooks({ load(url, context, next) { if (/zod|fastify|compose|openai|pino/.test(url)) console.error(url); return next(url, context) } })
    process.argv.push(${JSON.stringify(main)}, '--help')
    await import(${JSON.stringify(main)})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', loaded], { cwd: emptyFolder() })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  expect([stdout, stderr]).toEqual([expect.stringContaining('Commands:'), ''])
})

test('no answer from a service is told from a file that cannot be read', async () => {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end('{}'))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const folder = emptyFolder()
  for (const command of [['batch', 'submit'], ['batch', 'estimate'], ['classify'], ['tags', 'enrich']]) {
    const env = { TAGSMITH_URL: `http://127.0.0.1:${port}`, OPENAI_BASE_URL: 'http://127.0.0.1:1', OPENAI_MODEL: 'm' }
    const { exitCode, stderr } = await runInProcess([...command, folder], { env })
    expect([command, exitCode, stderr]).toEqual([
      command,
      2,
      `invalid_request: ${folder} is a folder; name a file, or - for stdin.\n`,
    ])
  }
}, 120_000)
