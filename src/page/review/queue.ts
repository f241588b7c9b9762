import type { ItemPage } from '../../core/batch/batch-results.ts'
import { pagesOf, pathOfBatch } from '../api.ts'
import { readMarks } from './marks.ts'
import { certaintyOf, isSampled, type Waiting } from './order.ts'

export const orders = {
  uncertain: 'least certain first',
  sample: 'a random 5 %, for an honest figure',
  upload: 'as uploaded',
  skipped: 'what you skipped',
} as const
export type Order = keyof typeof orders

/** The most that are in one sitting, and that are looked through for them. */
const mostWaiting = 2_000
const mostRead = 20_000

export interface Queue {
  readonly waiting: readonly Waiting[]
  /** How many were judged before, are in the hands of others, and were skipped by this person. */
  readonly judged: number
  readonly others: number
  readonly skipped: number
  /** How many answers were looked through, when there are more. */
  readonly ofFirst: number | undefined
}

export interface QueueOptions {
  readonly order: Order
  /** The id of a tag that an answer has to hold; any when empty. */
  readonly tag: string
  readonly by: string
  readonly signal: AbortSignal
}

/** The answered items of a batch that nobody has judged, in the order in which they are to be looked at. */
export async function readQueue(batchId: string, { order, tag, by, signal }: QueueOptions): Promise<Queue> {
  const marks = await readMarks(batchId, signal)
  const all = [...marks.values()]
  const isMine = (index: number) => marks.get(index)?.by === by
  const isWanted = ({ index, tags }: Waiting): boolean => {
    const state = marks.get(index)?.state
    if (state === 'judged' || (state === 'open' && !isMine(index))) return false
    if ((order === 'skipped') !== (state === 'skipped' && isMine(index))) return false
    if (order === 'sample' && !isSampled(index)) return false
    return tag === '' || tags.some(({ id }) => String(id) === tag)
  }
  const waiting: Waiting[] = []
  let read = 0
  let more = false
  const pages = pagesOf<ItemPage>(pathOfBatch(batchId, '/items'), { status: 'completed' }, signal)
  for await (const { data, has_more } of pages) {
    for (const { index, result } of data) {
      const item = 'error' in result ? undefined : { index, id: result.id, tags: result.details.tags }
      if (item && isWanted(item)) waiting.push(item)
    }
    read += data.length
    more = has_more
    if (waiting.length >= mostWaiting || read >= mostRead) break
  }
  if (order === 'uncertain') waiting.sort((left, right) => certaintyOf(left) - certaintyOf(right))
  return {
    waiting,
    judged: all.filter(({ state }) => state === 'judged').length,
    others: all.filter(({ state, by: whose }) => state === 'open' && whose !== by).length,
    skipped: all.filter(({ state, by: whose }) => state === 'skipped' && whose === by).length,
    ofFirst: more ? read : undefined,
  }
}
