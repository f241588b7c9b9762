import { expect, onTestFinished, test } from 'vitest'
import type { Dialect } from '../support/fake-provider/dialect.ts'
import { loadDialect } from '../support/fake-provider/dialect-files.ts'
import { startFakeProvider } from '../support/fake-provider/server.ts'
import { startService } from '../support/service.ts'
import { runInProcess } from '../support/terminal.ts'

async function endpointOf(dialect: string | Dialect, api: string, model?: string) {
  const provider = await startFakeProvider({ dialect })
  onTestFinished(() => provider.close())
  const OPENAI_MODEL = model ?? provider.dialect.model
  return { OPENAI_API: api, OPENAI_BASE_URL: provider.url, OPENAI_MODEL, OPENAI_API_KEY: 'sk-fake' }
}

test.each([
  ['openai-decisions', 'decisions', {}, []],
  ['openrouter-decisions', 'decisions', { omitted: ['choice'] }, ['choices']],
  ['systemone', 'systemone', { questions_per_call: 32 }, ['questions']],
  ['systemone-local', 'systemone', {}, []],
])('%s: what the doctor sees of a decision model', async (dialect, api, format, rejected) => {
  const { app } = await startService(await endpointOf(dialect, api))
  const response = await app.inject('/readyz?deep=true')
  expect(response.statusCode).toBe(200)
  expect(response.json().endpoints).toEqual([
    expect.objectContaining({
      ...{ healthy: true, problem: null, enforces_schema: 'yes', tells_apart: 'yes', prompt_seen: 'whole' },
      ...{ logprobs: true, parameters: [], rejected, advice: [], settings: null },
      format: { type: api, strict: false, enum: true, omitted: [], ...format },
    }),
  ])
})

test.each([
  ['openai-decisions', 'decisions', 'gpt-6-sol'],
  ['systemone-local', 'systemone', 'writer'],
  ['openai-decisions', 'systemone', undefined],
  ['systemone', 'decisions', undefined],
  ['openai', 'decisions', undefined],
])('%s asked by %s: the doctor names OPENAI_API', async (dialect, api, model) => {
  const { exitCode, stdout } = await runInProcess(['doctor'], { env: await endpointOf(dialect, api, model) })
  expect(exitCode).toBe(1)
  expect(stdout).toMatch(/problem +upstream_config: OPENAI_API: /)
})

test('doctor says in words how a decision model is asked', async () => {
  const { exitCode, stdout } = await runInProcess(['doctor'], { env: await endpointOf('systemone', 'systemone') })
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(
    /step +at most 32 questions a call: 400: a limit of what one call may hold; kept for the model/,
  )
  expect(stdout).toMatch(/schema +systemone: a question for each tag, at most 32 a call\n/)
  expect(stdout).toMatch(/confidences +yes\n/)
  expect(stdout).toMatch(/verdict +ready\n$/)
})

test('doctor says so when most tags are taken to fit any text', async () => {
  const plain = loadDialect('openai-decisions')
  const dialect = { ...plain, decisions: { ...plain.decisions!, elsewhere: 0.7 } }
  const { app } = await startService(await endpointOf(dialect, 'decisions'))
  const [finding] = (await app.inject('/readyz?deep=true')).json().endpoints
  expect(finding.advice).toEqual([
    expect.stringMatching(/^It takes 100 % of the tags to fit .* raise decide\.threshold/),
  ])
})
