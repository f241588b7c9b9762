import { expect, test } from 'vitest'
import { addCounts, statusAfter, tallyOf } from '../../src/core/batch/batch.ts'

const counters = { total: 4, succeeded: 1, failed: 1, inputTokens: 60, outputTokens: 40, costUsd: 0.5 }
const uncapped = { maxCostUsd: null, maxTokens: null }

test.each([
  ['in_progress', uncapped, {}, 'in_progress'],
  ['in_progress', uncapped, { succeeded: 3 }, 'completed'],
  ['in_progress', { maxCostUsd: 0.5, maxTokens: null }, {}, 'paused'],
  ['in_progress', { maxCostUsd: null, maxTokens: 100 }, {}, 'paused'],
  ['in_progress', { maxCostUsd: 0, maxTokens: null }, { succeeded: 3 }, 'completed'],
  ['paused', uncapped, { succeeded: 3 }, 'completed'],
  ['paused', uncapped, {}, 'paused'],
  ['validating', uncapped, { total: 0 }, 'validating'],
  ['cancelling', uncapped, { succeeded: 3 }, 'cancelling'],
  ['cancelled', uncapped, { succeeded: 3 }, 'cancelled'],
] as const)('%s under %j with %j becomes %s', (status, cap, moved, expected) => {
  expect(statusAfter({ status, ...cap, ...counters, ...moved })).toBe(expected)
})

test('a sum of outcomes that comes to nothing is left out', () => {
  expect(addCounts({ ok: 2, refused: 1 }, { refused: -1, blocked: 1 })).toEqual({ ok: 2, blocked: 1 })
})

test('an unknown price is counted, not taken for nothing', () => {
  const item = { seq: 0, customId: 'a', succeeded: true, outcome: 'ok', output: '{}', inputTokens: 5, outputTokens: 1 }
  expect(
    tallyOf([
      { ...item, costUsd: 0.5 },
      { ...item, costUsd: null },
    ]),
  ).toEqual({
    ...{ succeeded: 2, failed: 0, inputTokens: 10, outputTokens: 2, costUsd: 0.5, unpriced: 1 },
    ...{ outcomes: { ok: 2 }, answeredBy: {} },
  })
})
