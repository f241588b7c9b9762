import { anonymous } from '../../core/api-key.ts'
import type { Batch, FinishedItem, ItemUsage, PauseReason } from '../../core/batch/batch.ts'
import type { ItemError } from '../../core/batch/batch-results.ts'
import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import type { Answer, Details } from '../../core/classification.ts'
import { asServiceError, type ErrorCode, outcomes, type ServiceError } from '../../core/outcome.ts'
import type { LeasedItem, ReturnedItem } from '../../core/stores/batch-store.ts'
import type { Blame } from './blame.ts'

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

export const itemError = ({ code, message, faults }: ServiceError): ItemError => ({
  code,
  detail: message,
  retryable: outcomes[code].retryable,
  ...(faults.length > 0 && { errors: faults.map(({ pointer, message: detail }) => ({ pointer, detail })) }),
})

/** What was thrown while an item ran, as the failure it ends with. */
export const itemFailure = (thrown: unknown): ServiceError => asServiceError(thrown, 'Something broke in the service.')

type Ended = Pick<LeasedItem, 'seq' | 'customId'>

/** The details come last, where the reader of results cuts them off. */
export const answered = (
  { seq, customId }: Ended,
  { answer: { tags, needs_review }, details }: { readonly answer: Answer; readonly details: Details },
  used: ItemUsage,
): Ending => {
  const output = JSON.stringify({ tags, needs_review, details })
  const { outcome, endpoint: answeredBy } = details
  return { kind: 'finished', item: { seq, customId, succeeded: true, outcome, output, answeredBy, ...used } }
}

export const failed = ({ seq, customId }: Ended, error: ServiceError, used: ItemUsage): Ending => {
  const output = JSON.stringify(itemError(error))
  return { kind: 'finished', item: { seq, customId, succeeded: false, outcome: error.code, output, ...used } }
}

/** The batch of an item whose setting is at fault waits from now on, and the item with it. */
export const paused = ({ seq }: Pick<Ended, 'seq'>, code: ErrorCode, used: ItemUsage): Ending => ({
  kind: 'returned',
  item: { seq, delayMs: 0, refund: true, ...used },
  because: 'setting',
  pause: code === 'upstream_auth' ? 'upstream_auth' : 'upstream_config',
})
