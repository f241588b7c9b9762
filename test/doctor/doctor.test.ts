import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Diagnosis } from '../../src/doctor/diagnosis.ts'
import { emptyFolder } from '../support/command.ts'
import { type Dialect, Rejection } from '../support/fake-provider/dialect.ts'
import { expectations, loadDialect } from '../support/fake-provider/dialect-files.ts'
import { type Choose, type FakeProviderOptions, startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings, startService } from '../support/service.ts'
import { runInProcess } from '../support/terminal.ts'

const answering = expectations().filter(({ expect: { outcome, at_least_tags, at_most_tags = 90 } }) => {
  return outcome === 'ok' && at_least_tags <= 90 && at_most_tags >= 90
})

async function examine(dialect: string, settings: Record<string, string>) {
  const provider = await startFakeProvider({ dialect })
  onTestFinished(() => provider.close())
  const { app } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url, ...settings })
  return app.inject('/readyz?deep=true')
}

test.each(answering)('$dialect $model: told as it is', async ({ dialect, model, expect: { format, enforced } }) => {
  const response = await examine(dialect, { OPENAI_MODEL: model })
  expect(response.statusCode).toBe(200)
  const [finding] = response.json().endpoints
  expect(finding).toMatchObject({ healthy: true, problem: null, format, enforces_schema: enforced ? 'yes' : 'no' })
  expect(finding.advice.some((advice: string) => advice.includes('does not enforce'))).toBe(!enforced)
})

test.each([
  [{ OPENAI_API_KEY: 'wrong-key' }, 'upstream_auth', 'OPENAI_API_KEY'],
  [{ OPENAI_API_KEY: 'poor-key' }, 'upstream_auth', 'credit'],
  [{ OPENAI_MODEL: 'missing-model' }, 'upstream_config', 'OPENAI_MODEL'],
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }, 'upstream_unavailable', 'OPENAI_BASE_URL'],
])('%j: %s, and the setting that mends it', async (settings, code, setting) => {
  const response = await examine('openai', settings)
  expect([response.statusCode, response.json().status]).toEqual([503, 'unhealthy'])
  expect(response.json().endpoints).toEqual([
    expect.objectContaining({ healthy: false, problem: { code, message: expect.stringContaining(setting) } }),
  ])
})

test('a prompt that was cut without a word is noticed', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const usage = { prompt_tokens: 200, completion_tokens: 5 }
  const body = { model: 'm', choices: [{ message: { content: '{"tags":[36]}' }, finish_reason: 'stop' }], usage }
  provider.play(...Array.from({ length: 4 }, () => ({ status: 200, body })))
  const { app } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  const [finding] = (await app.inject('/readyz?deep=true')).json().endpoints
  expect(finding.advice).toEqual(expect.arrayContaining([expect.stringContaining('larger context')]))
})

test('tagsmith doctor says it in words, and its exit code says whether all is well', async () => {
  const provider = await startFakeProvider({ dialect: 'azure' })
  onTestFinished(() => provider.close())
  const env = { OPENAI_BASE_URL: provider.url, OPENAI_MODEL: 'gpt-4o', OPENAI_API_KEY: 'fake' }
  const well = await runInProcess(['doctor'], { env })
  expect([well.exitCode, well.stderr]).toEqual([0, ''])
  expect(well.stdout).toMatch(/turned down +keyword\n/)
  expect(well.stdout).toMatch(/schema +json_schema, strict, with the closed list, without maxItems\n/)
  expect(well.stdout).toMatch(/verdict +ready\n$/)
  const ill = await runInProcess(['doctor', '--json'], { env: { ...env, OPENAI_API_KEY: 'wrong-key' } })
  expect(ill.exitCode).toBe(1)
  expect(JSON.parse(ill.stdout)).toEqual([expect.objectContaining({ healthy: false })])
})

const examineFake = async (options: FakeProviderOptions, settings: Record<string, string> = {}) => {
  const provider = await startFakeProvider(options)
  onTestFinished(() => provider.close())
  const { app } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url, ...settings })
  const response = await app.inject('/readyz?deep=true')
  return { status: response.statusCode, finding: response.json().endpoints[0] as Diagnosis, provider }
}

