import type { Classifier } from '../../classify/index.ts'
import { anonymous } from '../../core/api-key.ts'
import type { Batch, FinishedItem, PauseReason } from '../../core/batch/batch.ts'
import type { BatchSettings } from '../../core/batch/batch-settings.ts'
import { ServiceError } from '../../core/outcome.ts'
import { costOf, sumUsage } from '../../core/usage.ts'
import { type Metrics, traceNames as names, type Span, type Tracing } from '../../observability/index.ts'
import type { LeasedItem, ReturnedItem } from '../batch-store.ts'
import { itemError, requestOf } from '../items.ts'
import { answerOutput } from '../results.ts'
import type { EndpointProbe } from './endpoint-probe.ts'
import { type Blame, isAnswered, isCongestion, nextStep } from './item-retry.ts'
import { pauseReasonOf, type SettingFaults } from './setting-faults.ts'

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

export interface ItemRunOptions {
  readonly classifier: Classifier
  readonly endpointProbe: EndpointProbe
  readonly settingFaults: SettingFaults
}

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

/** Runs one item through the recipe of `/classify`. */
export function createItemRun({ classifier, endpointProbe, settingFaults }: ItemRunOptions): ItemRun {
  return async ({ batchId, seq, customId, document, attempts }, { settings, account, signal }) => {
    const { endpoint } = settings
    const begun = performance.now()
    try {
      const { answer, details, cache } = await classifier.classify(requestOf(document, settings), {
        signal,
        account,
        background: true,
        canWait: true,
        endpoint,
      })
      // What was known already tells nothing of the endpoint.
      if (cache !== 'hit') {
        endpointProbe.answered({ settings, account }, begun)
        settingFaults.answered(batchId)
      }
      const output = answerOutput(answer, details)
      const used = usageOf(details.usage, details.cost_usd)
      const item = { seq, customId, succeeded: true, outcome: details.outcome, output, answeredBy: details.endpoint }
      return { kind: 'finished', item: { ...item, ...used } }
    } catch (thrown) {
      if (signal.aborted) return undefined
      const error = failureOf(thrown)
      const used = usageOf(sumUsage(error.attempts.map(({ usage }) => usage)), costOf(error.attempts))
      if (isAnswered(error.code)) endpointProbe.answered({ settings, account }, begun)
      const blame = isCongestion(error.code)
        ? await blameOf(error, { settings, account, begun })
        : await settingFaults.blame({ batchId, seq, attempts }, error.code, { settings, account, signal })
      if (signal.aborted) return undefined
      const next = nextStep(error.code, { attempts, blame })
      if (next.step === 'return') {
        const { delayMs, refund } = next
        return { kind: 'returned', item: { seq, delayMs, refund, ...used }, because: reasonOf(error, blame) }
      }
      if (next.step === 'pause') {
        const item = { seq, delayMs: 0, refund: true, ...used }
        return { kind: 'returned', item, because: 'setting', pause: pauseReasonOf(error.code) }
      }
      const output = JSON.stringify(itemError(error))
      return { kind: 'finished', item: { seq, customId, succeeded: false, outcome: error.code, output, ...used } }
    }
  }

  /** An endpoint that failed on an item is to blame unless it answers others. */
  async function blameOf(
    { attempts, retryAfter = 0 }: ServiceError,
    { begun, ...probed }: Pick<BatchContext, 'settings' | 'account'> & { begun: number },
  ): Promise<Blame> {
    if (attempts.length === 0 || retryAfter > longestUntoldWait) return 'endpoint'
    return (await endpointProbe.isUp(probed, begun)) ? 'document' : 'endpoint'
  }
}

type Returned = Extract<Ending, { kind: 'returned' }>

function reasonOf({ code, attempts }: ServiceError, blame: Blame): Returned['because'] {
  if (!isCongestion(code)) return blame === 'unclear' ? 'setting' : 'reply'
  if (attempts.every(({ result }) => result === 'http_429')) return 'congestion'
  return blame === 'endpoint' ? 'outage' : 'failure'
}

/** In seconds. A longer wait was asked for by the endpoint; the item has nothing to do with it. */
const longestUntoldWait = 60

const failureOf = (thrown: unknown): ServiceError =>
  thrown instanceof ServiceError
    ? thrown
    : new ServiceError('internal', 'Something broke in the service.', { cause: thrown })

const usageOf = (usage: { input_tokens: number | null; output_tokens: number | null }, costUsd: number | null) => ({
  inputTokens: usage.input_tokens ?? 0,
  outputTokens: usage.output_tokens ?? 0,
  costUsd,
})

interface ObservedOptions {
  readonly metrics: Metrics
  readonly tracing: Tracing | undefined
}

/**
 * The same, with every item that ends counted, and a trace for every attempt. It is linked to the request that made the
 * batch and no part of it: that one ended long ago, and its trace would grow with every item.
 */
export function observed(run: ItemRun, { metrics, tracing }: ObservedOptions): ItemRun {
  return async (item, context) => {
    const span = tracing?.start('batch item', {
      kind: 'internal',
      attributes: { [names.batch]: item.batchId, [names.itemPlace]: item.seq, [names.itemAttempts]: item.attempts },
      link: context.traceparent ?? undefined,
    })
    const ending = await (span ? span.within(() => run(item, context)) : run(item, context))
    if (ending?.kind === 'finished') metrics.batchItem(ending.item.outcome)
    if (span) close(span, ending)
    return ending
  }
}

function close(span: Span, ending: Ending | undefined): void {
  if (ending === undefined) span.fail('aborted')
  else if (ending.kind === 'returned') span.fail(`returned_${ending.because}`)
  else {
    span.set({ [names.outcome]: ending.item.outcome })
    if (!ending.item.succeeded) span.fail(ending.item.outcome)
  }
  span.end()
}
