import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  brier,
  calibrationError,
  fitIsotonic,
  fitPlatt,
  readIsotonic,
  sigmoid,
} from '../../src/quality/statistics/calibration.ts'
import { binomialCdf, holm, mcnemar, wilson } from '../../src/quality/statistics/proportions.ts'
import { createRandom, shuffled } from '../../src/quality/statistics/random.ts'
import { bootstrap, signFlip, smallestDifference } from '../../src/quality/statistics/resampling.ts'
import { setScore } from '../../src/quality/statistics/sets.ts'

interface Fixtures {
  readonly sets: readonly { given: number[][]; expected: number[][]; scores: number[][] }[]
  readonly proportions: readonly {
    readonly hits: number
    readonly total: number
    readonly wilson: number[]
    readonly risk: number
    readonly upper: number
    readonly discordant: [number, number]
    readonly mcnemar: number
  }[]
  readonly resampling: readonly {
    readonly values: number[]
    readonly picks: number[][]
    readonly interval: number[]
    readonly differences: number[]
    readonly p: number
  }[]
  readonly calibration: readonly {
    readonly scores: number[]
    readonly right: number[]
    readonly brier: number
    readonly bins: number
    readonly ece: number
    readonly asked: number[]
    readonly isotonic: number[]
    readonly platt: number[]
  }[]
}
const fixtures: Fixtures = JSON.parse(readFileSync('test/fixtures/statistics.json', 'utf8'))
const near = (value: number) => expect.closeTo(value, 9)

test('precision, recall and F1 of sets are those of scikit-learn, of empty ones as well', () => {
  const setOf = (row: readonly number[]) => new Set(row.flatMap((is, place) => (is === 1 ? [String(place)] : [])))
  let empty = 0
  for (const { given, expected, scores } of fixtures.sets) {
    for (const [row, [precision, recall, f1]] of scores.entries()) {
      const [one, other] = [setOf(given[row]!), setOf(expected[row]!)]
      if (one.size === 0 || other.size === 0) empty += 1
      expect(setScore(one, other)).toEqual({ precision: near(precision!), recall: near(recall!), f1: near(f1!) })
    }
  }
  expect(empty).toBeGreaterThan(50)
})

test("Wilson's interval, the bound of Clopper and Pearson and McNemar's test are those of SciPy", () => {
  for (const { hits, total, wilson: ends, risk, upper, discordant, mcnemar: p } of fixtures.proportions) {
    expect(wilson(hits, total)).toEqual({ low: near(ends[0]!), high: near(ends[1]!) })
    if (hits < total) expect(binomialCdf(hits, total, upper)).toEqual(near(risk))
    expect(mcnemar(...discordant)).toEqual(near(p))
  }
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 })
  expect([binomialCdf(3, 3, 0.2), binomialCdf(-1, 3, 0.2), binomialCdf(1, 3, 0), binomialCdf(1, 3, 1)]).toEqual([
    1, 0, 1, 0,
  ])
})

test('the bootstrap interval is that of NumPy for the same draws, and the sign flips those of SciPy', () => {
  for (const { values, picks, interval, differences, p } of fixtures.resampling) {
    const drawn = picks
      .flat()
      .map(pick => (pick + 0.5) / values.length)
      [Symbol.iterator]()
    const found = bootstrap(values, { draws: picks.length, random: () => drawn.next().value! })
    expect(found).toEqual({ low: near(interval[0]!), high: near(interval[1]!) })
    expect(signFlip(differences)).toEqual(near(p))
  }
})

test('Brier score, calibration error, isotonic regression and Platt scaling are those of scikit-learn and SciPy', () => {
  for (const { scores, right, asked, bins, ...expected } of fixtures.calibration) {
    const pairs = scores.map((score, place) => ({ score, right: right[place] === 1 }))
    const told = pairs.map(({ score, right }) => ({ probability: score, right }))
    expect(brier(told)).toEqual(near(expected.brier))
    expect(calibrationError(told, bins)).toEqual(near(expected.ece))
    const isotonic = fitIsotonic(pairs)
    expect(asked.map(score => readIsotonic(isotonic, score))).toEqual(expected.isotonic.map(near))
    const { slope, offset } = fitPlatt(pairs)
    expect(asked.map(score => sigmoid(slope * score + offset))).toEqual(expected.platt.map(near))
  }
})

test('many flips are drawn, and come near to what all of them say', () => {
  const differences = Array.from({ length: 30 }, (_, place) => (place % 3 === 0 ? -0.2 : 0.25))
  expect(signFlip(differences)).toBeLessThan(0.05)
  expect(signFlip(differences.map((value, place) => (place % 2 === 0 ? value : -value)))).toBeGreaterThan(0.3)
  expect(signFlip([0, 0])).toBe(1)
})

test('values of a group are drawn together, which widens the interval', () => {
  const values = Array.from({ length: 60 }, (_, place) => (place % 20 < 10 ? 1 : 0))
  const alone = bootstrap(values)
  const grouped = bootstrap(values, { groups: values.map((_, place) => `g${Math.floor(place / 10)}`) })
  expect(grouped.high - grouped.low).toBeGreaterThan(1.5 * (alone.high - alone.low))
  expect(bootstrap(values)).toEqual(alone)
})

test('p values are adjusted for how many there are, and stay in order', () => {
  expect(holm([0.01, 0.04, 0.03]).map(value => Math.round(value * 1e6) / 1e6)).toEqual([0.03, 0.06, 0.06])
  expect(holm([])).toEqual([])
})

test('the smallest difference that can be found shrinks with the root of the number of documents', () => {
  const differences = (size: number) => Array.from({ length: size }, (_, place) => (place % 2 === 0 ? 0.25 : -0.25))
  expect(smallestDifference(differences(300)) / smallestDifference(differences(1_200))).toBeCloseTo(2, 1)
  expect(smallestDifference(differences(300))).toBeCloseTo(0.0405, 3)
})

test('the same seed shuffles the same, and loses nothing', () => {
  const items = Array.from({ length: 50 }, (_, index) => index)
  const once = shuffled(items, createRandom(7))
  expect(shuffled(items, createRandom(7))).toEqual(once)
  expect(shuffled(items, createRandom(8))).not.toEqual(once)
  expect(once.toSorted((left, right) => left - right)).toEqual(items)
})
