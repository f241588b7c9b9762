import { type Estimate, estimatedMean } from '../statistics/estimates.ts'
import { holm, mcnemar } from '../statistics/proportions.ts'
import { signFlip, smallestDifference } from '../statistics/resampling.ts'
import type { Judged } from './scores.ts'

export interface Comparison {
  readonly variant: string
  readonly with: string
  /** Of set F1, over the documents that both have. */
  readonly difference: Estimate
  readonly p: number
  /** Of all comparisons that were made. */
  readonly adjusted_p: number
  readonly first_right: { readonly only_this: number; readonly only_other: number; readonly p: number }
  /** The smallest difference that a set of this size shows four times of five. */
  readonly smallest_difference: number
}

interface Named {
  readonly name: string
  readonly documents: readonly Judged[]
}

const firstIsRight = ({ given, expected }: Judged) => given[0] !== undefined && expected.includes(given[0])

/** Each against the base, document by document. */
export function compareAll(variants: readonly Named[], base: Named): Comparison[] {
  const compared = variants.map(variant => compare(variant, base))
  const adjusted = holm(compared.map(({ p }) => p))
  return compared.map((comparison, place) => ({ ...comparison, adjusted_p: adjusted[place]! }))
}

function compare({ name, documents }: Named, base: Named): Omit<Comparison, 'adjusted_p'> {
  const others = new Map(base.documents.map(document => [document.id, document]))
  const pairs = documents.flatMap(one => {
    const other = others.get(one.id)
    return other ? [{ one, other }] : []
  })
  const differences = pairs.map(({ one, other }) => one.f1 - other.f1)
  const groups = pairs.map(({ one }) => one.group)
  const about = pairs.filter(({ one }) => one.expected.length > 0)
  const only_this = about.filter(({ one, other }) => firstIsRight(one) && !firstIsRight(other)).length
  const only_other = about.filter(({ one, other }) => !firstIsRight(one) && firstIsRight(other)).length
  return {
    ...{ variant: name, with: base.name },
    difference: estimatedMean(differences, { groups }),
    p: signFlip(differences),
    first_right: { only_this, only_other, p: mcnemar(only_this, only_other) },
    smallest_difference: smallestDifference(differences),
  }
}
