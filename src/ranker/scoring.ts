import { readText } from '../document/passages.ts'
import type { TagId } from '../tag.ts'
import type { TagList } from '../tag-list.ts'
import { createWordIndex, roundedSize } from './bm25.ts'
import type { Evidence } from './evidence.ts'
import { createFormIndex } from './forms.ts'
import { createMeaningIndex } from './meaning.ts'
import { createNeighbours, type LabelledExample, type Neighbour } from './neighbours.ts'
import { rounded } from './order.ts'
import { createPhraseIndex } from './phrases.ts'
import { readTag } from './tag-terms.ts'
import { readTerms } from './text-terms.ts'
import type { WordVectors } from './word-vectors.ts'
import { createWordWeights } from './word-weights.ts'

const WORD_SHARE = 0.3
const TELLING_VOTE = 0.1

/** How much a cosine counts: less the longer the list, where some tag is always near by chance. */
const meaningShare = (listSize: number): number =>
  Math.min(0.6, Math.max(0.15, 0.6 - 0.15 * Math.log10(roundedSize(listSize) / 100)))

/** What the scorers found for one text; every list of scores is in the order of the tag list. */
export interface Scores {
  readonly total: Float64Array
  /** The part of the total that names and aliases found in the text give. */
  readonly named: Float64Array
  readonly meaning: Float64Array | undefined
  readonly nearest: readonly Neighbour[]
  evidence(place: number): readonly Evidence[]
}

export interface Scorer {
  readonly examples: number
  score(text: string): Scores
}

export function createScorer(
  list: TagList,
  { vectors, examples = [] }: { readonly vectors?: WordVectors; readonly examples?: readonly LabelledExample[] },
): Scorer {
  const tags = list.tags.map(readTag)
  const weights = createWordWeights(vectors)
  const phrases = createPhraseIndex(tags, weights.name)
  const forms = createFormIndex(tags)
  const words = createWordIndex(tags, weights.body)
  const meanings = vectors && createMeaningIndex(tags, weights.body, vectors)
  const neighbours = examples.length > 0 ? createNeighbours(examples, weights.body, meanings) : undefined
  const places = new Map<TagId, number>(neighbours && list.tags.map((tag, place) => [tag.id, place]))
  const share = meaningShare(tags.length)

  return {
    examples: neighbours?.size ?? 0,
    score(text) {
      const read = readText(text)
      const terms = readTerms(read)
      const phraseHits = phrases.match(terms)
      const formHits = forms(read.passages)
      const direction = meanings?.read(terms)
      const meaning = direction && meanings?.score(direction)
      const nearest = neighbours?.nearest(text, terms, direction) ?? []
      const named = new Float64Array(list.tags.length)
      const total = words.score(terms)
      for (const [place, { score }] of phraseHits) named[place]! += score
      for (const [place, { score }] of formHits) named[place]! += score
      for (let place = 0; place < total.length; place += 1)
        total[place] = WORD_SHARE * total[place]! + named[place]! + share * (meaning?.[place] ?? 0)
      const votes = new Map<number, Evidence>()
      for (const [id, { vote, example }] of neighbours?.votes(nearest) ?? []) {
        const place = places.get(id)
        if (place === undefined) continue
        total[place]! += vote
        if (vote >= TELLING_VOTE) votes.set(place, { phrase: example, part: 'examples' })
      }
      for (let place = 0; place < total.length; place += 1) total[place] = rounded(total[place]!)
      return {
        total,
        named,
        meaning,
        nearest,
        evidence(place) {
          const vote = votes.get(place)
          const found = [...(phraseHits.get(place)?.evidence ?? []), ...(formHits.get(place)?.evidence ?? [])]
          return vote ? [...found, vote] : found
        },
      }
    },
  }
}