test.each<[string, Choose]>([
  ['the first allowed names or ids', ({ allowed }) => allowed.slice(0, 3)],
  ['the first allowed one', ({ allowed }) => allowed.slice(0, 1)],
  ['the last allowed ones', ({ allowed }) => allowed.slice(-3)],
  [
    'runs of neighbours',
    ({ allowed, document }) => (document.includes('parser') ? allowed.slice(4, 7) : allowed.slice(9, 12)),
  ],
])('a model that answers %s whatever the text is said to copy', async (_what, choose) => {
  const { finding } = await examineFake({ choose })
  expect(finding).toMatchObject({ healthy: true, tells_apart: 'no' })
  expect(finding.advice).toEqual([expect.stringContaining('copies')])
})

test.each(['ids', 'names'])('a model that copies is noticed also where a prompt replies with %s', async replyWith => {
  const folder = promptFolder({ reply_with: replyWith })
  const { finding } = await examineFake({ choose: ({ allowed }) => allowed.slice(0, 3) }, { PROMPTS_DIR: folder })
  expect(finding.advice).toEqual([expect.stringContaining('copies')])
})

test('a model that finds the tag each text is about is not said to copy', async () => {
  const choose: Choose = ({ tags, document }) => {
    const about = tags.find(({ name }) => document.includes(`# About ${name}\n`))
    return about ? [about.id] : []
  }
  const { finding } = await examineFake({ choose })
  expect(finding).toMatchObject({ tells_apart: 'yes', advice: [] })
})

test('of a long list, of which each text is shown a part, a sound model and an uncut prompt are told as they are', async () => {
  const folder = promptFolder({})
  const tags = Array.from({ length: 500 }, (_, id) => ({
    id,
    name: `subject ${id}`,
    description: `All about number ${id}`,
  }))
  writeFileSync(join(folder, 'assign-tags', 'tags.json'), JSON.stringify(tags))
  const choose: Choose = ({ tags: shown, document }) =>
    shown.filter(({ name }) => document.includes(`# About ${name}\n`)).map(({ id }) => id)
  const { finding } = await examineFake({ choose }, { PROMPTS_DIR: folder })
  expect(finding).toMatchObject({ healthy: true, tells_apart: 'yes', prompt_seen: 'whole', advice: [], settings: null })
  const copying = await examineFake({ choose: ({ allowed }) => allowed.slice(-3) }, { PROMPTS_DIR: folder })
  expect(copying.finding.tells_apart).toBe('no')
})

const withContext = (tokens: number, rejection?: Dialect['usage']['context_rejection']): Dialect => {
  const dialect = loadDialect('ollama')
  return { ...dialect, usage: { ...dialect.usage, context_tokens: tokens, context_rejection: rejection } }
}

test('a server that keeps 2,048 tokens of a prompt in silence is not ready', async () => {
  const { status, finding } = await examineFake({ dialect: withContext(2_048) })
  expect(status).toBe(503)
  expect(finding).toMatchObject({ healthy: false, prompt_seen: 'cut', problem: { code: 'upstream_config' } })
  expect(finding.advice).toContainEqual(expect.stringMatching(/larger context, of \d{4} tokens/))
})

test('a context that holds the list and not the longest text is told, with the budget that fits', async () => {
  const { finding } = await examineFake({ dialect: withContext(4_096) })
  expect(finding).toMatchObject({ healthy: true, prompt_seen: 'cut_with_long_texts' })
  expect(finding.settings).toMatch(/^TEXT_BUDGET=\d+$/)
  const again = await examineFake({ dialect: withContext(4_096) }, { TEXT_BUDGET: finding.settings!.split('=')[1]! })
  expect(again.finding).toMatchObject({ prompt_seen: 'whole', settings: null, advice: [] })
})

test('a server that turns the longest text down is asked about shorter ones, and its words are told', async () => {
  const context_rejection = Rejection.parse({ message: 'the request exceeds the available context size' })
  const { finding } = await examineFake({ dialect: withContext(4_096, context_rejection) })
  expect(finding).toMatchObject({ healthy: true, prompt_seen: 'whole', long_ms: null, settings: 'TEXT_BUDGET=500' })
  expect(finding.advice).toEqual([expect.stringContaining('exceeds the available context size')])
})

