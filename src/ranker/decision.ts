import type { Eagerness } from '../core/ranking.ts'

/** What tells whether a text is about anything on a list, whichever list that is. */
export interface Signals {
  /** The score that the best tag has by the list alone. */
  readonly best: number
  /** What examples give the tag that they give most; 0 without any. */
  readonly taught: number
  /** How far the nearest tag in meaning stands over what it comes to with texts about anything; undefined without vectors. */
  readonly standing: number | undefined
  /** The same by a sentence encoder; undefined without one. */
  readonly encoded?: number | undefined
  /** Whether the text has words that the list or the ranker has: where it has none, the encoder alone can tell. */
  readonly isRead?: boolean | undefined
  /** The share of the words of the text that stand in the list. */
  readonly listed: number
  /** How many tags may score by chance: those with a word that has a vector. */
  readonly rivals: number
  /** How many words a tag has on average: one with a description and aliases has more that may be met by chance. */
  readonly wordsOfTag: number
}

const LONG_LIST = 100
const SHORTEST_LIST = 4

/** In the order of WEIGHTS. */
export const columns = ({ best, standing, listed, rivals, wordsOfTag }: Signals): readonly number[] => [
  1,
  Math.sqrt(best),
  standing ?? 0,
  Math.sqrt(listed),
  // Of few tags hardly any is near by chance.
  Math.max(0, Math.log10(LONG_LIST / Math.max(SHORTEST_LIST, rivals))),
  Math.log(Math.max(1, wordsOfTag)),
]

/** Of a logistic regression over many lists, each as heavy as another: `npm run bench:ranker -- FOLDER` prints them. */
const WEIGHTS: readonly number[] = [-4.28, 2.99, 0.47, 2.87, 1.65, -0.26]

/**
 * The least log odds of an answer; the fit puts balanced at 0. With the cosine of the nearest tag in place of its standing,
 * 64 % of business news beside the shipped list are rightly [] and not 86; without the words of a tag 69. A rule that a named
 * tag is an answer whatever the odds costs as much there, and wins nothing elsewhere. Of awesome-go, strict, balanced and
 * eager are wrongly [] in 34, 21 and 10 %; of business news rightly in 96, 89 and 62 %.
 */
const LEAST_ODDS: Readonly<Record<Eagerness, number>> = { strict: 0.6, balanced: 0, eager: -0.7 }

const logOdds = (signals: Signals, weights: readonly number[]): number =>
  columns(signals).reduce((sum, column, place) => sum + column * weights[place]!, 0)

/** In a language without word vectors a tag is found by its name or not at all: then this is the least score. */
const LEAST_NAMED: Readonly<Record<Eagerness, number>> = { strict: 0.4, balanced: 0.25, eager: 0.2 }

/** Examples that are as sure as this of a tag. */
const LEAST_TAUGHT: Readonly<Record<Eagerness, number>> = { strict: 0.5, balanced: 0.3, eager: 0.2 }

/**
 * How far the nearest tag by an encoder has to stand out where the words of a text say nothing, and how much each unit over
 * what is usual counts where they do. With multilingual e5-small nine in ten of READMEs, of awesome-selfhosted, and of F-Droid
 * in Japanese stand higher than 3, and nine in ten of news beside those lists lower than 2.5.
 */
const LEAST_ENCODED: Readonly<Record<Eagerness, number>> = { strict: 3.8, balanced: 3.2, eager: 2.6 }
const USUAL_ENCODED = 4
const ENCODED_WEIGHT = 0.7

/** Whether a text is about anything on the list. */
export function isAbout(signals: Signals, eagerness: Eagerness, weights = WEIGHTS): boolean {
  const { best, taught, standing, encoded, isRead = true } = signals
  if (taught > 0 && taught >= LEAST_TAUGHT[eagerness]) return true
  if (encoded !== undefined && !isRead) return encoded >= LEAST_ENCODED[eagerness]
  if (best === 0) return false
  if (standing === undefined) return best >= LEAST_NAMED[eagerness]
  const byEncoder = encoded === undefined ? 0 : ENCODED_WEIGHT * (encoded - USUAL_ENCODED)
  return logOdds(signals, weights) + byEncoder >= LEAST_ODDS[eagerness]
}
