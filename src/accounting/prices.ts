import { readFileSync } from 'node:fs'
import { calcPrice, type ModelInfo, type Provider } from '@pydantic/genai-prices'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { decodeText } from '../core/bytes/decode.ts'
import { ConfigError } from '../core/faults.ts'
import type { Prices, Usage } from '../core/usage.ts'
import { isPrivateHost } from '../settings/private-hosts.ts'

const modelsKept = 1_000

const dollars = z.number().min(0).max(1_000_000)

/** What an operator pays: US dollars for a million tokens. What is left out costs as much as input. */
const OwnPrice = z.strictObject({
  input: dollars,
  output: dollars,
  cached_input: dollars.optional(),
  cache_write: dollars.optional(),
})
const OwnPrices = z.record(z.string(), OwnPrice)

/**
 * What a call costs: by the operator's own file; or else what its endpoint said; or else by the table that the package
 * carries, which knows models by their names. A model on a machine of one's own costs what that costs, whatever it is
 * called, so the table is not asked about it. Neither is a network.
 * @throws ConfigError when the file cannot be used
 */
export function createPrices({ file }: { readonly file?: string | undefined } = {}): Prices {
  const own = file === undefined ? new Map<string, Provider>() : readOwnPrices(file)
  const listed = createListedPrices()
  return {
    cost({ endpoint, model, usage, cost_usd: told = null, share = 1 }) {
      const at = (cost: number | null) => (cost === null || share === null ? null : cost * share)
      const prices = own.get(model)
      const cost = prices ? at(costAt(prices, usage)) : null
      if (cost !== null || told !== null) return cost ?? told
      const table = prices ? undefined : listed(model)
      return table && !isPrivateHost(endpoint) ? at(costAt(table, usage)) : null
    },
  }
}

function readOwnPrices(file: string): Map<string, Provider> {
  try {
    const prices = OwnPrices.parse(JSON.parse(decodeText(readFileSync(file), { what: 'The file' })))
    return new Map(
      Object.entries(prices).map(([model, { input, output, cached_input = input, cache_write = input }]) => {
        const perMillion = { input_mtok: input, output_mtok: output }
        return [model, priceListOf({ ...perMillion, cache_read_mtok: cached_input, cache_write_mtok: cache_write })]
      }),
    )
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : (error as Error).message
    throw new ConfigError([`PRICES_FILE: ${reason}`])
  }
}

/** As the library wants to be told prices: a provider of one model, whatever that is called. */
const priceListOf = (prices: ModelInfo['prices']): Provider => ({
  id: 'one-model',
  name: 'one model',
  api_pattern: '',
  models: [{ id: 'one-model', match: { contains: '' }, prices }],
})

/** The library walks through its whole table for a model, so what it finds is kept. */
function createListedPrices() {
  const found = new LRUCache<string, { readonly prices: Provider | undefined }>({
    max: modelsKept,
    memoMethod(model) {
      const listed = calcPrice({ input_tokens: 0, output_tokens: 0 }, model)
      return { prices: listed ? priceListOf(listed.model.prices) : undefined }
    },
  })
  return (model: string): Provider | undefined => found.memo(model).prices
}

/** The library refuses parts that are more than their whole, as endpoints have told of them. */
function costAt(provider: Provider, usage: Usage): number | null {
  const { input_tokens, output_tokens, cached_input_tokens, cache_write_tokens } = usage
  if (input_tokens === null || output_tokens === null) return null
  const cache_read_tokens = Math.min(cached_input_tokens ?? 0, input_tokens)
  const written = Math.min(cache_write_tokens ?? 0, input_tokens - cache_read_tokens)
  const counted = { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens: written }
  const cost = calcPrice(counted, 'one-model', { provider })?.total_price
  // Binary fractions leave a rest behind the digits that a price has.
  return cost === undefined ? null : Number(cost.toFixed(12))
}
