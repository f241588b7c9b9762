import type { ItemReview, ReviewPage, ReviewState } from '../../core/batch/item-review.ts'
import { AskError, pagesOf, pathOfBatch, request } from '../api.ts'

export interface Place {
  readonly batchId: string
  readonly index: number
  readonly by: string
}

const addressOf = ({ batchId, index }: Omit<Place, 'by'>) => pathOfBatch(batchId, `/items/${index}/review`)

/** What is being given back has to be given back before anything is taken under another name. */
let given: Promise<unknown> = Promise.resolve()

/** Says what becomes of an item; false when another person has it. */
export async function mark(place: Place, state: ReviewState): Promise<boolean> {
  await given
  try {
    await request(addressOf(place), { method: 'PUT', body: { by: place.by, state } })
    return true
  } catch (fault) {
    if (fault instanceof AskError && fault.code === 'conflict') return false
    throw fault
  }
}

/** Gives back an item that was not judged. It would run out by itself, so that nobody has to be told of a failure. */
export function giveBack(place: Place): void {
  const path = `${addressOf(place)}?by=${encodeURIComponent(place.by)}`
  given = request(path, { method: 'DELETE', keepalive: true }).catch(() => undefined)
}

/** What became of the items that somebody looked at, by their index. */
export async function readMarks(batchId: string, signal: AbortSignal): Promise<ReadonlyMap<number, ItemReview>> {
  await given
  const marks = new Map<number, ItemReview>()
  for await (const { data } of pagesOf<ReviewPage>(pathOfBatch(batchId, '/reviews'), {}, signal))
    for (const review of data) marks.set(review.index, review)
  return marks
}
