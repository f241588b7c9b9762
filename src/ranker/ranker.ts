import type { ReadText } from '../core/passages.ts'
import type {
  Eagerness,
  EncodedText,
  LabelledExample,
  LearnedExamples,
  Ranker,
  Rankers,
  TagScore,
} from '../core/ranking.ts'
import type { TagList } from '../core/tags/tag-list.ts'
import { readText } from '../documents/index.ts'
import { isAbout } from './decision.ts'
import { ENGLISH, type Language } from './languages.ts'
import { createListLanguages } from './list-languages.ts'
import type { WordVectors } from './meaning/word-vectors.ts'
import { languageOf, prose } from './reading.ts'
import { bestFirst, createScorer, type Scorer, type Scores } from './scoring.ts'
import type { Evidence } from './terms.ts'

/**
 * Goes into the keys of cached answers. It is raised with every change after which the ranker may answer, or choose
 * candidates, otherwise; `test/ranker/version.test.ts` notices one.
 */
export const rankerVersion = 'ranker-5'

export interface ExplainedScore extends TagScore {
  readonly evidence: readonly Evidence[]
}

export interface ListRanker extends Ranker {
  /** Best first, positive scores only. */
  rank(text: string, encoded?: EncodedText): readonly ExplainedScore[]
  select(text: string, maxTags: number, encoded?: EncodedText): readonly ExplainedScore[]
}

export interface RankerOptions {
  readonly vectors?: WordVectors
  readonly examples?: readonly LabelledExample[]
  /** How readily texts are answered; balanced if not given. */
  readonly eagerness?: Eagerness | undefined
  /** Of the decision whether a text is about the list at all, for those who fit them. */
  readonly weights?: readonly number[]
}

/**
 * What a tag beside the best needs. A share of 0.45 in place of 0.6 costs the shipped list 2 points of F1 and gives debtags,
 * of 5.7 labels a text, 1.5; lists of one label a text do not see it. A tag that nothing in the text names must be likelier.
 */
const BESIDE_BEST = {
  named: { share: 0.6, score: 0.2 },
  unnamed: { share: 0.75, score: 0.35 },
  /** What kind of thing a text is about is another question than its subject, so it competes with that less. */
  form: { share: 0.34, score: 0.2 },
}
/** Of the languages of texts, as many are kept beside English. */
const LANGUAGES_KEPT = 2

/** A text taken apart, its words as prose and their language; undefined where that cannot be told. */
interface Reading {
  readonly read: ReadText
  readonly words: string
  readonly language: Language | undefined
}

let last: (Reading & { readonly text: string }) | undefined

/**
 * The last reading is kept, one for all lists: whoever asks whether a text can be read goes on to ask for its tags, and
 * reading takes a third of the time of ranking.
 */
function reading(text: string): Reading {
  if (last?.text !== text) {
    const read = readText(text)
    const words = prose(read)
    last = { text, read, words, language: languageOf(words) }
  }
  return last
}