test('what an endpoint said of a failure is told without the key', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const key = endpointSettings.OPENAI_API_KEY
  provider.play({
    status: 401,
    body: { error: { message: `Key ${key} belongs to no project`, code: 'invalid_api_key' } },
  })
  const { app } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url })
  const response = await app.inject('/readyz?deep=true')
  expect(response.json().endpoints[0].said).toBe('401 Key [key] belongs to no project (invalid_api_key)')
  expect(response.body).not.toContain(key)
})

test('a reply that needs more tokens than it may have is asked again, and the cap that serves is told', async () => {
  const choose: Choose = ({ body, document }) => {
    const thought = document.includes('# About') ? 'word '.repeat(Math.min(400, Number(body.max_tokens))) : ''
    return `${thought}{"tags":[36]}`
  }
  const { finding } = await examineFake({ choose })
  expect(finding.settings).toBe('MAX_OUTPUT_TOKENS=768')
  expect(finding.advice).toContainEqual(expect.stringContaining('MAX_OUTPUT_TOKENS'))
})

test('without a model, doctor says that there is none', async () => {
  const ran = await runInProcess(['doctor'], { env: {} })
  expect(ran.exitCode).toBe(0)
  expect(ran.stdout).toMatch(/advice +No model is configured: .*OPENAI_MODEL/)
  expect(ran.stdout).toMatch(/verdict +no model; the embedded ranker answers\n$/)
})

test('a ranker that stands behind a model is no cause for advice', async () => {
  const provider = await startFakeProvider()
  onTestFinished(() => provider.close())
  const { app } = await startService({ ...endpointSettings, OPENAI_BASE_URL: provider.url, FALLBACK_TO_RANKER: 'true' })
  const { endpoints } = (await app.inject('/readyz?deep=true')).json()
  expect(endpoints[1]).toMatchObject({ endpoint: 'embedded-ranker', healthy: true, advice: [] })
})

test('a model that takes longer to load than a call may: doctor waits for it, and tells the time that it needs', async () => {
  const provider = await startSlowToLoad(1_500)
  const env = {
    OPENAI_BASE_URL: provider.url,
    OPENAI_MODEL: 'm',
    UPSTREAM_TIMEOUT_MS: '1000',
    REQUEST_TIMEOUT_MS: '1800',
  }
  const { exitCode, stdout } = await runInProcess(['doctor'], { env })
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/problem +upstream_unavailable: A call took \d+ ms/)
  const line = /settings +(.*)\n/.exec(stdout)![1]!
  expect(line).toMatch(/UPSTREAM_TIMEOUT_MS=30000 REQUEST_TIMEOUT_MS=60000/)
  const pasted = Object.fromEntries(line.split(' ').map(setting => setting.split('=') as [string, string]))
  expect((await runInProcess(['doctor'], { env: { ...env, ...pasted } })).stdout).toMatch(/verdict +ready/)
})

/** Answers nothing until a call has waited for so many milliseconds, and starts again when that call is broken off. */
async function startSlowToLoad(milliseconds: number) {
  const provider = await startFakeProvider()
  let isLoaded = false
  const server = createServer((request, response) => {
    const pass = async () => {
      isLoaded = true
      const body = await text(request)
      const answer = await fetch(`${provider.url}/chat/completions`, { method: 'POST', body })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    }
    if (isLoaded) return void pass()
    const timer = setTimeout(pass, milliseconds)
    response.once('close', () => clearTimeout(timer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await provider.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

/** The shipped prompt with other settings. */
function promptFolder(settings: Record<string, string>): string {
  const folder = emptyFolder()
  cpSync(new URL('../../prompts', import.meta.url), folder, { recursive: true })
  const file = join(folder, 'assign-tags', 'prompt.yaml')
  writeFileSync(file, stringify({ ...parse(readFileSync(file, 'utf8')), ...settings }))
  return folder
}
