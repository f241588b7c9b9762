const STEPS = 1e6

/** A score as it is compared and shown: in millionths, so that no platform orders two tags differently. */
export const rounded = (score: number): number => Math.round(score * STEPS) / STEPS

/** The places of the positive scores, best first; equal scores in the order they stand in. */
export function bestFirst(scores: ArrayLike<number>): number[] {
  const size = scores.length
  const keys = new Float64Array(size)
  let positive = 0
  for (let place = 0; place < size; place += 1) {
    const steps = Math.round(scores[place]! * STEPS)
    if (steps <= 0) continue
    keys[positive] = place - steps * size
    positive += 1
  }
  return Array.from(keys.subarray(0, positive).sort(), key => ((key % size) + size) % size)
}
