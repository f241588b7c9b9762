/** How much of what fits a text less than well is answered, and how much is left out. */
export const EAGERNESS = ['strict', 'balanced', 'eager'] as const
export type Eagerness = (typeof EAGERNESS)[number]

/** What tells whether a text is about anything on a list, whichever list that is. */
export interface Signals {
  /** The score of the best tag. */
  readonly best: number
  /** The same where the text names that tag, else 0. */
  readonly named: number
  /** What examples give the tag that they give most; 0 without any. */
  readonly taught: number
  /** How far the tag that a sentence encoder finds nearest stands over the background; undefined without an encoder. */
  readonly encoded?: number | undefined
  /** The cosine of the tag that is nearest in meaning, 0 where nothing is known. */
  readonly nearest: number
  /** The share of the words of the text that stand in the list. */
  readonly listed: number
  /** How many tags may score by chance: those with a word that has a vector. */
  readonly rivals: number
}

const LONG_LIST = 100
const SHORTEST_LIST = 4

/** In the order of WEIGHTS. */
export const columns = ({ best, nearest, listed, rivals }: Signals): readonly number[] => [
  1,
  Math.sqrt(best),
  nearest,
  Math.sqrt(listed),
  // Of few tags hardly any is near by chance.
  Math.max(0, Math.log10(LONG_LIST / Math.max(SHORTEST_LIST, rivals))),
]

/** Of a logistic regression over many lists, each as heavy as another: `npm run bench:ranker -- FOLDER` prints them. */
const WEIGHTS: readonly number[] = [-4.993, 4.109, 3.437, 2.632, 1.766]

/**
 * The least log odds of an answer. Over twelve sets, each with the weights of the other lists: wrongly [] in 27, 12 and 3 %
 * of awesome-selfhosted, rightly [] in 89, 70 and 45 % of business news beside the shipped list.
 */
const LEAST_ODDS: Readonly<Record<Eagerness, number>> = { strict: 0.5, balanced: -0.1, eager: -0.8 }

const logOdds = (signals: Signals, weights = WEIGHTS): number =>
  columns(signals).reduce((sum, column, place) => sum + column * weights[place]!, 0)

/**
 * A tag that is named, and scores this, is an answer whatever else the text is about: without this the shipped list by its
 * names alone loses 6 points of F1, and F-Droid 1.
 */
const LEAST_NAMED: Readonly<Record<Eagerness, number>> = { strict: 0.4, balanced: 0.25, eager: 0.2 }

/** Examples that are as sure as this of a tag. */
const LEAST_TAUGHT: Readonly<Record<Eagerness, number>> = { strict: 0.5, balanced: 0.3, eager: 0.2 }

/** Whether a text is about anything on the list. */
export const isAbout = (signals: Signals, eagerness: Eagerness, weights = WEIGHTS): boolean =>
  (signals.best > 0 || signals.taught > 0) &&
  (logOdds(signals, weights) >= LEAST_ODDS[eagerness] ||
    signals.named >= LEAST_NAMED[eagerness] ||
    signals.taught >= LEAST_TAUGHT[eagerness])
