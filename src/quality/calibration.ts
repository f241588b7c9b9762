import { z } from 'zod'
import type { Judged } from './evaluation/scores.ts'
import {
  brier,
  calibrationError,
  fitIsotonic,
  fitPlatt,
  readIsotonic,
  sigmoid,
  type Told,
} from './statistics/calibration.ts'
import { estimatedMean } from './statistics/estimates.ts'
import { binomialCdf } from './statistics/proportions.ts'
import { createRandom, shuffled } from './statistics/random.ts'

/** A tag of an answer, how sure the engine was of it, and whether it was right. */
export interface TagPair {
  readonly tag: string
  readonly confidence: number
  readonly right: boolean
}

/** From so many pairs on, isotonic regression no longer follows the noise. */
const enoughForIsotonic = 1_000
const fewestPairs = 50
/** A tag with fewer pairs keeps the map of all tags; with more, its own offset counts n / (n + this). */
const fewestOfTag = 10
const shrinkage = 20
const furthest = 1e-4

export const Calibration = z.strictObject({
  version: z.literal(1),
  /** What it holds for: another engine, model, prompt or list voids it. */
  of: z.strictObject({
    ...{ endpoint: z.string(), model: z.string(), prompt: z.string(), tag_list: z.string() },
    /** The hash of the settings that an answer depends on. */
    settings: z.string(),
  }),
  pairs: z.int(),
  map: z.union([
    z.strictObject({ kind: z.literal('platt'), slope: z.number(), offset: z.number() }),
    z.strictObject({ kind: z.literal('isotonic'), scores: z.array(z.number()), probabilities: z.array(z.number()) }),
  ]),
  /** In logits, by the spelling of the tag's id. */
  offsets: z.record(z.string(), z.number()),
  /** Null where no threshold keeps wrong answers as rare as they should be. */
  promise: z
    .strictObject({
      /** The wanted share of wrong answers, and the threshold above which it holds. */
      ...{ error: z.number(), review_below: z.number() },
      /** The share of answers that are above it, the share of those that were wrong, and how many they were. */
      ...{ coverage: z.number(), wrong: z.number(), accepted: z.int() },
    })
    .nullable(),
})
export type Calibration = z.infer<typeof Calibration>

const clipped = (probability: number) => Math.min(1 - furthest, Math.max(furthest, probability))
const logit = (probability: number) => Math.log(clipped(probability) / (1 - clipped(probability)))

/** Undefined when there are too few pairs, or all of them right or all wrong. */
export function fitCalibration(pairs: readonly TagPair[], of: Calibration['of']): Calibration | undefined {
  const rights = pairs.filter(({ right }) => right).length
  if (pairs.length < fewestPairs || rights === 0 || rights === pairs.length) return undefined
  const labelled = pairs.map(({ confidence, right }) => ({ score: logit(confidence), right }))
  const map: Calibration['map'] =
    pairs.length < enoughForIsotonic
      ? { kind: 'platt', ...fitPlatt(labelled) }
      : { kind: 'isotonic', ...fitIsotonic(labelled) }
  const pooled: Calibration = { version: 1, of, pairs: pairs.length, map, offsets: {}, promise: null }
  const offsets = [...Map.groupBy(pairs, ({ tag }) => tag)].flatMap(([tag, own]) =>
    own.length < fewestOfTag ? [] : [[tag, offsetOf(own, pooled) * (own.length / (own.length + shrinkage))] as const],
  )
  return { ...pooled, offsets: Object.fromEntries(offsets) }
}

/** How far the pooled map is off for a tag: one right and one wrong answer more keep it finite. */
function offsetOf(own: readonly TagPair[], pooled: ConfidenceMap): number {
  const expected = own.reduce((sum, { tag, confidence }) => sum + calibrated(pooled, tag, confidence), 0)
  const rights = own.filter(({ right }) => right).length
  const share = (count: number) => (count + 1) / (own.length + 2)
  return logit(share(rights)) - logit(share(expected))
}

type ConfidenceMap = Pick<Calibration, 'map' | 'offsets'>

export function calibrated({ map, offsets }: ConfidenceMap, tag: string, confidence: number): number {
  const score = logit(confidence)
  const pooled = map.kind === 'platt' ? sigmoid(map.slope * score + map.offset) : readIsotonic(map, score)
  const offset = offsets[tag]
  return offset === undefined ? pooled : sigmoid(logit(pooled) + offset)
}

export const quality = (told: readonly Told[]) => ({ ece: calibrationError(told), brier: brier(told) })

