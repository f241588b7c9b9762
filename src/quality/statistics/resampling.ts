import type { Interval } from './proportions.ts'
import { createRandom } from './random.ts'

const usualDraws = 10_000
const usualSeed = 1
const powerFactor = 2.801_585_218_112_58

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** The quantile of sorted values, with a straight line in between, as NumPy has it. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const value = sorted[below]!
  return value + (place - below) * ((sorted[below + 1] ?? value) - value)
}

export interface BootstrapOptions {
  readonly draws?: number
  readonly random?: () => number
  /** Values of one group are drawn together: documents that are alike tell less than as many that are not. */
  readonly groups?: readonly (string | null | undefined)[] | undefined
}

/** The 95 % percentile bootstrap interval of a mean. */
export function bootstrap(
  values: readonly number[],
  { draws = usualDraws, random = createRandom(usualSeed), groups }: BootstrapOptions = {},
): Interval {
  if (values.length === 0) return { low: 0, high: 0 }
  const members = Map.groupBy(values.keys(), place => groups?.[place] ?? place)
  const clusters = [...members.values()].map(places => {
    const list = [...places]
    return { sum: list.reduce((sum, place) => sum + values[place]!, 0), size: list.length }
  })
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw += 1) {
    let sum = 0
    let size = 0
    for (let pick = 0; pick < clusters.length; pick += 1) {
      const cluster = clusters[Math.floor(random() * clusters.length)]!
      sum += cluster.sum
      size += cluster.size
    }
    means[draw] = sum / size
  }
  means.sort()
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) }
}

const mostExact = 14

/** The p value of paired differences under flips of their signs: of all flips of a few, of drawn ones of many. */
export function signFlip(differences: readonly number[]): number {
  const told = differences.filter(difference => difference !== 0)
  const seen = Math.abs(told.reduce((sum, value) => sum + value, 0)) - 1e-12
  const isAsFar = (flipped: (place: number) => boolean) =>
    Math.abs(told.reduce((sum, value, place) => sum + (flipped(place) ? -value : value), 0)) >= seen
  let asFar = 0
  if (told.length <= mostExact) {
    const flips = 2 ** told.length
    for (let flip = 0; flip < flips; flip += 1) if (isAsFar(place => ((flip >> place) & 1) === 1)) asFar += 1
    return asFar / flips
  }
  const random = createRandom(usualSeed)
  for (let draw = 0; draw < usualDraws; draw += 1) if (isAsFar(() => random() < 0.5)) asFar += 1
  return (asFar + 1) / (usualDraws + 1)
}

/** The smallest mean difference that would be found four times of five, at 5 %. */
export function smallestDifference(differences: readonly number[]): number {
  if (differences.length < 2) return 1
  const middle = mean(differences)
  const variance = differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1)
  return powerFactor * Math.sqrt(variance / differences.length)
}
