import { readPassages } from '../document/passages.ts'
import type { ListedTag, TagId, TagList } from '../tag-list.ts'
import { createWordIndex } from './bm25.ts'
import type { Evidence } from './evidence.ts'
import { createPhraseIndex } from './phrases.ts'
import { readTerms } from './text-terms.ts'
import type { WordVectors } from './word-vectors.ts'
import { createWordWeights } from './word-weights.ts'

/** A text whose right tags are known. */
export interface LabelledExample {
  readonly text: string
  readonly tags: readonly TagId[]
}

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
  /** The tags worth showing to a model that cannot read the whole list. */
  shortlist(text: string, size: number): readonly ListedTag[]
}

export interface RankerOptions {
  readonly vectors?: WordVectors
  readonly examples?: readonly LabelledExample[]
}

const WORD_SHARE = 0.2
const LEAST_SCORE = 0.2
const LEAST_SHARE_OF_BEST = 0.45

/** Scores every tag of a list for a text. The index is built here, once; keep the ranker as long as the list. */
export function createRanker(list: TagList, options: RankerOptions = {}): Ranker {
  const weights = createWordWeights(options.vectors)
  const phrases = createPhraseIndex(list.tags, weights.name)
  const words = createWordIndex(list.tags, weights.body)

  function rank(text: string): TagScore[] {
    const terms = readTerms(readPassages(text))
    const named = phrases.match(terms)
    const scores = words.score(terms)
    const ranked: { index: number; score: number }[] = []
    scores.forEach((wordScore, index) => {
      const total = WORD_SHARE * wordScore + (named.get(index)?.score ?? 0)
      const score = Math.round(total * 1e6) / 1e6
      if (score > 0) ranked.push({ index, score })
    })
    ranked.sort((left, right) => right.score - left.score || left.index - right.index)
    return ranked.map(({ index, score }) => ({
      tag: list.tags[index]!,
      score,
      evidence: named.get(index)?.evidence ?? [],
    }))
  }

  return {
    rank,
    select(text, maxTags) {
      const ranked = rank(text)
      const floor = Math.max(LEAST_SCORE, LEAST_SHARE_OF_BEST * (ranked[0]?.score ?? 0))
      return ranked.slice(0, maxTags).filter(({ score }) => score >= floor)
    },
    shortlist: (text, size) =>
      rank(text)
        .slice(0, size)
        .map(({ tag }) => tag),
  }
}