/** Scores every tag of a list for a text. The index is built here, once; keep the ranker as long as the list. */
export function createRanker(list: TagList, options: RankerOptions = {}): ListRanker {
  const english = createScorer(list, options)
  const listLanguages = createListLanguages(list, options.vectors)
  const others = new Map<Language, Scorer>()
  const places = new Map(list.tags.map((tag, place) => [tag.id, place]))
  const inOrder = (scores: Scores, count?: number): ExplainedScore[] =>
    bestFirst(scores.total)
      .slice(0, count)
      .map(place => ({ tag: list.tags[place]!, score: scores.total[place]!, evidence: scores.evidence(place) }))

  /** The scorer for texts of a language that the list has words in; word vectors are of English. */
  function scorerOf(language: Language): Scorer {
    const scorer = others.get(language) ?? createScorer(list, { examples: options.examples, language })
    others.delete(language)
    others.set(language, scorer)
    if (others.size > LANGUAGES_KEPT) others.delete(others.keys().next().value!)
    return scorer
  }
  function score(text: string, encoded?: EncodedText): Scores & { readonly language: Language } {
    const { read, language = ENGLISH } = reading(text)
    const scorer = language !== ENGLISH && listLanguages.speaks(language) ? scorerOf(language) : english
    return { ...scorer.score(text, read, encoded), language }
  }
  function canRead(text: string): boolean {
    const { words, language } = reading(text)
    return listLanguages.reads(words, language)
  }

  /** Whether a text is in a language of the list, and not only holds words of it. */
  function isSpoken(text: string): boolean {
    const { language } = reading(text)
    return canRead(text) && (language === undefined || listLanguages.speaks(language))
  }

  return {
    rank: (text, encoded) => inOrder(score(text, encoded)),
    select(text, maxTags, encoded) {
      const scores = score(text, encoded)
      const told = scores.signals()
      // Word vectors are of English: of another language they say nothing, so that there the names have to.
      const standing = scores.language === ENGLISH ? told.standing : undefined
      const signals = { ...told, standing, isRead: encoded === undefined || isSpoken(text) }
      if (!isAbout(signals, options.eagerness ?? 'balanced', options.weights)) return []
      const best = inOrder(scores, maxTags)
      return best.filter(({ score, evidence }, place) => {
        const isForm = evidence.some(({ part }) => part === 'form')
        const least = BESIDE_BEST[isForm ? 'form' : evidence.length > 0 ? 'named' : 'unnamed']
        return place === 0 || (score >= least.share * best[0]!.score && score >= least.score)
      })
    },
    shortlist(text, size, encoded) {
      const scores = score(text, encoded)
      const near = scores.nearest().slice(0, NEAREST_EXAMPLES)
      const chosen = shortlistOf(scores, size, {
        examples: english.examples,
        near: near.flatMap(({ example }) => example.tags.map(id => places.get(id) ?? -1)),
      })
      return chosen.map(place => list.tags[place]!)
    },
    nearest: (text, count) => score(text).nearest().slice(0, count),
    canRead,
  }
}

const ENOUGH_EXAMPLES = 50
const LONG_LIST = 10_000
const NEAREST_EXAMPLES = 10
const SEATS_FOR_NEAREST = 0.25

/** Takes turns between orders, so that what one scorer misses another brings. */
function interleave(orders: readonly (readonly number[])[], size: number): Set<number> {
  const taken = new Set<number>()
  const next = orders.map(() => 0)
  for (let idle = 0; taken.size < size && idle < orders.length; ) {
    for (const [turn, order] of orders.entries()) {
      while (next[turn]! < order.length && taken.has(order[next[turn]!]!)) next[turn]! += 1
      const place = order[next[turn]!]
      idle = place === undefined ? idle + 1 : 0
      if (place !== undefined && taken.size < size) taken.add(place)
    }
  }
  return taken
}

/** The places of the tags that a model should see, most promising first; among them those of the nearest examples. */
function shortlistOf(
  scores: Scores,
  size: number,
  { examples, near }: { readonly examples: number; readonly near: readonly number[] },
): number[] {
  const total = bestFirst(scores.total)
  const trusted = examples >= ENOUGH_EXAMPLES && scores.total.length >= LONG_LIST
  const meaning = scores.meaning ? [bestFirst(scores.meaning)] : []
  const orders = trusted ? [total] : [total, total, ...meaning, bestFirst(scores.named)]
  const chosen = [...interleave(orders, size)]
  const missing = [...new Set(near)].filter(place => place >= 0 && !chosen.includes(place))
  const seats = missing.slice(0, Math.floor(size * SEATS_FOR_NEAREST))
  return [...chosen.slice(0, size - seats.length), ...seats]
}

interface RankersOptions extends Pick<RankerOptions, 'eagerness'> {
  readonly vectors: NonNullable<RankerOptions['vectors']>
  /** Labelled texts of the lists that have some. */
  readonly examples: ReadonlyMap<TagList, readonly LabelledExample[]>
}

export function createRankers({ vectors, examples, eagerness }: RankersOptions): Rankers {
  const known = new WeakMap<TagList, Ranker>()
  const taught = new WeakMap<LearnedExamples, { readonly list: TagList; readonly ranker: Ranker }>()
  const build = (list: TagList, more: readonly LabelledExample[] = []) =>
    createRanker(list, { vectors, eagerness, examples: [...(examples.get(list) ?? []), ...more] })
  return {
    of(list, learned) {
      if (learned) {
        const held = taught.get(learned)
        if (held?.list === list) return held.ranker
        const ranker = build(list, learned.examples)
        taught.set(learned, { list, ranker })
        return ranker
      }
      const ranker = known.get(list) ?? build(list)
      known.set(list, ranker)
      return ranker
    },
  }
}
