import { expect, test } from 'vitest'
import {
  type AnswerPair,
  calibrated,
  fitCalibration,
  heldOut,
  pairsOf,
  promisedThreshold,
  quality,
  type TagPair,
} from '../../src/quality/calibration.ts'
import type { Judged } from '../../src/quality/evaluation/scores.ts'
import { createRandom } from '../../src/quality/statistics/random.ts'

const of = { endpoint: 'e', model: 'm', prompt: 'p@1', tag_list: 'v', settings: 's' }
const sigmoid = (value: number) => 1 / (1 + Math.exp(-value))

/** Feedback on an engine that is too sure of itself, and surer still of some tags. */
function simulated(count: number, seed: number): TagPair[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => {
    const place = Math.floor(random() * 20)
    const logit = 4 * random() - 2
    return {
      tag: `t${place}`,
      confidence: sigmoid(2 * logit + 2 + (place < 3 ? 1.5 : 0)),
      right: random() < sigmoid(logit),
    }
  })
}

const told = (pairs: readonly TagPair[], confidence: (pair: TagPair) => number) =>
  pairs.map(pair => ({ probability: confidence(pair), right: pair.right }))

test.each([
  [300, 'platt'],
  [3_000, 'isotonic'],
])('calibrated on %i pairs, by %s, held-out confidences are off by half or less', (count, kind) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const calibration = fitCalibration(simulated(count, seed), of)!
    expect(calibration.map.kind).toBe(kind)
    const heldOut = simulated(5_000, seed + 100)
    const before = quality(told(heldOut, ({ confidence }) => confidence))
    const after = quality(told(heldOut, ({ tag, confidence }) => calibrated(calibration, tag, confidence)))
    expect(after.ece).toBeLessThan(before.ece / 2)
    expect(after.brier).toBeLessThan(before.brier)
  }
})

test('a tag with too little data keeps the map of all tags, and one with more is moved by a part of what is off', () => {
  const pairs = simulated(400, 7)
  const few = Array.from({ length: 9 }, () => ({ tag: 'few', confidence: 0.9, right: false }))
  const many = Array.from({ length: 40 }, () => ({ tag: 'many', confidence: 0.9, right: false }))
  const calibration = fitCalibration([...pairs, ...few, ...many], of)!
  expect(calibration.offsets.few).toBeUndefined()
  expect(calibration.offsets.many).toBeLessThan(-0.5)
  expect(calibrated(calibration, 'few', 0.9)).toBe(calibrated({ ...calibration, offsets: {} }, 'few', 0.9))
  expect(calibrated(calibration, 'many', 0.9)).toBeLessThan(calibrated(calibration, 'few', 0.9))
})

test('nothing is fitted to too few pairs, or to pairs that are all right', () => {
  expect(fitCalibration(simulated(49, 1), of)).toBeUndefined()
  expect(
    fitCalibration(
      simulated(400, 1).map(pair => ({ ...pair, right: true })),
      of,
    ),
  ).toBeUndefined()
})

test('calibrated confidences stay between 0 and 1 and keep the order, at both ends as well', () => {
  for (const count of [300, 3_000]) {
    const calibration = fitCalibration(simulated(count, 3), of)!
    const found = [0, 0.001, 0.2, 0.5, 0.9, 0.999, 1].map(confidence => calibrated(calibration, 'none', confidence))
    expect(found).toEqual(found.toSorted((left, right) => left - right))
    for (const probability of found) expect(probability >= 0 && probability <= 1).toBe(true)
  }
})

/** Answers of an engine that means what it says. */
function answers(count: number, random: () => number): AnswerPair[] {
  return Array.from({ length: count }, () => {
    const confidence = random() ** 0.4
    return { confidence, wrong: random() > confidence }
  })
}

test.each([
  [0.1, 2_000],
  [0.2, 500],
])(
  'an error rate of %d, promised on %i answers, holds on held-out answers in at least 95 of 100 splits',
  (error, count) => {
    let kept = 0
    let promised = 0
    for (let seed = 1; seed <= 100; seed += 1) {
      const random = createRandom(seed)
      const promise = promisedThreshold(answers(count, random), error)
      if (promise === undefined) {
        kept += 1
        continue
      }
      promised += 1
      const accepted = answers(20_000, random).filter(({ confidence }) => confidence >= promise.review_below)
      kept += accepted.filter(({ wrong }) => wrong).length <= error * accepted.length ? 1 : 0
    }
    expect(kept).toBeGreaterThanOrEqual(95)
    expect(promised).toBeGreaterThanOrEqual(90)
  },
)

/** Documents of that engine, of one or two tags each. */
function documentsOf(count: number, seed: number): Judged[] {
  const pairs = simulated(2 * count, seed)
  return Array.from({ length: count }, (_, place) => {
    const own = pairs.slice(2 * place, 2 * place + 1 + (place % 2))
    const document: Pick<Judged, 'id' | 'group' | 'given' | 'expected' | 'acceptable' | 'confidences'> = {
      ...{ id: `d${place}`, group: null, acceptable: [] },
      given: own.map(({ tag }) => tag),
      expected: own.filter(({ right }) => right).map(({ tag }) => tag),
      confidences: own.map(({ confidence }) => confidence),
    }
    return document as Judged
  })
}

test('an error rate that calibrate promises of an engine which is too sure holds for other texts in at least 95 of 100 splits', () => {
  const error = 0.35
  let kept = 0
  let promised = 0
  for (let seed = 1; seed <= 100; seed += 1) {
    const documents = documentsOf(600, seed)
    const held = heldOut(documents, of)!
    const promise = promisedThreshold(held.answers, error)
    const calibration = fitCalibration(pairsOf(documents), of)!
    promised += promise ? 1 : 0
    const accepted = documentsOf(2_000, seed + 1_000)
      .map(document => pairsOf([document]))
      .filter(pairs =>
        pairs.every(({ tag, confidence }) => calibrated(calibration, tag, confidence) >= (promise?.review_below ?? 2)),
      )
    const wrong = accepted.filter(pairs => pairs.some(({ right }) => !right)).length
    kept += wrong <= error * accepted.length ? 1 : 0
  }
  expect(kept).toBeGreaterThanOrEqual(95)
  expect(promised).toBeGreaterThanOrEqual(50)
})

test('what is told of held-out texts is of maps that have not seen them, and groups stay together', () => {
  const documents = documentsOf(200, 3).map((document, place) => ({ ...document, group: `g${place % 40}` }))
  const held = heldOut(documents, of)!
  expect(held.answers).toHaveLength(200)
  expect(held.told).toHaveLength(pairsOf(documents).length)
  expect(heldOut(documents.slice(0, 20), of)).toBeUndefined()
})

test('no threshold is promised where answers are wrong more often, or are too few', () => {
  expect(promisedThreshold(answers(20, createRandom(1)), 0.05)).toBeUndefined()
  const random = createRandom(2)
  const wrong = Array.from({ length: 500 }, () => ({ confidence: random(), wrong: random() < 0.5 }))
  expect(promisedThreshold(wrong, 0.1)).toBeUndefined()
})
