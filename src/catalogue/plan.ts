import { Buffer } from 'node:buffer'
import type { CatalogueItem } from './item.ts'
import type { CatalogueState, Reason, Recipe } from './state.ts'

export interface PlanOptions {
  readonly state: Pick<CatalogueState, 'reasonToAsk'>
  readonly recipe: Recipe
  readonly onAsk: (item: CatalogueItem, why: Reason) => void
}

/** What a run would ask about and why, counted while its texts are read. */
export function createPlan({ state, recipe, onAsk }: PlanOptions) {
  const counts = { items: 0, unreadable: 0, toAsk: 0, reasons: {} as Partial<Record<Reason, number>> }
  return {
    counts,
    /** The texts that would be asked about, as an upload of a batch would hold them. */
    async *lines(items: AsyncIterable<CatalogueItem>): AsyncGenerator<Uint8Array> {
      for await (const item of items) {
        counts.items += 1
        if ('error' in item) counts.unreadable += 1
        else {
          const why = state.reasonToAsk(item.id, item.text, recipe)
          if (why === undefined) continue
          counts.reasons[why] = (counts.reasons[why] ?? 0) + 1
          counts.toAsk += 1
          onAsk(item, why)
          yield Buffer.from(`${JSON.stringify({ id: item.id, text: item.text })}\n`)
        }
      }
    },
  }
}
