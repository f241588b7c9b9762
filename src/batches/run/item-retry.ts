import { type ErrorCode, outcomes } from './outcome.ts'

export type NextStep =
  | { readonly step: 'fail' }
  | { readonly step: 'return'; readonly delayMs: number; readonly refund: boolean }
  /** Nothing in the batch can succeed until somebody mends a setting. */
  | { readonly step: 'pause' }

/** The waits between attempts. An endpoint comes back by itself, though slowly; a model seldom changes its mind. */
const delays = { upstream: [5_000, 20_000, 80_000, 320_000], model: [1_000, 4_000] } as const

/** Whether it was the endpoint that had no time for the item, rather than the item that was too hard for the model. */
export const isCongestion = (code: ErrorCode): boolean => code === 'upstream_unavailable' || code === 'deadline'

/** What becomes of an item whose attempt failed. `excused`: the endpoint was down for everybody. */
export function nextStep(code: ErrorCode, { attempts, excused }: { attempts: number; excused: boolean }): NextStep {
  if (code === 'upstream_auth') return { step: 'pause' }
  if (!outcomes[code].retryable) return { step: 'fail' }
  const upstream = isCongestion(code)
  if (upstream && excused) return { step: 'return', delayMs: delays.upstream[0], refund: true }
  const delayMs = (upstream ? delays.upstream : delays.model)[attempts - 1]
  return delayMs === undefined ? { step: 'fail' } : { step: 'return', delayMs, refund: false }
}
