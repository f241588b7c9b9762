import { readFileSync } from 'node:fs'
import { calcPrice, type ModelPrice, type PriceCalculation } from '@pydantic/genai-prices'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { decodeText } from '../core/bytes/decode.ts'
import { ConfigError } from '../core/faults.ts'
import type { Usage } from '../core/usage.ts'
import { isPrivateHost, type Prices } from '../endpoints/index.ts'

const modelsKept = 1_000

const dollars = z.number().min(0).max(1_000_000)

/** What an operator pays: US dollars for a million tokens. What is left out costs as much as input. */
const OwnPrice = z.strictObject({
  input: dollars,
  output: dollars,
  cached_input: dollars.optional(),
  cache_write: dollars.optional(),
})
type OwnPrice = z.infer<typeof OwnPrice>
const OwnPrices = z.record(z.string(), OwnPrice)

/**
 * What a call costs: by the operator's own file; or else what its endpoint said; or else by the table that the package
 * carries, which knows models by their names. A model on a machine of one's own costs what that costs, whatever it is
 * called, so the table is not asked about it. Neither is a network.
 * @throws ConfigError when the file cannot be used
 */
export function createPrices({ file }: { readonly file?: string | undefined } = {}): Prices {
  const own = file === undefined ? new Map<string, OwnPrice>() : readOwnPrices(file)
  const listedCost = createListedCost()
  return {
    cost({ endpoint, model, usage, cost_usd: told = null, share = 1 }) {
      const at = (cost: number | null) => (cost === null || share === null ? null : cost * share)
      const price = own.get(model)
      const cost = price ? at(ownCost(price, usage)) : null
      if (cost !== null || told !== null) return cost ?? told
      return price || isPrivateHost(endpoint) ? null : at(listedCost(model, usage))
    },
  }
}

function readOwnPrices(file: string): Map<string, OwnPrice> {
  try {
    return new Map(Object.entries(OwnPrices.parse(JSON.parse(decodeText(readFileSync(file), { what: 'The file' })))))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : (error as Error).message
    throw new ConfigError([`PRICES_FILE: ${reason}`])
  }
}

function ownCost(price: OwnPrice, usage: Usage): number | null {
  const { input_tokens, output_tokens, cached_input_tokens, cache_write_tokens } = usage
  if (input_tokens === null || output_tokens === null) return null
  const cached = cached_input_tokens ?? 0
  const write = cache_write_tokens ?? 0
  const { input, output, cached_input = input, cache_write = input } = price
  const plain = Math.max(0, input_tokens - cached - write)
  return (plain * input + cached * cached_input + write * cache_write + output_tokens * output) / 1_000_000
}

/** The price of a text of ordinary length; of longer ones some models cost more. */
interface PlainPrice {
  readonly price: OwnPrice
  readonly below: number
}

/** The table is walked through once for each model, and again only where the price hangs on the length or the hour. */
function createListedCost() {
  const plain = new LRUCache<string, { readonly known: PlainPrice | 'none' | 'varies' }>({ max: modelsKept })
  return (model: string, usage: Usage): number | null => {
    const { input_tokens, output_tokens, cached_input_tokens, cache_write_tokens } = usage
    if (input_tokens === null || output_tokens === null) return null
    const { known } = plain.get(model) ?? {}
    if (known === 'none') return null
    if (typeof known === 'object' && input_tokens < known.below) return ownCost(known.price, usage)
    const counted = {
      input_tokens,
      output_tokens,
      ...(cached_input_tokens === null ? {} : { cache_read_tokens: cached_input_tokens }),
      ...(cache_write_tokens === null ? {} : { cache_write_tokens }),
    }
    const found = calcPrice(counted, model)
    if (!known) plain.set(model, { known: found ? plainPriceOf(found) : 'none' })
    return found?.total_price ?? null
  }
}

function plainPriceOf({ model, model_price }: PriceCalculation): PlainPrice | 'varies' {
  const { input_mtok, output_mtok, cache_read_mtok, cache_write_mtok } = model_price
  const [input, output] = [baseOf(input_mtok), baseOf(output_mtok)]
  if (Array.isArray(model.prices) || input === undefined || output === undefined) return 'varies'
  const parts = [input_mtok, output_mtok, cache_read_mtok, cache_write_mtok]
  const starts = parts.flatMap(part => (typeof part === 'object' ? part.tiers.map(tier => tier.start) : []))
  const [cached, write] = [baseOf(cache_read_mtok), baseOf(cache_write_mtok)]
  const price = {
    ...{ input, output },
    ...(cached !== undefined && { cached_input: cached }),
    ...(write !== undefined && { cache_write: write }),
  }
  return { price, below: Math.min(Number.POSITIVE_INFINITY, ...starts) }
}

const baseOf = (part: ModelPrice[string]): number | undefined => (typeof part === 'object' ? part.base : part)
