export interface Interval {
  readonly low: number
  readonly high: number
}

const z95 = 1.959963984540054

/** The 95 % interval of a share by Wilson's score; all of 0 to 1 when nothing was counted. */
export function wilson(hits: number, total: number): Interval {
  if (total === 0) return { low: 0, high: 1 }
  const share = hits / total
  const spread = z95 ** 2 / total
  const centre = (share + spread / 2) / (1 + spread)
  const half = (z95 * Math.sqrt((share * (1 - share)) / total + spread / (4 * total))) / (1 + spread)
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === total ? 1 : Math.min(1, centre + half) }
}

/** The logarithms of the factorials up to `most`. */
function logFactorials(most: number): Float64Array {
  const logs = new Float64Array(most + 1)
  for (let number = 2; number <= most; number += 1) logs[number] = logs[number - 1]! + Math.log(number)
  return logs
}

/** How likely at most `hits` of `total` are, each of them as likely as `share`. */
export function binomialCdf(hits: number, total: number, share: number): number {
  if (hits >= total || share <= 0) return 1
  if (hits < 0 || share >= 1) return 0
  const logs = logFactorials(total)
  let sum = 0
  for (let count = 0; count <= hits; count += 1) {
    const ways = logs[total]! - logs[count]! - logs[total - count]!
    sum += Math.exp(ways + count * Math.log(share) + (total - count) * Math.log1p(-share))
  }
  return Math.min(1, sum)
}

/** The exact p value of McNemar's test, of how often only the one and only the other was right. */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const total = onlyFirst + onlySecond
  return total === 0 ? 1 : Math.min(1, 2 * binomialCdf(Math.min(onlyFirst, onlySecond), total, 0.5))
}

/** p values that may be read together (Holm), in the order given. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((value, place) => ({ value, place })).sort((left, right) => left.value - right.value)
  const adjusted = new Array<number>(values.length)
  let most = 0
  for (const [rank, { value, place }] of order.entries()) {
    most = Math.max(most, Math.min(1, value * (values.length - rank)))
    adjusted[place] = most
  }
  return adjusted
}
