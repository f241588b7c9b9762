import { expect, test } from 'vitest'
import { type InForce, neededSettings, type Observed } from '../../src/doctor/needed-settings.ts'

const quick: Observed = { first: 1_200, second: 600, text: 400, outputTokens: null, fittingBudget: null }
/** 1.5 billion parameters on two cores: some 40 tokens a second are read. */
const small: Observed = { ...quick, first: 75_000, second: 2_500, text: 50_000 }
const remote: InForce = {
  ...{ callTime: 30_000, requestTime: 60_000, textBudget: 2_000, tokenCap: 256, concurrency: 64, local: false },
}
const local: InForce = { ...remote, callTime: 300_000, requestTime: 600_000, local: true }

test.each<[string, Observed, InForce, object]>([
  ['a quick endpoint needs nothing', quick, remote, {}],
  ['a quick local one needs nothing', quick, local, {}],
  [
    'a small model reads less of a text, and gets fewer calls at once',
    small,
    local,
    { TEXT_BUDGET: 300, UPSTREAM_CONCURRENCY: 15 },
  ],
  [
    'with the times of a remote endpoint it needs longer ones',
    small,
    { ...remote, local: true },
    { TEXT_BUDGET: 300, UPSTREAM_TIMEOUT_MS: 180_000, REQUEST_TIMEOUT_MS: 360_000, UPSTREAM_CONCURRENCY: 9 },
  ],
  [
    'a model that thinks for long, behind a public address',
    { ...quick, first: 25_000, second: 24_000 },
    remote,
    { UPSTREAM_TIMEOUT_MS: 60_000, REQUEST_TIMEOUT_MS: 120_000 },
  ],
  [
    'a short REQUEST_TIMEOUT_MS alone',
    { ...quick, first: 10_000 },
    { ...remote, requestTime: 15_000 },
    { REQUEST_TIMEOUT_MS: 60_000 },
  ],
  ['a reply that was cut', { ...quick, outputTokens: 600 }, remote, { MAX_OUTPUT_TOKENS: 1_024 }],
  ['a context that does not hold the budget', { ...quick, fittingBudget: 977 }, local, { TEXT_BUDGET: 900 }],
  ['a context that holds hardly anything', { ...quick, fittingBudget: 20 }, local, { TEXT_BUDGET: 200 }],
  ['a budget that is low already stays', { ...small, text: 20_000 }, { ...local, textBudget: 150, concurrency: 4 }, {}],
])('%s', (_what, seen, inForce, settings) => {
  expect(neededSettings(seen, inForce)).toEqual(settings)
})

test('what is told is a value that the settings take, however slow a model is', () => {
  const needed = neededSettings({ ...small, first: 3_000_000, text: 4_000_000 }, local)
  expect(needed).toMatchObject({
    UPSTREAM_TIMEOUT_MS: 3_600_000,
    REQUEST_TIMEOUT_MS: 3_600_000,
    UPSTREAM_CONCURRENCY: 4,
  })
})
