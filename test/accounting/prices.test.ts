import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createPrices } from '../../src/adapters/prices.ts'
import { unknownUsage } from '../../src/domain/usage.ts'
import { emptyFolder } from '../support/command.ts'

const usage = { ...unknownUsage, input_tokens: 1_000_000, output_tokens: 100_000 }

function pricesOf(content: string) {
  const file = join(emptyFolder(), 'prices.json')
  writeFileSync(file, content)
  return createPrices({ file })
}

test('the price of a model nobody knows is null, never 0', () => {
  expect(createPrices().cost('a-model-nobody-knows', usage)).toBeNull()
  expect(createPrices().cost('gpt-4.1-mini', unknownUsage)).toBeNull()
  expect(createPrices().cost('gpt-4.1-mini', usage)).toBeGreaterThan(0)
})

test("the operator's own prices come first", () => {
  const { cost } = pricesOf(
    '{"in-house":{"input":1,"output":10,"cached_input":0.1},"gpt-4.1-mini":{"input":0,"output":0}}',
  )
  expect(cost('in-house', usage)).toBeCloseTo(2)
  expect(cost('in-house', { ...usage, cached_input_tokens: 500_000 })).toBeCloseTo(1.55)
  expect(cost('in-house', { ...usage, cache_write_tokens: 500_000 })).toBeCloseTo(2)
  expect(cost('in-house', unknownUsage)).toBeNull()
  expect(cost('gpt-4.1-mini', usage)).toBe(0)
  expect(cost('gpt-4.1', usage)).toBeGreaterThan(0)
})

test.each([
  ['{', /PRICES_FILE: .*JSON/],
  ['{"a":{"input":-1,"output":1}}', /PRICES_FILE: .*a\.input/],
  ['{"a":{"input":1}}', /PRICES_FILE: .*a\.output/],
])('%s is told at start', (content, message) => {
  expect(() => pricesOf(content)).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }))
})

test('so is a file that is not there', () => {
  expect(() => createPrices({ file: '/nowhere/prices.json' })).toThrow(/PRICES_FILE: .*ENOENT/)
})

test.each([
  'gpt-5-mini',
  'gpt-4o',
  'claude-sonnet-4-5',
  'gemini-2.5-pro',
  'deepseek-chat',
  'mistral-large-latest',
  'o4-mini',
])('%s costs the same when its price is known from before', model => {
  const { cost } = createPrices()
  for (const input_tokens of [0, 100, 199_999, 200_000, 200_001, 300_000]) {
    for (const [cached_input_tokens, cache_write_tokens] of [
      [null, null],
      [0, 0],
      [50, null],
      [40, 30],
    ] as const) {
      if ((cached_input_tokens ?? 0) > input_tokens) continue
      const sent = { ...unknownUsage, input_tokens, output_tokens: 10, cached_input_tokens, cache_write_tokens }
      expect(cost(model, sent)).toBeCloseTo(createPrices().cost(model, sent)!, 12)
    }
  }
})
