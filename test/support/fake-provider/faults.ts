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

const trigger = /\[\[fake:([a-z_0-9,]+)\]\]/u
const documentsKept = 20_000

/**
 * A document may ask for its fault by name, `[[fake:refusal]]`, so that a person can see each by hand. Of several, as in
 * `[[fake:blank,ok]]`, each call gets the next and all later ones the last; `ok` is none.
 */
export function createAskedFaults(): (document: string) => FaultName | undefined {
  const calls = new Map<string, number>()
  return document => {
    const row = document.includes('[[fake:') ? trigger.exec(document)?.[1]?.split(',') : undefined
    if (row === undefined) return undefined
    const call = calls.get(document) ?? 0
    if (calls.size >= documentsKept) calls.clear()
    calls.set(document, call + 1)
    const name = row[Math.min(call, row.length - 1)]
    return faultNames.find(known => known === name)
  }
}
