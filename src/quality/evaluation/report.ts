import { heldOut, type Promise95, promisedThreshold } from '../calibration.ts'
import { calibrationError, reliability, type Told } from '../statistics/calibration.ts'
import type { Estimate } from '../statistics/estimates.ts'
import { type Comparison, compareAll } from './compare.ts'
import type { GateResult } from './gates.ts'
import type { GoldDocument } from './gold.ts'
import type { VariantRun } from './run-variants.ts'
import { changedBy, fewestDocuments, type Judged, scoreTags, summarise, suspects } from './scores.ts'

/** How many answers are wrong, of those that are as sure as the surest so many. */
export interface Risk {
  readonly coverage: number
  readonly wrong: number
}

export interface ReportedVariant extends VariantRun {
  readonly summary: ReturnType<typeof summarise>
  readonly tags: ReturnType<typeof scoreTags>
  readonly calibration: { readonly error: number; readonly bins: ReturnType<typeof reliability> } | null
  /** Once calibrated on other documents; null where too few have a confidence. */
  readonly risk: {
    readonly curve: readonly Risk[]
    /** For each share of wrong answers the threshold that keeps them so rare, null where there is none. */
    readonly thresholds: readonly { readonly error: number; readonly promise: Promise95 | null }[]
  } | null
  readonly suspects: readonly string[]
  /** How often another order of the list changes an answer; null where none was tried. */
  readonly order_changes: Estimate | null
}

/** All that an evaluation says, as it is written to `--json`. */
export interface Report {
  readonly version: 1
  readonly gold: { readonly name: string; readonly documents: number; readonly hash: string }
  readonly seed: number
  /** What the tags are called. */
  readonly names: Readonly<Record<string, string>>
  readonly variants: readonly ReportedVariant[]
  readonly comparisons: readonly Comparison[]
  readonly gates: readonly GateResult[]
}

function told(documents: readonly Judged[]): Told[] {
  return documents.flatMap(({ given, expected, confidences }) =>
    given.flatMap((tag, place) => {
      const probability = confidences[place]
      return typeof probability === 'number' ? [{ probability, right: expected.includes(tag) }] : []
    }),
  )
}

/** `shuffled` are the runs under other orders of the list, as many for each of the runs. */
export function reportVariants(runs: readonly VariantRun[], shuffled: readonly VariantRun[] = []): ReportedVariant[] {
  const orders = shuffled.length / runs.length
  return runs.map((run, place) => {
    const pairs = told(run.documents)
    return {
      ...run,
      summary: summarise(run.documents),
      tags: scoreTags(run.documents),
      calibration:
        pairs.length >= fewestDocuments ? { error: calibrationError(pairs), bins: reliability(pairs) } : null,
      risk: riskOf(run),
      suspects: suspects(run.documents).map(({ document }) => document.id),
      order_changes: changedBy(
        run.documents,
        shuffled.slice(place * orders, (place + 1) * orders).map(({ documents }) => documents),
      ),
    }
  })
}

const wantedErrors = [0.05, 0.1, 0.2]

function riskOf({ documents, of }: VariantRun): ReportedVariant['risk'] {
  const answers = heldOut(documents, of)?.answers
  if (answers === undefined) return null
  let wrong = 0
  const surest = answers.toSorted((left, right) => right.confidence - left.confidence)
  const curve = surest.flatMap((answer, place) => {
    wrong += Number(answer.wrong)
    // Answers that are equally sure come together or not at all.
    if (surest[place + 1]?.confidence === answer.confidence) return []
    return [{ coverage: (place + 1) / surest.length, wrong: wrong / (place + 1) }]
  })
  const thresholds = wantedErrors.map(error => ({ error, promise: promisedThreshold(answers, error) ?? null }))
  return { curve, thresholds }
}

export const thresholdsInWords = ({ risk }: ReportedVariant): string[] =>
  (risk?.thresholds ?? []).map(({ error, promise }) =>
    promise
      ? `at most ${percent(error)} % wrong: review below ${promise.review_below.toFixed(2)} once calibrated, ${percent(promise.coverage)} % need no look`
      : `at most ${percent(error)} % wrong: no threshold can be promised`,
  )

export function comparisonsOf(
  variants: readonly ReportedVariant[],
  baseline: Pick<Report, 'variants'> | undefined,
): Comparison[] {
  const [first, ...others] = variants
  const known = baseline?.variants
  if (known) {
    const base = known.find(({ name }) => name === first?.name) ?? known[0]
    return base ? compareAll(variants, { ...base, name: `${base.name} of the baseline` }) : []
  }
  return first ? compareAll(others, first) : []
}

export interface Words {
  readonly names: ReadonlyMap<string, string>
  readonly documents: ReadonlyMap<string, GoldDocument>
}

export const percent = (share: number): string => (100 * share).toFixed(1)
export const interval = ({ low, high, size }: Omit<Estimate, 'value'>): string =>
  size < fewestDocuments ? `too few (${size})` : `${percent(low)} to ${percent(high)}`

const pInWords = (p: number): string => (p < 0.001 ? 'under 0.001' : p.toFixed(3))

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, sign => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!)

/** Name, value and interval of each measure, in the order of a report. */
export function rowsOf({
  summary,
  order_changes,
}: ReportedVariant): (readonly [name: string, value: string, range: string])[] {
  const { cost_usd } = summary
  const shares = [
    ['set F1', summary.set_f1],
    ['precision', summary.precision],
    ['recall', summary.recall],
    ['lenient precision', summary.lenient_precision],
    ['first tag right', summary.first_right],
    ['any tag right', summary.any_right],
    ...summary.recall_at.map((recall, place) => [`recall at ${place + 1}`, recall] as const),
    ['exact set', summary.exact],
    ['"nothing fits" found', summary.nothing_fits_found],
    ['empty by mistake', summary.empty_by_mistake],
    ...(order_changes ? [['changed by another order', order_changes] as const] : []),
    ['invalid replies', summary.invalid_replies],
    ['asked again', summary.asked_again],
    ['failed', summary.failed],
  ] as const
  return [
    ...shares.map(([name, found]) => [name, found.size === 0 ? '–' : percent(found.value), interval(found)] as const),
    ['shortlist recall', percent(summary.shortlist_recall), ''],
    ['tags a document', summary.tags_per_document.toFixed(2), ''],
    ['tokens in / out', `${summary.input_tokens} / ${summary.output_tokens}`, ''],
    ['cost', cost_usd === null ? 'not known' : `$${cost_usd.toFixed(4)}`, ''],
    ['median / 95 % ms', `${summary.median_ms.toFixed(0)} / ${summary.slow_ms.toFixed(0)}`, ''],
  ]
}

export const comparisonInWords = ({
  variant,
  with: base,
  difference,
  p,
  adjusted_p,
  first_right,
  ...rest
}: Comparison): string =>
  `${variant} against ${base}: ${percent(difference.value)} points of set F1 (${interval(difference)}), p ${pInWords(p)}, ` +
  `${pInWords(adjusted_p)} over all comparisons; first tag right in ${first_right.only_this} documents more and ` +
  `${first_right.only_other} fewer (p ${pInWords(first_right.p)}); this set shows differences from ${percent(rest.smallest_difference)} points`

/** The smallest difference that a set shows when two answers differ by as much as usual. */
const usualSpread = 0.25
export const powerOf = (documents: number): string =>
  `Two prompts on these ${documents} documents can be told apart from about ${percent((2.8016 * usualSpread) / Math.sqrt(documents))} points of set F1.`
