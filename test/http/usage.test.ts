import { expect, test } from 'vitest'
import { createApiKey, type KeyLimits, type Scope } from '../../src/core/api-key.ts'
import { emptyFolder } from '../support/command.ts'
import { completion, createWire } from '../support/endpoint.ts'
import { endpointSettings, startService, type TestService } from '../support/service.ts'

const wire = createWire()
const make = (name: string, opens: readonly Scope[], limits: KeyLimits = {}) => createApiKey(name, { opens, limits })
const bearer = ({ key }: { key: string }) => ({ authorization: `Bearer ${key}` })
const reply = { body: completion('{"tags":[36]}', { model: 'gpt-4o-mini' }) }
const text = '# A router\n\nIt routes packets.'
const usageOf = async ({ app }: Pick<TestService, 'app'>, query = '', headers = {}) =>
  app.inject({ url: `/usage${query}`, headers })

test('tokens and cost of answers and failures, by model and key; what was known cost nothing', async () => {
  const [indexer, operator] = [make('indexer', ['classify']), make('operator', ['admin', 'classify'])]
  const service = await startService({ ...endpointSettings, API_KEYS: `${indexer.line};${operator.line}` })
  wire.plays(reply, { recorded: 'off-list.json' }, { recorded: 'off-list.json' }, { status: 401, body: {} }, reply)
  await service.classify({ text }, { headers: bearer(indexer) })
  await service.classify({ text }, { headers: bearer(indexer) })
  await service.classify({ text: `${text} Fast.` }, { headers: bearer(indexer) })
  await service.classify({ text: `${text} Slow.` }, { headers: bearer(indexer) })
  await service.classify({ text: `${text} New.` }, { headers: bearer(operator) })
  const { data } = (await usageOf(service, '', bearer(operator))).json()
  const day = new Date().toISOString().slice(0, 10)
  const ofMini = { day, model: 'gpt-4o-mini', requests: 1, unanswered: 0, input_tokens: 100, output_tokens: 10 }
  const cost = expect.closeTo((100 * 0.15 + 10 * 0.6) / 1e6, 9)
  expect(data).toEqual([
    { ...ofMini, key: 'indexer', cached_input_tokens: 0, cost_usd: cost },
    expect.objectContaining({ key: 'indexer', requests: 2, cost_usd: expect.any(Object) }),
    { ...ofMini, key: 'operator', cached_input_tokens: 0, cost_usd: cost },
  ])
})

test('is for admins, and for days that there are', async () => {
  const [indexer, operator] = [make('indexer', ['classify']), make('operator', ['admin'])]
  const service = await startService({ API_KEYS: `${indexer.line};${operator.line}` })
  expect((await usageOf(service)).statusCode).toBe(401)
  expect((await usageOf(service, '', bearer(indexer))).statusCode).toBe(403)
  expect((await usageOf(service, '?from=2026-01-01&to=2026-12-31', bearer(operator))).json()).toEqual({ data: [] })
  for (const query of ['?from=2026-02-30', '?to=yesterday', '?from=2026-02-02&to=2026-02-01', '?day=2026-02-02']) {
    expect([query, (await usageOf(service, query, bearer(operator))).statusCode]).toEqual([query, 400])
  }
})

test('a budget that was spent before a restart is spent after it', async () => {
  const indexer = make('indexer', ['classify'], { tokens: 100 })
  const env = { ...endpointSettings, API_KEYS: indexer.line, DATA_DIR: emptyFolder() }
  const before = await startService(env)
  wire.plays(reply)
  expect((await before.classify({ text }, { headers: bearer(indexer) })).statusCode).toBe(200)
  await before.stop()
  const after = await startService(env)
  const refused = await after.classify({ text }, { headers: bearer(indexer) })
  expect([refused.statusCode, refused.json().code]).toEqual([429, 'budget_exhausted'])
})
