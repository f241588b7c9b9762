import { expect, test } from 'vitest'
import { sumUsage, unknownUsage } from '../../src/core/usage.ts'

test('usage is summed over attempts, and what no attempt knew stays unknown', () => {
  const first = { ...unknownUsage, input_tokens: 100, output_tokens: 0 }
  const second = { ...unknownUsage, input_tokens: 120, cached_input_tokens: 64 }
  expect(sumUsage([first, unknownUsage, second])).toEqual({
    input_tokens: 220,
    cached_input_tokens: 64,
    cache_write_tokens: null,
    output_tokens: 0,
    reasoning_tokens: null,
  })
  expect(sumUsage([])).toEqual(unknownUsage)
})
