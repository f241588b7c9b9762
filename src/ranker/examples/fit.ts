/** A text with known tags, as several scorers see it: for each scorer a score of every tag. */
export interface FitRow {
  readonly scores: readonly Float64Array[]
  /** The places of its tags. */
  readonly right: readonly number[]
}

const ROUNDS = 12
const LONGEST_STEP = 5
/** How firmly a share stays where it usually is: what a hundred texts say outweighs it. */
const FIRMNESS = 0.5

/**
 * How much each scorer counts on this list: a conditional logit, in which the tags of a text compete with each other, by
 * Newton's method. It stays near the usual weights where there are few texts.
 */
export function fitShares(rows: readonly FitRow[], usual: readonly number[]): number[] {
  const width = usual.length
  const shares = [...usual]
  for (let round = 0; round < ROUNDS; round += 1) {
    const slope = shares.map((share, at) => FIRMNESS * (usual[at]! - share))
    const bend = shares.map((_, at) => shares.map((_, other) => (at === other ? FIRMNESS : 0)))
    for (const { scores, right } of rows) addRow(scores, right, shares, slope, bend)
    const step = solve(bend, slope).map(value => Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, value)))
    for (let at = 0; at < width; at += 1) shares[at] = Math.max(0, shares[at]! + step[at]!)
    if (Math.max(...step.map(Math.abs)) < 1e-6) break
  }
  return shares
}

function addRow(
  scores: readonly Float64Array[],
  right: readonly number[],
  shares: readonly number[],
  slope: number[],
  bend: number[][],
): void {
  const width = shares.length
  const tags = scores[0]!.length
  const chances = new Float64Array(tags)
  let greatest = Number.NEGATIVE_INFINITY
  for (let tag = 0; tag < tags; tag += 1) {
    for (let at = 0; at < width; at += 1) chances[tag]! += shares[at]! * scores[at]![tag]!
    greatest = Math.max(greatest, chances[tag]!)
  }
  let total = 0
  for (let tag = 0; tag < tags; tag += 1) {
    chances[tag] = Math.exp(chances[tag]! - greatest)
    total += chances[tag]!
  }
  const means = scores.map(score => score.reduce((sum, value, tag) => sum + (value * chances[tag]!) / total, 0))
  for (let at = 0; at < width; at += 1) {
    const score = scores[at]!
    slope[at]! += right.reduce((sum, tag) => sum + score[tag]!, 0) / right.length - means[at]!
    for (let other = 0; other <= at; other += 1) {
      const second = scores[other]!
      let sum = 0
      for (let tag = 0; tag < tags; tag += 1)
        sum += (chances[tag]! / total) * (score[tag]! - means[at]!) * (second[tag]! - means[other]!)
      bend[at]![other]! += sum
      if (other < at) bend[other]![at]! += sum
    }
  }
}

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
