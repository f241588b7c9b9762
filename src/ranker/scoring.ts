import type { Passage, ReadText } from '../core/passages.ts'
import type { EncodedText, LabelledExample, Neighbour } from '../core/ranking.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import { createWordIndex, roundedSize } from './bm25.ts'
import type { Signals } from './decision.ts'
import { FORM_NAMES, formCuesIn } from './definition.ts'
import { newest } from './examples/labelled-examples.ts'
import { createTaught, type FoundText, weighed } from './examples/taught.ts'
import type { Language } from './languages.ts'
import { createMeaningIndex } from './meaning/meaning.ts'
import type { WordVectors } from './meaning/word-vectors.ts'
import { createPhraseIndex, type PhraseHit } from './phrases.ts'
import { createJoinedStems, createStems } from './reading.ts'
import { type Evidence, readTag, readTerms, type TagTerms } from './terms.ts'
import { tokenize as english, plainWeight, type Tokenize } from './tokens.ts'

const WORD_SHARE = 0.45
const TELLING_VOTE = 0.1

/** How much a cosine counts: less the longer the list, where some tag is always near by chance. */
const meaningShare = (listSize: number): number =>
  Math.min(0.7, Math.max(0.15, 0.7 - 0.15 * Math.log10(roundedSize(listSize) / 100)))

/** What the scorers found for one text; every list of scores is in the order of the tag list. */
export interface Scores {
  readonly total: Float64Array
  /** The part of the total that names and aliases found in the text give. */
  readonly named: Float64Array
  readonly meaning: Float64Array | undefined
  /** Both are worked out when they are asked for. */
  signals(): Signals
  nearest(): readonly Neighbour[]
  evidence(place: number): readonly Evidence[]
}

export interface Scorer {
  readonly examples: number
  score(text: string, read: ReadText, encoded?: EncodedText): Scores
}

export interface ScorerOptions {
  readonly vectors?: WordVectors | undefined
  readonly examples?: readonly LabelledExample[] | undefined
  /** The language of the texts, where it is not English: words of list and text are compared as its stems. */
  readonly language?: Language | undefined
}

interface FoundInList extends FoundText {
  evidence(place: number): readonly Evidence[]
}

export function createScorer(list: TagList, { vectors, examples = [], language }: ScorerOptions): Scorer {
  const stems = language && createStems(language)
  const tags = list.tags.map(tag => readTag(tag, stems))
  const listed = new Set(language?.joining && tags.flatMap(({ names }) => names.flatMap(name => name.spellings.flat())))
  const tokenize = language && createJoinedStems(language, token => listed.has(token))
  const weights = createWordWeights(vectors)
  const phrases = createPhraseIndex(tags, weights.name)
  const forms = createFormIndex(tags, stems)
  const words = createWordIndex(tags, weights.body)
  const meanings = vectors && createMeaningIndex(tags, weights.body, vectors)
  const share = meaningShare(tags.length)
  const taught = examples.length > 0 ? createTaught(list, newest(examples), { find, weigh: weights.body }) : undefined

  function find(text: string, read: ReadText): FoundInList {
    const terms = readTerms(read, tokenize)
    const phraseHits = phrases.match(terms)
    const formHits = forms(read.passages)
    const direction = meanings?.read(terms)
    const named = new Float64Array(list.tags.length)
    for (const [place, { score }] of phraseHits) named[place]! += score
    for (const [place, { score }] of formHits) named[place]! += score
    const parts = {
      named,
      words: words.score(terms),
      meaning: (direction && meanings?.score(direction)) ?? new Float64Array(list.tags.length),
    }
    return {
      ...{ text, terms, meaning: direction, parts },
      scores: weighed([named, parts.words, parts.meaning], [1, WORD_SHARE, share]),
      evidence: place => [...(phraseHits.get(place)?.evidence ?? []), ...(formHits.get(place)?.evidence ?? [])],
    }
  }

  return {
    examples: taught?.size ?? 0,
    score(text, read, encoded) {
      const found = find(text, read)
      const { total, votes } = taught?.score(found) ?? { total: found.scores, votes: undefined }
      if (encoded) addEncoded(total, encoded)
      for (let place = 0; place < total.length; place += 1) total[place] = rounded(total[place]!)
      const evidence = (place: number): readonly Evidence[] => {
        const example = votes && votes.scores[place]! >= TELLING_VOTE ? votes.evidence(place) : undefined
        const taughtBy: Evidence[] = example === undefined ? [] : [{ phrase: example, part: 'examples' }]
        return [...found.evidence(place), ...taughtBy]
      }
      const signals = (): Signals => ({
        best: rounded(largest(found.scores)),
        taught: largest(votes?.scores ?? []),
        standing: meanings && (found.meaning ? meanings.standing(found.parts.meaning) : 0),
        encoded: encoded?.standing,
        listed: words.listed(found.terms),
        rivals: meanings?.known.tags ?? tags.length,
        wordsOfTag: meanings?.known.wordsOfTag ?? 0,
      })
      return {
        total,
        named: found.parts.named,
        meaning: found.meaning && found.parts.meaning,
        signals,
        nearest: () => taught?.nearest(found) ?? [],
        evidence,
      }
    },
  }
}

