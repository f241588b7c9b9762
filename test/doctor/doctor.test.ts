import { expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../support/command.ts'
import { expectations } from '../support/fake-provider/dialect-files.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { endpointSettings, startService } from '../support/service.ts'

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
  const well = await runCommand(['doctor'], { env })
  expect([well.exitCode, well.stderr]).toEqual([0, ''])
  expect(well.stdout).toMatch(/turned down +keyword\n/)
  expect(well.stdout).toMatch(/schema +json_schema, strict, with the closed list, without maxItems\n/)
  expect(well.stdout).toMatch(/verdict +ready\n$/)
  const ill = await runCommand(['doctor', '--json'], { env: { ...env, OPENAI_API_KEY: 'wrong-key' } })
  expect(ill.exitCode).toBe(1)
  expect(JSON.parse(ill.stdout)).toEqual([expect.objectContaining({ healthy: false })])
})
