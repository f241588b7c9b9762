import type { TagId } from '../core/tags/tag-list.ts'
import { readText } from '../documents/index.ts'
import type { Meaning, MeaningIndex } from './meaning.ts'
import { type PerPart, presence, readTerms, type TextTerms } from './terms.ts'
import { tokenize as english, isContentWord, type Tokenize } from './tokens.ts'

const PART_WEIGHTS: PerPart = [4, 3, 2, 1, 0.5, 0, 0, 0]
const COUNT_LIMIT = 4
const NEIGHBOURS = 25
/** At this many examples their votes count half: a few of them mislead more than they teach. */
const HALF_TRUST = 60
/** Below this similarity a neighbour does not count. */
const USUAL_SIMILARITY = 0.2
/** Every text is compared with all examples, so their number has an end; old ones go first. */
const NEWEST_KEPT = 5_000

/** A text whose right tags are known. */
export interface LabelledExample {
  readonly text: string
  readonly tags: readonly TagId[]
  /** Tags that a person said are wrong for it. */
  readonly rejected?: readonly TagId[]
}

export interface Neighbour {
  readonly example: LabelledExample
  readonly similarity: number
}

export interface Vote {
  readonly vote: number
  readonly example: string
}

export interface Neighbours {
  readonly size: number
  /** The labelled texts nearest to a text, nearest first; a text is not its own neighbour. */
  nearest(text: string, terms: TextTerms, meaning: Meaning | undefined): Neighbour[]
  /** What the nearest labelled texts add to the tags they carry, and how the nearest of them begins. */
  votes(nearest: readonly Neighbour[]): Map<TagId, Vote>
}

export function createNeighbours(
  given: readonly LabelledExample[],
  weigh: (token: string) => number,
  meanings: MeaningIndex | undefined,
  tokenize: Tokenize = english,
): Neighbours {
  const examples = given.slice(-NEWEST_KEPT)
  const read = examples.map(({ text }) => readTerms(readText(text), tokenize))
  const frequency = new Map<string, number>()
  for (const { counts } of read)
    for (const token of counts.keys()) frequency.set(token, (frequency.get(token) ?? 0) + 1)
  const rarity = (token: string): number =>
    Math.log(1 + (examples.length + 1) / ((frequency.get(token) ?? 0) + 0.5)) / Math.log(2 + examples.length * 2)

  function profile(terms: TextTerms): Map<string, number> {
    const weights = new Map<string, number>()
    let total = 0
    for (const [token, counts] of terms.counts) {
      if (!isContentWord(token)) continue
      const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
      if (weighed === 0) continue
      const weight = (weighed / (weighed + 4)) * weigh(token) * rarity(token)
      weights.set(token, weight)
      total += weight * weight
    }
    const length = Math.sqrt(total) || 1
    for (const [token, weight] of weights) weights.set(token, weight / length)
    return weights
  }

  const postings = new Map<string, { examples: number[]; weights: number[] }>()
  read.forEach((terms, index) => {
    for (const [token, weight] of profile(terms)) {
      const posting = postings.get(token)
      if (posting) {
        posting.examples.push(index)
        posting.weights.push(weight)
      } else postings.set(token, { examples: [index], weights: [weight] })
    }
  })
  const exampleMeanings = read.map(terms => meanings?.read(terms))

  return {
    size: examples.length,
    nearest(text, terms, meaning) {
      const shared = new Float64Array(examples.length)
      for (const [token, weight] of profile(terms)) {
        const posting = postings.get(token)
        posting?.examples.forEach((example, place) => {
          shared[example]! += weight * posting.weights[place]!
        })
      }
      const found = examples.map((example, index) => ({
        example,
        similarity: meanings
          ? 0.5 * shared[index]! + 0.5 * Math.max(0, cosine(meaning, exampleMeanings[index]))
          : shared[index]!,
      }))
      return found
        .filter(({ example, similarity }) => similarity > 0 && example.text !== text)
        .sort((left, right) => right.similarity - left.similarity)
        .slice(0, NEIGHBOURS)
    },
    votes(nearest) {
      const total = nearest.reduce((sum, { similarity }) => sum + similarity ** 2, 0)
      const trust = examples.length / (examples.length + HALF_TRUST)
      const votes = new Map<TagId, Vote>()
      for (const { example, similarity } of nearest) {
        const vote = (trust * similarity ** 2) / (USUAL_SIMILARITY ** 2 + total)
        for (const tag of new Set(example.tags)) {
          const held = votes.get(tag)
          votes.set(tag, { vote: vote + (held?.vote ?? 0), example: held?.example ?? beginning(example.text) })
        }
      }
      return votes
    },
  }
}

function cosine(left: Meaning | undefined, right: Meaning | undefined): number {
  if (!left || !right) return 0
  return left.reduce((sum, value, column) => sum + value * right[column]!, 0)
}

const beginning = (text: string): string => text.slice(0, 200).trim().split('\n', 1)[0]!.slice(0, 60)
