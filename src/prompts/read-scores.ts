import type { DroppedTag } from '../core/classification.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'

interface ScoredTag {
  readonly tag: ListedTag
  /** Null where it is picked already, by an engine that knows no probabilities. */
  readonly probability: number | null
}

interface ScoreTerms {
  readonly threshold: number
  readonly maxTags: number
  /** Orders tags of equal probability. */
  readonly shares?: ReadonlyMap<ListedTag, number> | undefined
}

interface ScoreReading {
  readonly tags: readonly { readonly tag: ListedTag; readonly confidence: number | null }[]
  readonly dropped: readonly DroppedTag[]
}

/** Of a model to which everything fits; what a reply in words may hold is bounded by its length. */
const mostSurplusTold = 20

/**
 * The tags that are probable enough, the most probable first and at most `maxTags`. What no question was answered with
 * enough probability for is no answer; that one tag is more probable than the others makes it none either.
 */
export function readScores(scores: readonly ScoredTag[], { threshold, maxTags, shares }: ScoreTerms): ScoreReading {
  const shareOf = ({ tag }: ScoredTag) => shares?.get(tag) ?? 0
  const fitting = scores
    .filter(({ probability }) => probability === null || probability >= threshold)
    .toSorted((one, other) => (other.probability ?? 0) - (one.probability ?? 0) || shareOf(other) - shareOf(one))
  return {
    tags: fitting.slice(0, maxTags).map(({ tag, probability }) => ({ tag, confidence: probability })),
    dropped: fitting
      .slice(maxTags, maxTags + mostSurplusTold)
      .map(({ tag }): DroppedTag => ({ reason: 'surplus', id: tag.id })),
  }
}
