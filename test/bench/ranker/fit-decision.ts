import type { Tag } from '../../../src/core/tags/tag-list.ts'
import { readText } from '../../../src/documents/index.ts'
import { columns, type Signals } from '../../../src/ranker/decision.ts'
import type { WordVectors } from '../../../src/ranker/meaning/word-vectors.ts'
import { createScorer } from '../../../src/ranker/scoring.ts'
import { listOf } from '../../support/tag-lists.ts'
import { createRandom } from '../resampling.ts'
import type { LabelledSet, LabelledText } from './labelled-sets.ts'

interface Row {
  readonly list: string
  /** Rows of a group weigh one together. */
  readonly group: string
  readonly columns: readonly number[]
  readonly isAbout: boolean
}

/** What a list is told from others by: sets that share it are left out together. */
export const listKey = ({ tags }: LabelledSet): string => JSON.stringify(tags.map(({ id, name }) => [id, name]))

const TEXTS_OF_OTHERS = 80
const SHORT_LISTS = 40
const SHORT_SIZES = [4, 6, 8, 12]
const SHORT_TEXTS = 6
const REGULARIZATION = 0.03
/** Of the texts of a list, on average over the lists, as many are wrongly answered []. */
const WRONGLY_NONE = 0.11

/**
 * What the decision is fitted on: the texts of every list; those of other sets that are about no tag, beside it; and short
 * pieces of the list, every other by its names alone, with texts of both kinds.
 */
export function decisionRows(sets: readonly LabelledSet[], vectors: WordVectors): Row[] {
  const random = createRandom(7)
  const sample = <Item>(items: readonly Item[], count: number): Item[] =>
    items
      .map(item => ({ item, key: random() }))
      .sort((left, right) => left.key - right.key)
      .slice(0, count)
      .map(({ item }) => item)
  const rows: Row[] = []
  const read = (
    list: string,
    group: string,
    tags: readonly Tag[],
    texts: readonly LabelledText[],
    isAbout: boolean,
  ) => {
    const scorer = createScorer(listOf(tags), { vectors })
    for (const { text } of texts) {
      const signals: Signals = scorer.score(text, readText(text)).signals()
      rows.push({ list, group, columns: columns(signals), isAbout })
    }
  }
  const none = sets.filter(({ texts }) => texts.every(({ tags }) => tags.length === 0))
  for (const set of sets) {
    const list = listKey(set)
    const about = set.texts.filter(({ tags }) => tags.length > 0)
    if (about.length === 0) {
      // As those of other sets: a list with many of them is no heavier than another.
      read(list, `own < ${set.name}`, set.tags, set.texts, false)
      continue
    }
    read(list, set.name, set.tags, about, true)
    const others = none.filter(other => listKey(other) !== list)
    for (const other of others)
      read(list, `${set.name} < ${other.name}`, set.tags, sample(other.texts, TEXTS_OF_OTHERS), false)
    for (let piece = 0; piece < SHORT_LISTS && others.length > 0; piece += 1) {
      const some = sample(set.tags, SHORT_SIZES[piece % SHORT_SIZES.length]!)
      const tags = piece % 2 === 0 ? some : some.map(({ id, name }) => ({ id, name }))
      const ids = new Set(tags.map(({ id }) => id))
      const fitting = about.filter(text => text.tags.some(id => ids.has(id)))
      read(list, `short ${set.name}`, tags, sample(fitting, SHORT_TEXTS), true)
      const other = others[piece % others.length]!
      read(list, `short ${set.name} < others`, tags, sample(other.texts, SHORT_TEXTS), false)
    }
  }
  return rows
}

/**
 * The weights of a logistic regression, by Newton's method; both answers weigh the same, and within them every group. Last,
 * the odds are moved so that 0 is where the balance is wanted: so that is fitted on the same lists too.
 */
export function fitDecision(rows: readonly Row[]): number[] {
  const width = rows[0]!.columns.length
  const sizes = new Map<string, number>()
  for (const { group } of rows) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const share = (row: Row): number =>
    (row.group.startsWith('short') ? 0.5 : row.group.includes('<') ? 0.3 : 1) / sizes.get(row.group)!
  const totals = [false, true].map(answer =>
    rows.filter(row => row.isAbout === answer).reduce((sum, row) => sum + share(row), 0),
  )
  const column = (at: number) => rows.map(row => row.columns[at]!)
  const means = Array.from({ length: width }, (_, at) => (at === 0 ? 0 : average(column(at))))
  const spreads = means.map((mean, at) =>
    at === 0 ? 1 : Math.sqrt(average(column(at).map(value => (value - mean) ** 2))) || 1,
  )
  const scaled = rows.map(row => row.columns.map((value, at) => (value - means[at]!) / spreads[at]!))
  const weights = rows.map(row => (0.5 * share(row)) / totals[row.isAbout ? 1 : 0]!)
  const found = new Array<number>(width).fill(0)
  for (let round = 0; round < 30; round += 1) {
    const slope = found.map((value, at) => (at === 0 ? 0 : REGULARIZATION * value))
    const bend = found.map((_, at) => found.map((_, other) => (at === other && at > 0 ? REGULARIZATION : 1e-9)))
    scaled.forEach((values, index) => {
      const chance = 1 / (1 + Math.exp(-values.reduce((sum, value, at) => sum + value * found[at]!, 0)))
      for (let at = 0; at < width; at += 1) {
        slope[at]! += weights[index]! * (chance - (rows[index]!.isAbout ? 1 : 0)) * values[at]!
        for (let other = 0; other < width; other += 1)
          bend[at]![other]! += weights[index]! * chance * (1 - chance) * values[at]! * values[other]!
      }
    })
    solve(bend, slope).forEach((step, at) => {
      found[at]! -= step
    })
  }
  const plain = found.map((value, at) => value / spreads[at]!)
  plain[0] = found[0]! - plain.reduce((sum, value, at) => (at === 0 ? sum : sum + value * means[at]!), 0)
  plain[0] -= balanceOf(rows, plain)
  return plain
}

function balanceOf(rows: readonly Row[], weights: readonly number[]): number {
  const lists = new Map<string, number[]>()
  for (const { list, group, columns, isAbout } of rows) {
    if (!isAbout || group.startsWith('short')) continue
    const odds = columns.reduce((sum, value, at) => sum + value * weights[at]!, 0)
    lists.set(list, [...(lists.get(list) ?? []), odds])
  }
  const wrong = (least: number): number =>
    average([...lists.values()].map(odds => odds.filter(value => value < least).length / odds.length))
  let [low, high] = [-10, 10]
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2
    if (wrong(middle) < WRONGLY_NONE) low = middle
    else high = middle
  }
  return low
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Gauss and Jordan, for a handful of unknowns of a positive matrix. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at]!])
  for (const [pivot, row] of rows.entries()) {
    const divisor = row[pivot]!
    for (let at = 0; at < row.length; at += 1) row[at]! /= divisor
    for (const other of rows) {
      if (other === row) continue
      const factor = other[pivot]!
      for (let at = 0; at < row.length; at += 1) other[at]! -= factor * row[at]!
    }
  }
  return rows.map(row => row.at(-1)!)
}
