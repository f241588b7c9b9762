import type { TagId } from '../../../src/core/tags/tag-list.ts'
import type { LabelledText } from './labelled-sets.ts'

/** What a ranker says of one text. */
export interface Answer {
  /** Best first, as many as are to be measured. */
  readonly ranked: readonly TagId[]
  /** After the cut. */
  readonly selected: readonly TagId[]
}

export interface Quality {
  readonly firstRight: number
  /** Of the three best ranked, without the cut. */
  readonly f1AtThree: number
  readonly precision: number
  readonly recall: number
  readonly f1: number
  /** Share of the selected tags that are best or acceptable. */
  readonly lenientPrecision: number
  readonly selectedTags: number
  /** Texts about none of the tags, and how many of them got none. */
  readonly none: { readonly texts: number; readonly right: number }
}

const MOST = 3

function agreement(answer: readonly TagId[], gold: ReadonlySet<TagId>) {
  const hits = answer.filter(tag => gold.has(tag)).length
  const precision = answer.length === 0 ? 0 : hits / answer.length
  const recall = hits / Math.min(MOST, gold.size)
  return { precision, recall, f1: hits === 0 ? 0 : (2 * precision * recall) / (precision + recall) }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / (values.length || 1)

/** Averages over texts; texts about none of the tags are counted apart. */
export function quality(texts: readonly LabelledText[], answers: readonly Answer[]): Quality {
  const rows = texts.map((text, index) => ({ text, gold: new Set(text.tags), answer: answers[index]! }))
  const about = rows.filter(({ gold }) => gold.size > 0)
  const none = rows.filter(({ gold }) => gold.size === 0)
  const cut = about.map(({ gold, answer }) => agreement(answer.selected.slice(0, MOST), gold))
  return {
    firstRight: mean(about.map(({ gold, answer }) => (gold.has(answer.ranked[0]!) ? 1 : 0))),
    f1AtThree: mean(about.map(({ gold, answer }) => agreement(answer.ranked.slice(0, MOST), gold).f1)),
    precision: mean(cut.map(({ precision }) => precision)),
    recall: mean(cut.map(({ recall }) => recall)),
    f1: mean(cut.map(({ f1 }) => f1)),
    lenientPrecision: mean(
      about.map(
        ({ text, answer }) => agreement(answer.selected, new Set([...text.tags, ...text.acceptable])).precision,
      ),
    ),
    selectedTags: mean(about.map(({ answer }) => answer.selected.length)),
    none: { texts: none.length, right: none.filter(({ answer }) => answer.selected.length === 0).length },
  }
}

/** The share of the best tags among the first `size` of a list of candidates. */
export const recallAt = (
  size: number,
  texts: readonly LabelledText[],
  candidates: readonly (readonly TagId[])[],
): number =>
  mean(
    texts.flatMap(({ tags }, index) => {
      if (tags.length === 0) return []
      const kept = new Set(candidates[index]!.slice(0, size))
      return [tags.filter(tag => kept.has(tag)).length / Math.min(size, tags.length)]
    }),
  )

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
