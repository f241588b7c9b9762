import { everydayFaults, type FaultName, faultNames } from './fault-names.ts'
import { createRandom } from './random.ts'

export interface FaultMix {
  /** The probability of each; what is missing never happens. */
  readonly shares: Partial<Readonly<Record<FaultName, number>>>
  readonly seed?: number
  /** What the 429s ask the client to wait. */
  readonly waitMs?: number
}

/** One share, spread evenly over what goes wrong on a bad day. */
export const evenFaults = (share: number, options: Omit<FaultMix, 'shares'> = {}): FaultMix => ({
  ...options,
  shares: Object.fromEntries(everydayFaults.map(name => [name, share / everydayFaults.length])),
})

/** Draws the fault of each request, or none; the same seed draws the same row. */
export function createFaults(mix: FaultMix): () => FaultName | undefined {
  const random = createRandom(mix.seed ?? 1)
  const steps = faultNames.map(name => ({ name, share: mix.shares[name] ?? 0 })).filter(({ share }) => share > 0)
  return () => {
    let drawn = random()
    for (const { name, share } of steps) {
      drawn -= share
      if (drawn < 0) return name
    }
    return undefined
  }
}

const trigger = /\[\[fake:([a-z_0-9]+)\]\]/u

/** A document may ask for its fault by name, `[[fake:refusal]]`, so that a person can see each by hand. */
export function faultAskedFor(document: string): FaultName | undefined {
  if (!document.includes('[[fake:')) return undefined
  const name = trigger.exec(document)?.[1]
  return faultNames.find(known => known === name)
}
