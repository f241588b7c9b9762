import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { calcPrice } from '@pydantic/genai-prices'
import { expect, test } from 'vitest'
import { createPrices } from '../../src/accounting/prices.ts'
import { type Usage, unknownUsage } from '../../src/core/usage.ts'
import { emptyFolder } from '../support/command.ts'
import { asPowerShellWrites } from '../support/encodings.ts'

const usage = { ...unknownUsage, input_tokens: 1_000_000, output_tokens: 100_000 }
const endpoint = 'api.openai.com'

function pricesOf(content: string | Buffer) {
  const file = join(emptyFolder(), 'prices.json')
  writeFileSync(file, content)
  return createPrices({ file })
}

test('the price of a model nobody knows is null, never 0', () => {
  expect(createPrices().cost({ endpoint, model: 'a-model-nobody-knows', usage: usage })).toBeNull()
  expect(createPrices().cost({ endpoint, model: 'gpt-4.1-mini', usage: unknownUsage })).toBeNull()
  expect(createPrices().cost({ endpoint, model: 'gpt-4.1-mini', usage: usage })).toBeGreaterThan(0)
})

test.each<[what: string, bytes: Buffer]>([
  ['with a byte order mark', Buffer.from('\uFEFF{"in-house":{"input":1,"output":10}}')],
  ['in UTF-16, as PowerShell writes it', asPowerShellWrites('{"in-house":{"input":1,"output":10}}\n')],
])('a file %s is read', (_, bytes) => {
  expect(pricesOf(bytes).cost({ endpoint, model: 'in-house', usage })).toBeCloseTo(2)
})

test('a file that is no text is named with the reason', () => {
  expect(() => pricesOf(Buffer.from('{"é":{}}', 'latin1'))).toThrow(/^PRICES_FILE: The file is not valid UTF-8/)
})

test("the operator's own prices come first", () => {
  const prices = pricesOf(
    '{"in-house":{"input":1,"output":10,"cached_input":0.1},"gpt-4.1-mini":{"input":0,"output":0}}',
  )
  const cost = (model: string, used: Usage) => prices.cost({ endpoint, model, usage: used })
  expect(cost('in-house', usage)).toBeCloseTo(2)
  expect(cost('in-house', { ...usage, cached_input_tokens: 500_000 })).toBeCloseTo(1.55)
  expect(cost('in-house', { ...usage, cache_write_tokens: 500_000 })).toBeCloseTo(2)
  expect(cost('in-house', unknownUsage)).toBeNull()
  expect(cost('gpt-4.1-mini', usage)).toBe(0)
  expect(cost('gpt-4.1', usage)).toBeGreaterThan(0)
})

test('after them comes what the endpoint says the call cost, whatever the table says', () => {
  const prices = pricesOf('{"in-house":{"input":1,"output":10}}')
  const cost = (model: string, used: Usage = usage) => prices.cost({ endpoint, model, usage: used, cost_usd: 0.25 })
  expect(cost('gpt-4.1-mini')).toBe(0.25)
  expect(cost('a-model-nobody-knows')).toBe(0.25)
  expect(cost('in-house')).toBeCloseTo(2)
  expect([cost('gpt-4.1-mini', unknownUsage), cost('in-house', unknownUsage)]).toEqual([0.25, 0.25])
  expect(prices.cost({ endpoint, model: 'gpt-4.1-mini', usage, cost_usd: 0 })).toBe(0)
})

test('a part of the live price is a part of what a file or the table says, and not of what the endpoint says', () => {
  const prices = pricesOf('{"in-house":{"input":1,"output":10}}')
  const half = (model: string, told: number | null = null) =>
    prices.cost({ endpoint, model, usage, cost_usd: told, share: 0.5 })
  expect(half('in-house')).toBeCloseTo(1)
  expect(half('gpt-4.1-mini')).toBeCloseTo(prices.cost({ endpoint, model: 'gpt-4.1-mini', usage })! / 2)
  expect(half('gpt-4.1-mini', 0.25)).toBe(0.25)
  expect(prices.cost({ endpoint, model: 'gpt-4.1-mini', usage, share: null })).toBeNull()
})

test.each([
  ['127.0.0.1:11434'],
  ['127.8.8.8'],
  ['localhost:8000'],
  ['LOCALHOST'],
  ['gpu.localhost'],
  ['[::1]:8080'],
  ['[::ffff:127.0.0.1]:8080'],
  ['0.0.0.0:8000'],
  ['10.1.2.3'],
  ['172.16.0.1:80'],
  ['172.31.255.255'],
  ['192.168.1.5:1234'],
  ['169.254.1.1'],
  ['100.64.0.7:8000'],
  ['[fd00::1]:8000'],
  ['[fe80::1]'],
  ['ollama:11434'],
  ['host.docker.internal:1234'],
  ['mac-studio.local:1234'],
  ['gpu.lan'],
  ['gpu.home.arpa'],
  ['gpu.internal.'],
])('the table has no price for a model at %s; the operator and the endpoint may have one', endpoint => {
  const { cost } = pricesOf('{"in-house":{"input":1,"output":10}}')
  expect(cost({ endpoint, model: 'gpt-4.1-mini', usage })).toBeNull()
  expect(cost({ endpoint, model: 'gpt-4.1-mini', usage, cost_usd: 0.25 })).toBe(0.25)
  expect(cost({ endpoint, model: 'in-house', usage })).toBeCloseTo(2)
})

test.each([
  ['api.openai.com'],
  ['openrouter.ai:443'],
  ['172.32.0.1'],
  ['100.128.0.1'],
  ['8.8.8.8:8000'],
  ['[2606:4700::1]:443'],
  ['localhost.example.com'],
  ['internal.example.com'],
])('the table has a price for a model at %s', endpoint => {
  expect(createPrices().cost({ endpoint, model: 'gpt-4.1-mini', usage })).toBeGreaterThan(0)
})

test.each([
  ['{', /PRICES_FILE: .*JSON/],
  ['{"a":{"input":-1,"output":1}}', /PRICES_FILE: .*a\.input/],
  ['{"a":{"input":1}}', /PRICES_FILE: .*a\.output/],
  ['{"a":{"input":1e300,"output":1}}', /PRICES_FILE: .*a\.input/],
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
])('%s costs what the table says, of short and of long texts, and when it was looked up before', model => {
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
      const told = calcPrice(
        {
          ...{ input_tokens, output_tokens: 10 },
          ...(cached_input_tokens === null ? {} : { cache_read_tokens: cached_input_tokens }),
          ...(cache_write_tokens === null ? {} : { cache_write_tokens }),
        },
        model,
      )
      expect(cost({ endpoint, model, usage: sent })).toBeCloseTo(told!.total_price, 12)
    }
  }
})

test('an endpoint that tells of more cached tokens than were sent has a price all the same', () => {
  const sent = {
    ...unknownUsage,
    input_tokens: 100,
    output_tokens: 10,
    cached_input_tokens: 200,
    cache_write_tokens: 50,
  }
  const whole = { ...sent, cached_input_tokens: 100, cache_write_tokens: 0 }
  const { cost } = createPrices()
  expect(cost({ endpoint, model: 'gpt-4.1-mini', usage: sent })).toBe(
    cost({ endpoint, model: 'gpt-4.1-mini', usage: whole }),
  )
})
