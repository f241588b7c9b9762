const samples = 5_000

/** A generator of its own, so that a second run says the same. */
export function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

export const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** The 95 % interval of the mean, by bootstrap. */
export function interval(values: readonly number[]): [number, number] {
  const random = createRandom(6)
  const pick = () => values[Math.floor(random() * values.length)]!
  const means = Array.from({ length: samples }, () => mean(values.map(pick))).sort((a, b) => a - b)
  return [means[Math.floor(samples * 0.025)]!, means[Math.floor(samples * 0.975)]!]
}
