import type { LabelledExample, Neighbour } from '../../core/ranking.ts'
import type { TagId } from '../../core/tags/tag-list.ts'
import { type Meaning, type PerPart, presence, type TextTerms } from '../terms.ts'
import { isContentWord } from '../tokens.ts'
import { createRidge } from './ridge.ts'

const PART_WEIGHTS: PerPart = [4, 3, 2, 1, 0.5, 0, 0, 0]
const COUNT_LIMIT = 4
const HALF_PRESENCE = 4
/** How alike two texts are: by their telling words, by what the list alone gives its tags for them, by their meaning. */
const SHARES = { words: 0.4, scores: 0.3, meaning: 0.3 }
/** Of a longer list, comparing what it gives takes too long for what that tells. */
const LONGEST_COMPARED = 1_000
const REGULARIZATION = 0.3
/** The fit takes time by the cube of their number, so that has an end; old ones go first. */
const NEWEST_KEPT = 1_000
const NEAREST_KEPT = 25

/** A text as it is compared with examples. */
export interface ComparedText {
  readonly text: string
  readonly terms: TextTerms
  readonly meaning: Meaning | undefined
  /** What the list alone gives every tag. */
  readonly scores: Float64Array
}

/** A text in numbers; each kind has length one. */
interface Profile {
  readonly words: readonly (readonly [string, number])[]
  readonly meaning: Meaning | undefined
  readonly scores: Float64Array | undefined
}

/** What examples say of a text. */
export interface Votes {
  /** For every tag how much of it the examples see in the text: about 1 where they are sure. */
  readonly scores: Float64Array
  /** How the example begins that speaks most for a tag; undefined where none does. */
  evidence(place: number): string | undefined
}

export interface LabelledExamples {
  readonly size: number
  /** The examples nearest to a text, nearest first; a text is not its own neighbour. */
  nearest(text: ComparedText): Neighbour[]
  votes(text: ComparedText): Votes
  /** Of an example by its number, as if it were not among them. */
  votesLeftOut(example: number): Votes
  /** The places of the tags of an example that are on the list. */
  tagsOf(example: number): readonly number[]
}

export interface LabelledExamplesOptions {
  readonly examples: readonly LabelledExample[]
  /** Reads an example as the texts are read that it is compared with. */
  readonly read: (text: string) => ComparedText
  readonly weigh: (token: string) => number
  readonly placeOf: (id: TagId) => number | undefined
}

/** The newest of them, each text once: what was said of it last counts. */
export function newest(examples: readonly LabelledExample[]): readonly LabelledExample[] {
  return [...new Map(examples.map(example => [example.text, example])).values()].slice(-NEWEST_KEPT)
}

export function createLabelledExamples(options: LabelledExamplesOptions): LabelledExamples {
  const { examples, weigh, placeOf } = options
  const read = examples.map(({ text }) => options.read(text))
  const numbers = new Map(examples.map(({ text }, number) => [text, number]))
  const tags = examples.map(example => [...new Set(example.tags.flatMap(id => placeOf(id) ?? []))])
  const frequency = new Map<string, number>()
  for (const { terms } of read)
    for (const token of terms.counts.keys()) frequency.set(token, (frequency.get(token) ?? 0) + 1)
  const rarityOf = (texts: number): number =>
    Math.log(1 + (examples.length + 1) / (texts + 0.5)) / Math.log(2 + examples.length * 2)
  const uses = [...frequency.values()].reduce((sum, texts) => sum + texts, 0)
  /** A word that no example has is taken to be as rare as theirs are on average. */
  const usual = [...frequency.values()].reduce((sum, texts) => sum + texts * rarityOf(texts), 0) / (uses || 1)
  const rarity = (token: string): number => {
    const texts = frequency.get(token)
    return texts === undefined ? usual : rarityOf(texts)
  }

  function profileOf({ terms, meaning, scores }: ComparedText): Profile {
    const words: [string, number][] = []
    for (const [token, counts] of terms.counts) {
      if (!isContentWord(token)) continue
      const weighed = presence(counts, PART_WEIGHTS, COUNT_LIMIT)
      if (weighed > 0) words.push([token, (weighed / (weighed + HALF_PRESENCE)) * weigh(token) * rarity(token)])
    }
    const length = Math.sqrt(words.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1
    return {
      words: words.map(([token, weight]) => [token, weight / length]),
      meaning,
      scores: scores.length > LONGEST_COMPARED ? undefined : ofLengthOne(scores),
    }
  }

  const profiles = read.map(profileOf)
  const postings = new Map<string, { readonly examples: number[]; readonly weights: number[] }>()
  profiles.forEach(({ words }, example) => {
    for (const [token, weight] of words) {
      const posting = postings.get(token) ?? { examples: [], weights: [] }
      postings.set(token, posting)
      posting.examples.push(example)
      posting.weights.push(weight)
    }
  })

  /** To the examples before `end`. */
  function similarities({ words, meaning, scores }: Profile, end = examples.length): Float64Array {
    const found = new Float64Array(end)
    for (const [token, weight] of words) {
      const posting = postings.get(token)
      if (!posting) continue
      for (let at = 0; at < posting.examples.length && posting.examples[at]! < end; at += 1)
        found[posting.examples[at]!]! += SHARES.words * weight * posting.weights[at]!
    }
    for (let example = 0; example < end; example += 1) {
      const other = profiles[example]!
      found[example]! +=
        SHARES.meaning * product(meaning, other.meaning) + SHARES.scores * product(scores, other.scores)
    }
    return found
  }

  const ridge = createRidge(
    profiles.map((profile, example) => similarities(profile, example + 1)),
    REGULARIZATION,
  )

  function votesOf(weights: Float64Array, listSize: number): Votes {
    const scores = new Float64Array(listSize)
    weights.forEach((weight, example) => {
      for (const place of tags[example]!) scores[place]! += weight
    })
    return {
      scores,
      evidence(place) {
        let best: number | undefined
        weights.forEach((weight, example) => {
          if (weight > (best === undefined ? 0 : weights[best]!) && tags[example]!.includes(place)) best = example
        })
        return best === undefined ? undefined : beginning(examples[best]!.text)
      },
    }
  }

  return {
    size: examples.length,
    nearest(text) {
      const found = similarities(profileOf(text))
      return examples
        .map((example, number) => ({ example, similarity: found[number]! }))
        .filter(({ example, similarity }) => similarity > 0 && example.text !== text.text)
        .sort((left, right) => right.similarity - left.similarity)
        .slice(0, NEAREST_KEPT)
    },
    votes(text) {
      const own = numbers.get(text.text)
      const weights = own === undefined ? ridge.weights(similarities(profileOf(text))) : ridge.leftOut(own)
      return votesOf(weights, text.scores.length)
    },
    votesLeftOut: example => votesOf(ridge.leftOut(example), read[example]!.scores.length),
    tagsOf: example => tags[example]!,
  }
}

function ofLengthOne(values: Float64Array): Float64Array | undefined {
  const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
  return length === 0 ? undefined : values.map(value => value / length)
}

function product(left: Float64Array | undefined, right: Float64Array | undefined): number {
  if (!left || !right) return 0
  let sum = 0
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!
  return sum
}

const beginning = (text: string): string => text.slice(0, 200).trim().split('\n', 1)[0]!.slice(0, 60)
