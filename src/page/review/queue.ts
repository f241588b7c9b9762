import type { ItemPage } from '../../core/batch/batch-results.ts'
import { ask } from '../api.ts'
import { certaintyOf, isSampled, type Waiting } from './order.ts'

export const orders = {
  uncertain: 'least certain first',
  sample: 'a random 5 %, for an honest figure',
  upload: 'as uploaded',
} as const
export type Order = keyof typeof orders

/** The most that are looked through for one sitting. */
export const mostWaiting = 2_000
const page = 200

/** The answered items of a batch in the order in which they are to be looked at. */
export async function readQueue(
  batchId: string,
  { order, tag, signal }: { order: Order; tag: string; signal: AbortSignal },
): Promise<Waiting[]> {
  const waiting: Waiting[] = []
  for (let after = ''; waiting.length < mostWaiting; ) {
    const query = new URLSearchParams({ limit: String(page), status: 'completed', ...(after && { after }) })
    const { data, has_more } = await ask<ItemPage>(`/batches/${encodeURIComponent(batchId)}/items?${query}`, { signal })
    for (const { index, result } of data)
      if (!('error' in result)) waiting.push({ index, id: result.id, tags: result.details.tags })
    after = String(data.at(-1)?.index ?? '')
    if (!has_more || data.length === 0) break
  }
  const wanted = tag === '' ? waiting : waiting.filter(item => item.tags.some(({ id }) => String(id) === tag))
  if (order === 'uncertain') return wanted.sort((left, right) => certaintyOf(left) - certaintyOf(right))
  return order === 'sample' ? wanted.filter(({ index }) => isSampled(index)) : wanted
}