/**
 * What nearness by a sentence encoder is worth: 0.05 to 0.25 are within noise of each other. On 150 texts of
 * awesome-selfhosted it brings 4 points of first tags right with MiniLM and 3 with multilingual e5.
 */
const ENCODED_SHARE = 0.1

function addEncoded(total: Float64Array, { nearness }: EncodedText): void {
  for (let place = 0; place < total.length; place += 1) total[place]! += ENCODED_SHARE * Math.max(0, nearness[place]!)
}

function largest(values: ArrayLike<number>): number {
  let found = 0
  for (let place = 0; place < values.length; place += 1) found = Math.max(found, values[place]!)
  return found
}

const STEPS = 1e6

/** A score as it is compared and shown: in millionths, so that no platform orders two tags differently. */
export const rounded = (score: number): number => Math.round(score * STEPS) / STEPS

/** The places of the positive scores, best first; equal scores in the order they stand in. */
export function bestFirst(scores: ArrayLike<number>): number[] {
  const size = scores.length
  const keys = new Float64Array(size)
  let positive = 0
  for (let place = 0; place < size; place += 1) {
    const steps = Math.round(scores[place]! * STEPS)
    if (steps <= 0) continue
    keys[positive] = place - steps * size
    positive += 1
  }
  return Array.from(keys.subarray(0, positive).sort(), key => ((key % size) + size) % size)
}

const CUE_SCORE = 0.25

/** The tags that name a kind of software, found by their own names and aliases; answers what the cues of a text give them. */
function createFormIndex(
  tags: readonly TagTerms[],
  tokenize: Tokenize = english,
): (passages: readonly Passage[]) => Map<number, PhraseHit> {
  const fold = (words: string): string => tokenize(words).join(' ')
  const holders = new Map<string, Set<number>>(FORM_NAMES.map(name => [fold(name), new Set()]))
  tags.forEach((tag, index) => {
    for (const { spellings } of tag.names)
      for (const spelling of spellings)
        holders.get(spelling.length === 1 ? spelling[0]! : spelling.join(' '))?.add(index)
  })
  return passages => {
    const hits = new Map<number, PhraseHit>()
    for (const { names, sign } of formCuesIn(passages)) {
      for (const name of names)
        for (const index of holders.get(fold(name)) ?? [])
          hits.set(index, { score: CUE_SCORE, evidence: [{ phrase: sign, part: 'form' }] })
    }
    return hits
  }
}

/** How telling a word is, from 0 to 1: in the run of a text, and in a name or one-line summary. */
interface WordWeights {
  body(token: string): number
  name(token: string): number
}

function createWordWeights(vectors: WordVectors | undefined): WordWeights {
  return {
    body: token => Math.min(plainWeight(token), vectors?.bodyWeight(token) ?? 1),
    name: token => Math.min(plainWeight(token), vectors?.nameWeight(token) ?? 1),
  }
}
