import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyFolder, runCommand, startServer } from '../support/command.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { runInProcess } from '../support/terminal.ts'

const post = (url: string, text: string) =>
  fetch(`${url}/classify`, { method: 'POST', headers: { 'content-type': 'text/markdown' }, body: text })

describe('tagsmith serve', () => {
  test('serves with nothing configured, says how to plug in a model, and stops when told to', async () => {
    const { url, child, ended, output } = await startServer()
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ status: 'ok' })
    expect(
      await (await post(url, '# Server\n\nThis server answers GraphQL queries over your GraphQL schema.')).json(),
    ).toMatchObject({ tags: expect.arrayContaining([23]) })
    expect(output()).toContain('set OPENAI_MODEL and OPENAI_API_KEY or OPENAI_BASE_URL')
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  test('finishes what is running before it stops', async () => {
    const provider = await startFakeProvider({ latencyMs: 1_000 })
    onTestFinished(() => provider.close())
    const { url, child, ended } = await startServer({ OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'fake-model' })
    await post(url, 'How this endpoint wants to be asked is known after the first answer.')
    const before = provider.count()
    const answers = Array.from({ length: 5 }, (_, index) => post(url, `Router number ${index}.`))
    while (provider.count() < before + 5) await sleep(5)
    child.kill('SIGTERM')
    const statuses = (await Promise.all(answers)).map(({ status }) => status)
    expect([statuses, await ended]).toEqual([[200, 200, 200, 200, 200], 0])
  })

  test('sends no header that was meant for another endpoint', async () => {
    const provider = await startFakeProvider()
    onTestFinished(() => provider.close())
    const env = {
      OPENAI_BASE_URL: provider.url,
      OPENAI_MODEL: 'fake-model',
      OPENAI_CUSTOM_HEADERS: 'x-leak: 1',
      OPENAI_ORG_ID: 'org-leak',
      OPENAI_PROJECT_ID: 'project-leak',
      OPENAI_ADMIN_KEY: 'admin-leak',
    }
    const { url } = await startServer(env)
    await post(url, 'A router.')
    expect(JSON.stringify(provider.requests[0]?.headers)).not.toContain('leak')
  })

  test('names every fault at start and ends with exit code 2', async () => {
    const broken = join(emptyFolder(), 'prompts')
    const settings = await runInProcess(['serve'], { env: { PORT: 'x', REQUEST_TIMEOUT_MS: '-1' } })
    expect(settings).toMatchObject({ exitCode: 2, stdout: '' })
    expect(settings.stderr).toMatch(/PORT: .*\n.*REQUEST_TIMEOUT_MS: /)
    expect(await runCommand(['serve'], { env: { PROMPTS_DIR: broken } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`PROMPTS_DIR: ${broken}`),
    })
    expect(await runInProcess(['serve'], { env: { PROMPT: 'nope', DATA_DIR: emptyFolder() } })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('holds no prompt "nope", only assign-tags, assign-tags-verbatim'),
    })
  })

  test('a port that is taken is named', async () => {
    const { url } = await startServer()
    const { exitCode, stderr } = await runCommand(['serve'], { env: { PORT: new URL(url).port } })
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('EADDRINUSE')])
  })
})
