/** A probability that was told, and whether it came true. */
export interface Told {
  readonly probability: number
  readonly right: boolean
}

/** The mean squared error of probabilities. */
export const brier = (told: readonly Told[]): number =>
  told.reduce((sum, { probability, right }) => sum + (probability - Number(right)) ** 2, 0) / told.length

export interface Bin {
  readonly size: number
  readonly told: number
  readonly right: number
}

/** Bins of equal mass, least probable first; the first ones hold one more where it does not divide. */
export function reliability(told: readonly Told[], bins = 10): Bin[] {
  const sorted = told.toSorted((left, right) => left.probability - right.probability)
  const least = Math.floor(sorted.length / bins)
  const larger = sorted.length % bins
  return Array.from({ length: bins }, (_, bin) => {
    const from = bin * least + Math.min(bin, larger)
    const part = sorted.slice(from, from + least + (bin < larger ? 1 : 0))
    return {
      size: part.length,
      told: part.reduce((sum, { probability }) => sum + probability, 0) / part.length,
      right: part.filter(({ right }) => right).length / part.length,
    }
  }).filter(({ size }) => size > 0)
}

/** The expected calibration error over bins of equal mass. */
export const calibrationError = (told: readonly Told[], bins = 10): number =>
  reliability(told, bins).reduce((sum, bin) => sum + bin.size * Math.abs(bin.told - bin.right), 0) / told.length

export interface Labelled {
  readonly score: number
  readonly right: boolean
}

export interface Platt {
  readonly slope: number
  readonly offset: number
}

export const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value))

const mostSteps = 100
const enough = 1e-12

/** Platt's sigmoid with his smoothed targets, by Newton's method with steps that are halved until they help. */
export function fitPlatt(pairs: readonly Labelled[]): Platt {
  const rights = pairs.filter(({ right }) => right).length
  const wrongs = pairs.length - rights
  const high = (rights + 1) / (rights + 2)
  const low = 1 / (wrongs + 2)
  const target = ({ right }: Labelled) => (right ? high : low)
  const loss = ({ slope, offset }: Platt) =>
    pairs.reduce((sum, pair) => {
      const value = slope * pair.score + offset
      return sum + Math.max(value, 0) - value * target(pair) + Math.log1p(Math.exp(-Math.abs(value)))
    }, 0)
  let fit: Platt = { slope: 0, offset: Math.log((rights + 1) / (wrongs + 1)) }
  let least = loss(fit)
  for (let step = 0; step < mostSteps; step += 1) {
    let [bySlope, byOffset, slopes, mixed, offsets] = [0, 0, 1e-12, 0, 1e-12]
    for (const pair of pairs) {
      const probability = sigmoid(fit.slope * pair.score + fit.offset)
      const error = probability - target(pair)
      const weight = probability * (1 - probability)
      bySlope += error * pair.score
      byOffset += error
      slopes += weight * pair.score ** 2
      mixed += weight * pair.score
      offsets += weight
    }
    if (Math.abs(bySlope) < enough && Math.abs(byOffset) < enough) break
    const determinant = slopes * offsets - mixed * mixed
    const along = (offsets * bySlope - mixed * byOffset) / determinant
    const aside = (slopes * byOffset - mixed * bySlope) / determinant
    let size = 1
    for (; size > 1e-10; size /= 2) {
      const next = { slope: fit.slope - size * along, offset: fit.offset - size * aside }
      const nextLoss = loss(next)
      if (nextLoss > least + 1e-13 * Math.abs(least)) continue
      fit = next
      least = nextLoss
      break
    }
    if (size <= 1e-10) break
  }
  return fit
}

/** Points of a function that never falls; straight lines in between, level beyond its ends. */
export interface Isotonic {
  readonly scores: readonly number[]
  readonly probabilities: readonly number[]
}

/** Isotonic regression by pooling adjacent violators; equal scores are one point. */
export function fitIsotonic(pairs: readonly Labelled[]) {
  const byScore = Map.groupBy(pairs, ({ score }) => score)
  const pools: { scores: number[]; sum: number; size: number }[] = []
  for (const score of [...byScore.keys()].sort((left, right) => left - right)) {
    const tied = byScore.get(score)!
    pools.push({ scores: [score], sum: tied.filter(({ right }) => right).length, size: tied.length })
    for (let last = pools.length - 1; last > 0; last -= 1) {
      const [before, after] = [pools[last - 1]!, pools[last]!]
      if (before.sum * after.size < after.sum * before.size) break
      pools.splice(last - 1, 2, {
        ...{ scores: [...before.scores, ...after.scores] },
        ...{ sum: before.sum + after.sum, size: before.size + after.size },
      })
    }
  }
  const points = pools.flatMap(({ scores, sum, size }) => {
    const ends = scores.length > 1 ? [scores[0]!, scores.at(-1)!] : [scores[0]!]
    return ends.map(score => ({ score, probability: sum / size }))
  })
  return { scores: points.map(({ score }) => score), probabilities: points.map(({ probability }) => probability) }
}

export function readIsotonic({ scores, probabilities }: Isotonic, score: number): number {
  const next = scores.findIndex(known => known >= score)
  if (next === -1) return probabilities.at(-1) ?? 0
  if (next === 0 || scores[next] === score) return probabilities[next]!
  const [from, to] = [scores[next - 1]!, scores[next]!]
  const share = (score - from) / (to - from)
  return probabilities[next - 1]! + share * (probabilities[next]! - probabilities[next - 1]!)
}
