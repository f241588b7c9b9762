import type { ListedTag, TagList } from '../tag-list.ts'
import type { Evidence } from './evidence.ts'
import type { LabelledExample, Neighbour } from './neighbours.ts'
import { bestFirst } from './order.ts'
import { createScorer, type Scores } from './scoring.ts'
import { shortlistOf } from './shortlist.ts'
import type { WordVectors } from './word-vectors.ts'

export type { LabelledExample, Neighbour } from './neighbours.ts'

export interface TagScore {
  readonly tag: ListedTag
  readonly score: number
  readonly evidence: readonly Evidence[]
}

export interface Ranker {
  /** Best first, positive scores only. */
  rank(text: string): readonly TagScore[]
  /** The tags that fit well enough to be an answer; none when nothing does. */
  select(text: string, maxTags: number): readonly TagScore[]
  /** The tags worth showing to a model that cannot read the whole list: at most `size`, most promising first. */
  shortlist(text: string, size: number): readonly ListedTag[]
  /** The labelled examples most like a text, nearest first; never the text itself. */
  nearest(text: string, count: number): readonly Neighbour[]
}

export interface RankerOptions {
  readonly vectors?: WordVectors
  readonly examples?: readonly LabelledExample[]
}

const LEAST_SCORE = 0.2
/** A tag that nothing in the text names must be the more likely for it. */
const LEAST_UNNAMED_SCORE = 0.35
const LEAST_SHARE_OF_BEST = 0.45
/** What kind of thing a text is about is another question than its subject, so it competes with that less. */
const LEAST_SHARE_FOR_FORM = 0.75 * LEAST_SHARE_OF_BEST

/** Scores every tag of a list for a text. The index is built here, once; keep the ranker as long as the list. */
export function createRanker(list: TagList, options: RankerOptions = {}): Ranker {
  const scorer = createScorer(list, options)
  const places = new Map(list.tags.map((tag, place) => [tag.id, place]))
  const inOrder = (scores: Scores, count?: number): TagScore[] =>
    bestFirst(scores.total)
      .slice(0, count)
      .map(place => ({ tag: list.tags[place]!, score: scores.total[place]!, evidence: scores.evidence(place) }))

  return {
    rank: text => inOrder(scorer.score(text)),
    select(text, maxTags) {
      const best = inOrder(scorer.score(text), maxTags)
      const top = best[0]?.score ?? 0
      return best.filter(({ score, evidence }) => {
        const share = evidence.some(({ part }) => part === 'form') ? LEAST_SHARE_FOR_FORM : LEAST_SHARE_OF_BEST
        return score >= share * top && score >= (evidence.length > 0 ? LEAST_SCORE : LEAST_UNNAMED_SCORE)
      })
    },
    shortlist(text, size) {
      const chosen = shortlistOf(scorer.score(text), size, scorer.examples, id => places.get(id) ?? -1)
      return chosen.map(place => list.tags[place]!)
    },
    nearest: (text, count) => scorer.score(text).nearest.slice(0, count),
  }
}
