import { calcPrice } from '@pydantic/genai-prices'
import type { Prices } from '../services/ports.ts'

/** Prices from the table that the package carries; no network is asked. */
export function createPrices(): Prices {
  return {
    cost(model, { input_tokens, output_tokens, cached_input_tokens, cache_write_tokens }) {
      if (input_tokens === null || output_tokens === null) return null
      const usage = {
        input_tokens,
        output_tokens,
        ...(cached_input_tokens === null ? {} : { cache_read_tokens: cached_input_tokens }),
        ...(cache_write_tokens === null ? {} : { cache_write_tokens }),
      }
      return calcPrice(usage, model)?.total_price ?? null
    },
  }
}
