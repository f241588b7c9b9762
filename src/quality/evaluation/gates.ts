import type { Interval } from '../statistics/proportions.ts'
import type { Comparison } from './compare.ts'
import type { Summary } from './scores.ts'

const shares = ['set_f1', 'precision', 'recall', 'lenient_precision', 'first_right', 'any_right', 'exact'] as const
type Share = (typeof shares)[number]

export interface Gate {
  readonly measure: Share
  readonly least: number
}

/** `set-f1=0.60`; undefined when it is none. */
export function readGate(words: string): Gate | undefined {
  const [, name = '', value = ''] = /^([a-z0-9-]+)=(0(?:\.\d+)?|1(?:\.0+)?)$/.exec(words) ?? []
  const measure = shares.find(share => share === name.replaceAll('-', '_'))
  return measure && { measure, least: Number(value) }
}
export const gateNames = shares.map(share => share.replaceAll('_', '-')).join(', ')

export interface GateResult {
  readonly name: string
  readonly state: 'passed' | 'failed' | 'unclear'
  readonly words: string
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
const within = ({ low, high }: Interval) => `${percent(low)} to ${percent(high)}`

export function checkGates(name: string, summary: Summary, gates: readonly Gate[]): GateResult[] {
  return gates.map(({ measure, least }) => {
    const found = summary[measure]
    const clear = found.low >= least || found.high < least
    return {
      name: `${name}: ${measure} at least ${percent(least)}`,
      state: found.value < least ? 'failed' : clear ? 'passed' : 'unclear',
      words: `${percent(found.value)} (${within(found)})`,
    }
  })
}

/** Clearly worse is a failure; what may be as much worse as the margin cannot be told. */
export function checkBaseline({ variant, difference }: Comparison, margin: number): GateResult {
  return {
    name: `${variant}: not worse than the baseline by ${percent(margin)}`,
    state: difference.high < -margin ? 'failed' : difference.low < -margin ? 'unclear' : 'passed',
    words: `${percent(difference.value)} (${within(difference)})`,
  }
}

export const gateExit = (results: readonly GateResult[], { strict }: { readonly strict: boolean }): 0 | 100 | 101 =>
  results.some(({ state }) => state === 'failed')
    ? 100
    : strict && results.some(({ state }) => state === 'unclear')
      ? 101
      : 0
