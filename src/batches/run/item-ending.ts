import { anonymous } from '../../core/api-key.ts'
import type { Batch, FinishedItem, PauseReason } from '../../core/batch/batch.ts'
import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import { type ErrorCode, outcomes } from '../../core/outcome.ts'
import type { LeasedItem, ReturnedItem } from '../batch-store.ts'

/** What holds for all items of a batch. */
export interface BatchContext {
  readonly settings: BatchSettings
  /** Who made it. */
  readonly account: string
  /** The span of the request that made it. */
  readonly traceparent: string | null
}

/** Of a batch that has just been deleted, nothing holds: it has no items left to run. */
export const contextOf = (batch: Pick<Batch, 'settings' | 'key' | 'traceparent'> | undefined): BatchContext => ({
  settings: JSON.parse(batch?.settings ?? '{}'),
  account: batch?.key ?? anonymous,
  traceparent: batch?.traceparent ?? null,
})

/** Undefined when the signal ended it: then somebody else decides about the item. */
export type ItemRun = (
  item: LeasedItem,
  context: BatchContext & { readonly signal: AbortSignal },
) => Promise<Ending | undefined>

/** What became of an attempt at an item. */
export type Ending =
  | { readonly kind: 'finished'; readonly item: FinishedItem }
  | {
      readonly kind: 'returned'
      readonly item: ReturnedItem
      /** `outage`: the endpoint is down. `congestion`: it had no time. `failure`: it failed on this document. */
      readonly because: 'outage' | 'congestion' | 'failure' | 'reply' | 'setting'
      /** Why the whole batch waits from now on. */
      readonly pause?: PauseReason
    }

export type NextStep =
  | { readonly step: 'fail' }
  | { readonly step: 'return'; readonly delayMs: number; readonly refund: boolean }
  /** Nothing in the batch can succeed until somebody mends a setting. */
  | { readonly step: 'pause' }

/** Who is to blame for a failure: the document, a setting that holds for all of them, one of the two, or the endpoint. */
export type Blame = 'document' | 'setting' | 'unclear' | 'endpoint'

export interface Attempted {
  readonly attempts: number
  readonly blame: Blame
}

/** The waits between attempts. An endpoint that serves others may do better; a model seldom changes its mind. */
const delays = { upstream: [1_000, 2_000, 4_000], model: [1_000, 4_000] } as const
/** Before an item is run again that had no endpoint. */
const endpointMs = 1_000
/** Before it is tried again whether it was the document. */
const unclearMs = 1_000

/** Whether it was the endpoint that had no time for the item, rather than the item that was too hard for the model. */
export const isCongestion = (code: ErrorCode): boolean => code === 'upstream_unavailable' || code === 'deadline'

/** Failures that show that an endpoint is there. */
export const isAnswered = (code: ErrorCode): boolean =>
  ['invalid_reply', 'truncated', 'refused', 'blocked', 'upstream_auth', 'upstream_config'].includes(code)

/** What becomes of an item whose attempt failed. */
export function nextStep(code: ErrorCode, { attempts, blame }: Attempted): NextStep {
  if (blame === 'setting') return { step: 'pause' }
  if (blame === 'unclear') return { step: 'return', delayMs: unclearMs, refund: false }
  if (blame === 'endpoint') return { step: 'return', delayMs: endpointMs, refund: true }
  if (!outcomes[code].retryable) return { step: 'fail' }
  const delayMs = (isCongestion(code) ? delays.upstream : delays.model)[attempts - 1]
  return delayMs === undefined ? { step: 'fail' } : { step: 'return', delayMs, refund: false }
}

/** Why a batch waits whose setting is at fault. */
export const pauseReasonOf = (code: ErrorCode): PauseReason =>
  code === 'upstream_auth' ? 'upstream_auth' : 'upstream_config'
