import type { ReadText } from '../../core/passages.ts'
import type { LabelledExample, Neighbour } from '../../core/ranking.ts'
import type { TagId, TagList } from '../../core/tags/tag-list.ts'
import { readText } from '../../documents/index.ts'
import { fitShares } from './fit.ts'
import { type ComparedText, createLabelledExamples, type Votes } from './labelled-examples.ts'

/** What the list alone says of a text, scorer by scorer. */
export interface FoundText extends ComparedText {
  readonly parts: { readonly named: Float64Array; readonly words: Float64Array; readonly meaning: Float64Array }
}

/** Scores of a list with what examples teach. */
export interface Taught {
  readonly size: number
  score(found: FoundText): { readonly total: Float64Array; readonly votes: Votes }
  nearest(found: ComparedText): readonly Neighbour[]
}

/** In the order named, words, meaning, votes: as fitted on average over lists of one label a text and of many. */
const USUAL = [2.5, 5, 6.5, 9] as const
/** At this many examples their votes usually count half: a few of them mislead more than they teach. */
const HALF_TRUST = 60
/** The fit is on so many of the examples, spread over all of them. */
const FITTED = 200
/** Of a longer list every tag is scored too dearly for that: what the list alone gives counts as it does without examples. */
const LONGEST_FITTED = 1_000
const UNFITTED_VOTES = 1.5
/** A text of which examples are known scores this much more than one without, as their votes tell more. */
const SURER = 1.15
const LEAST_SCALE = 0.05

interface TaughtOptions {
  readonly find: (text: string, read: ReadText) => FoundText
  readonly weigh: (token: string) => number
}

/**
 * Votes of the examples beside what the list alone gives, and how much each of these counts, fitted on the examples
 * themselves, each left out for its own row. The total is brought back to the scale it has without examples, for which
 * the cuts are made.
 */
export function createTaught(
  list: TagList,
  examples: readonly LabelledExample[],
  { find, weigh }: TaughtOptions,
): Taught {
  const places = new Map<TagId, number>(list.tags.map((tag, place) => [tag.id, place]))
  const found: FoundText[] = []
  const labelled = createLabelledExamples({
    examples,
    read(text) {
      const read = find(text, readText(text))
      found.push(read)
      return read
    },
    weigh,
    placeOf: id => places.get(id),
  })
  const columns = ({ parts }: FoundText, votes: Votes) => [parts.named, parts.words, parts.meaning, votes.scores]
  const step = Math.max(1, Math.floor(examples.length / FITTED))
  const fitted =
    list.tags.length > LONGEST_FITTED
      ? []
      : examples.flatMap((_, number) => {
          const right = labelled.tagsOf(number)
          if (number % step !== 0 || right.length === 0) return []
          const text = found[number]!
          return [{ scores: columns(text, labelled.votesLeftOut(number)), right, alone: text.scores }]
        })
  const trust = examples.length / (examples.length + HALF_TRUST)
  const usual = [...USUAL.slice(0, 3), USUAL[3] * trust]
  const shares = fitShares(fitted, usual)
  const best = (scores: readonly Float64Array[]) => scores.reduce((sum, score) => sum + Math.max(...score), 0)
  const alone = best(fitted.map(row => row.alone))
  const learned = best(fitted.map(({ scores }) => weighed(scores, shares)))
  // Where the list alone says next to nothing there is no scale to go back to.
  const scale = SURER * alone > LEAST_SCALE * learned ? (SURER * alone) / learned : 1 / USUAL[0]
  const scaled = shares.map(share => share * scale)
  return {
    size: labelled.size,
    score(text) {
      const votes = labelled.votes(text)
      const total =
        fitted.length > 0
          ? weighed(columns(text, votes), scaled)
          : weighed([text.scores, votes.scores], [1, UNFITTED_VOTES * trust])
      return { total, votes }
    },
    nearest: labelled.nearest,
  }
}

export function weighed(scores: readonly Float64Array[], shares: readonly number[]): Float64Array {
  const sum = new Float64Array(scores[0]!.length)
  scores.forEach((score, at) => {
    const share = shares[at]!
    for (let place = 0; place < sum.length; place += 1) sum[place]! += share * score[place]!
  })
  return sum
}
