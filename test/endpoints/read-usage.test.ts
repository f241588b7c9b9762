import { describe, expect, test } from 'vitest'
import { mostTokensOfCall, unknownUsage } from '../../src/core/usage.ts'
import { readCost, readUsage } from '../../src/endpoints/openai/replies/read-usage.ts'

/** Usage as providers send it, each from what is named beside it. */
test.each([
  [
    'OpenAI, reasoning within (its API reference)',
    {
      prompt_tokens: 2006,
      completion_tokens: 300,
      total_tokens: 2306,
      prompt_tokens_details: { cached_tokens: 1920 },
      completion_tokens_details: { reasoning_tokens: 256 },
    },
    { input_tokens: 2006, cached_input_tokens: 1920, output_tokens: 300, reasoning_tokens: 256 },
  ],
  [
    'OpenAI from GPT-5.6 on, with what was written to the cache (its prompt caching guide)',
    {
      prompt_tokens: 2600,
      completion_tokens: 5,
      total_tokens: 2605,
      prompt_tokens_details: { cached_tokens: 2000, cache_write_tokens: 400 },
    },
    { input_tokens: 2600, cached_input_tokens: 2000, cache_write_tokens: 400, output_tokens: 5 },
  ],
  [
    'xAI, reasoning beside (vercel/ai#12425)',
    {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 331,
      completion_tokens_details: { reasoning_tokens: 317 },
    },
    { input_tokens: 12, output_tokens: 319, reasoning_tokens: 317 },
  ],
  [
    'xAI, less reasoning than completion (Wei-Shaw/sub2api#5771, turned round)',
    {
      prompt_tokens: 10_120,
      completion_tokens: 2809,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 1499 },
    },
    { input_tokens: 10_120, cached_input_tokens: 128, output_tokens: 4308, reasoning_tokens: 1499 },
  ],
  [
    'xAI, as much reasoning as cached tokens',
    {
      prompt_tokens: 500,
      completion_tokens: 9,
      total_tokens: 637,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 128 },
    },
    { input_tokens: 500, cached_input_tokens: 128, output_tokens: 137, reasoning_tokens: 128 },
  ],
  [
    'Gemini, thoughts in the total alone (Clarifai/clarifai-python#978)',
    { prompt_tokens: 20, completion_tokens: 424, total_tokens: 1016 },
    { input_tokens: 20, output_tokens: 996, reasoning_tokens: 572 },
  ],
  [
    'Gemini through a gateway, all of it thought (router-for-me/CLIProxyAPI#5744)',
    {
      prompt_tokens: 20,
      completion_tokens: 0,
      total_tokens: 276,
      completion_tokens_details: { reasoning_tokens: 256 },
    },
    { input_tokens: 20, output_tokens: 256, reasoning_tokens: 256 },
  ],
  [
    'Perplexity, reasoning in no total (its schema UsageInfo)',
    { prompt_tokens: 33, completion_tokens: 11_395, total_tokens: 11_428, reasoning_tokens: 193_947 },
    { input_tokens: 33, output_tokens: 205_342, reasoning_tokens: 193_947 },
  ],
  [
    'DeepSeek (its guide to context caching)',
    {
      prompt_tokens: 9,
      completion_tokens: 3,
      total_tokens: 12,
      prompt_cache_hit_tokens: 8,
      prompt_cache_miss_tokens: 1,
      completion_tokens_details: { reasoning_tokens: 2 },
    },
    { input_tokens: 9, cached_input_tokens: 8, output_tokens: 3, reasoning_tokens: 2 },
  ],
  [
    'OpenRouter (its usage accounting)',
    {
      prompt_tokens: 194,
      completion_tokens: 2,
      total_tokens: 196,
      cost: 0.95,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
    { input_tokens: 194, cached_input_tokens: 0, output_tokens: 2, reasoning_tokens: 0 },
  ],
  [
    'a gateway to Anthropic, cached tokens beside (Anthropic: input_tokens are those that are neither read nor written)',
    {
      prompt_tokens: 4,
      completion_tokens: 12,
      total_tokens: 16,
      cache_read_input_tokens: 2000,
      cache_creation_input_tokens: 100,
    },
    { input_tokens: 2104, cached_input_tokens: 2000, cache_write_tokens: 100, output_tokens: 12 },
  ],
  [
    'the same with a total that holds them',
    {
      prompt_tokens: 3000,
      completion_tokens: 12,
      total_tokens: 5012,
      prompt_tokens_details: { cached_tokens: 2000 },
    },
    { input_tokens: 5000, cached_input_tokens: 2000, output_tokens: 12 },
  ],
  [
    'the words of the Responses API',
    {
      input_tokens: 9,
      output_tokens: 5,
      total_tokens: 14,
      input_tokens_details: { cached_tokens: 4 },
      output_tokens_details: { reasoning_tokens: 2 },
    },
    { input_tokens: 9, cached_input_tokens: 4, output_tokens: 5, reasoning_tokens: 2 },
  ],
  ['no completion tokens', { prompt_tokens: 9, total_tokens: 14 }, { input_tokens: 9, output_tokens: 5 }],
  ['no prompt tokens', { completion_tokens: 5, total_tokens: 14 }, { input_tokens: 9, output_tokens: 5 }],
  ['no total', { prompt_tokens: 9, completion_tokens: 5 }, { input_tokens: 9, output_tokens: 5 }],
  ['a total of 0', { prompt_tokens: 9, completion_tokens: 5, total_tokens: 0 }, { input_tokens: 9, output_tokens: 5 }],
  ['a total alone', { total_tokens: 14 }, {}],
  ['nothing', null, {}],
  ['a word', 'some', {}],
  ['null in every place', { prompt_tokens: null, completion_tokens: null, prompt_tokens_details: null }, {}],
])('tokens are read as they are meant: %s', (_name, wire, expected) => {
  expect(readUsage(wire)).toEqual({ ...unknownUsage, ...expected })
})

