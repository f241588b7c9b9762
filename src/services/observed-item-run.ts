import type { ItemRun } from './batch-item-run.ts'
import type { Metrics } from './ports.ts'

/** The same, with every item that ends counted. */
export function observed(run: ItemRun, { metrics }: { readonly metrics: Metrics }): ItemRun {
  return async (item, context) => {
    const ending = await run(item, context)
    if (ending?.kind === 'finished') metrics.batchItem(ending.item.outcome)
    return ending
  }
}