/** The tags of an evaluation that came with a confidence. */
export const pairsOf = (documents: readonly Judged[]): TagPair[] =>
  documents.flatMap(({ given, expected, acceptable, confidences }) =>
    given.flatMap((tag, place) => {
      const confidence = confidences[place]
      const right = expected.includes(tag) || acceptable.includes(tag)
      return typeof confidence === 'number' ? [{ tag, confidence, right }] : []
    }),
  )

/** An evaluation with the confidences that a map gives which was fitted to other documents. */
export interface HeldOut {
  readonly told: readonly Told[]
  readonly answers: readonly (AnswerPair & Pick<Judged, 'id'>)[]
}

const folds = 5

/**
 * Each fifth of the documents under the map of the four others: what a map does for the texts it was fitted to says
 * little of others. Documents of a group stay together. Undefined where a part has too few pairs.
 */
export function heldOut(documents: readonly Judged[], of: Calibration['of']): HeldOut | undefined {
  const groups = [...new Set(documents.map(({ id, group }) => group ?? `id ${id}`))]
  const order = new Map(shuffled(groups, createRandom(1)).map((group, place) => [group, place % folds]))
  const foldOf = ({ id, group }: Judged) => order.get(group ?? `id ${id}`)!
  const told: Told[] = []
  const answers: HeldOut['answers'][number][] = []
  for (let fold = 0; fold < folds; fold += 1) {
    const map = fitCalibration(pairsOf(documents.filter(document => foldOf(document) !== fold)), of)
    if (!map) return undefined
    for (const document of documents.filter(one => foldOf(one) === fold)) {
      const pairs = pairsOf([document])
      const probable = pairs.map(({ tag, confidence, right }) => ({
        probability: calibrated(map, tag, confidence),
        right,
      }))
      told.push(...probable)
      const confidence = Math.min(...probable.map(({ probability }) => probability))
      if (pairs.length > 0) answers.push({ id: document.id, confidence, wrong: pairs.some(({ right }) => !right) })
    }
  }
  return { told, answers }
}

/** An answer as a whole: as sure as of its least sure tag, and wrong when one of its tags is. */
export interface AnswerPair {
  readonly confidence: number
  readonly wrong: boolean
}

const steps = 100
/** Tests begin with the fewest answers that could pass, with twice and with four times as many. */
const starts = [1, 2, 4]

export type Promise95 = NonNullable<Calibration['promise']>

/**
 * The lowest threshold above which at most a share `error` of answers is wrong, with 95 % confidence on data like these.
 * Which thresholds are tested, and in which order, is told by the confidences alone, before it is known what is right;
 * they are tested downwards until one fails, and the risk is divided among the places where that starts (learn then
 * test). Undefined when no threshold can be promised.
 */
export function promisedThreshold(answers: readonly AnswerPair[], error: number): Promise95 | undefined {
  const risk = 0.05 / starts.length
  const fewest = Math.ceil(Math.log(risk) / Math.log1p(-error))
  const sorted = answers.toSorted((left, right) => right.confidence - left.confidence)
  const tested = Array.from({ length: steps + 1 }, (_, step) => {
    const threshold = (steps - step) / steps
    const first = sorted.findIndex(({ confidence }) => confidence < threshold)
    return { threshold, size: first === -1 ? sorted.length : first }
  }).filter(({ size }, place, all) => size >= fewest && size > (all[place - 1]?.size ?? 0))
  let best: Promise95 | undefined
  for (const start of starts) {
    for (const { threshold, size } of tested.filter(({ size }) => size >= start * fewest)) {
      const wrong = sorted.slice(0, size).filter(answer => answer.wrong).length
      // The exact bound (Clopper and Pearson) is under the wanted share when so few wrong ones are this unlikely at it.
      if (binomialCdf(wrong, size, error) > risk) break
      if (best === undefined || size > best.accepted)
        best = { error, review_below: threshold, coverage: size / answers.length, wrong: wrong / size, accepted: size }
    }
  }
  return best
}

/**
 * What set F1 loses over all documents where the accepted answers stand in the place of another engine's, with its 95 %
 * interval. Undefined where the other one was not asked about the same documents.
 */
export function expectedLoss(
  documents: readonly Judged[],
  { other, accepted }: { readonly other: readonly Judged[]; readonly accepted: ReadonlySet<string> },
) {
  const theirs = new Map(other.map(({ id, f1 }) => [id, f1]))
  const shared = documents.filter(({ id }) => theirs.has(id))
  if (shared.length === 0) return undefined
  const losses = shared.map(({ id, f1 }) => (accepted.has(id) ? theirs.get(id)! - f1 : 0))
  return estimatedMean(losses, { groups: shared.map(({ group }) => group) })
}