describe('counts that no call can have', () => {
  test.each([9_007_199_254_740_991, 1e300, Number.POSITIVE_INFINITY, 10_000_001])('%d is the most there is', count => {
    expect(readUsage({ prompt_tokens: count, completion_tokens: 5 })).toMatchObject({
      ...{ input_tokens: mostTokensOfCall, output_tokens: 5 },
    })
    expect(readUsage({ prompt_tokens: 9, completion_tokens: count })).toMatchObject({
      ...{ input_tokens: 9, output_tokens: mostTokensOfCall },
    })
  })

  test('a total that no call can have decides nothing', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 9_007_199_254_740_991 }
    expect(readUsage(usage)).toMatchObject({ input_tokens: 9, output_tokens: 5, reasoning_tokens: null })
  })

  test('no part is larger than its whole', () => {
    const count = Number.MAX_SAFE_INTEGER
    const details = { prompt_tokens_details: { cached_tokens: count, cache_write_tokens: count } }
    expect(readUsage({ prompt_tokens: count, completion_tokens: 1, ...details })).toMatchObject({
      ...{ input_tokens: mostTokensOfCall, cached_input_tokens: mostTokensOfCall, cache_write_tokens: 0 },
    })
  })

  test.each([-1, 1.5, '5', true, [], {}])('%j is no count', count => {
    expect(readUsage({ prompt_tokens: count, completion_tokens: count })).toEqual(unknownUsage)
  })
})

test.each([
  ['OpenRouter', { cost: 0.95, is_byok: false, cost_details: { upstream_inference_cost: 0.95 } }, 0.95],
  ['OpenRouter, a free model', { cost: 0, is_byok: false }, 0],
  ["OpenRouter, a key of one's own", { cost: 0.05, is_byok: true, cost_details: { upstream_inference_cost: 1 } }, 1.05],
  ["OpenRouter, a key of one's own at a price it does not tell", { cost: 0, is_byok: true }, undefined],
  ['xAI', { cost_in_usd_ticks: 232_856_000 }, 0.0232856],
  ['Perplexity', { cost: { total_cost: 0.006, request_cost: 0.005 } }, 0.006],
  ['nobody', { prompt_tokens: 9 }, undefined],
  ['a cost below nothing', { cost: -1 }, undefined],
  ['a cost that no call can have', { cost: 1e300 }, undefined],
  ['a cost in words', { cost: '0.95' }, undefined],
  ['no usage', undefined, undefined],
])('what a call cost is read as it is told: %s', (_name, wire, dollars) => {
  const cost = readCost(wire)
  if (dollars === undefined) expect(cost).toBeUndefined()
  else expect(cost).toBeCloseTo(dollars, 10)
})
