import { createRanker, type LabelledExample, type Ranker, type RankerOptions } from '../domain/ranker/ranker.ts'
import type { TagList } from '../domain/tag-list.ts'

/** The ranker of each list: its index is built when it is first asked for, and goes with the list. */
export interface Rankers {
  of(list: TagList): Ranker
}

export interface RankersOptions {
  readonly vectors: NonNullable<RankerOptions['vectors']>
  /** Labelled texts of the lists that have some. */
  readonly examples: ReadonlyMap<TagList, readonly LabelledExample[]>
}

export function createRankers({ vectors, examples }: RankersOptions): Rankers {
  const known = new WeakMap<TagList, Ranker>()
  return {
    of(list) {
      const ranker = known.get(list) ?? createRanker(list, { vectors, examples: examples.get(list) ?? [] })
      known.set(list, ranker)
      return ranker
    },
  }
}
