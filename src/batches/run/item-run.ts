import { itemUsageOf } from '../../core/batch/batch.ts'
import type { Classifier } from '../../core/classifier.ts'
import type { ServiceError } from '../../core/outcome.ts'
import { costOf, sumUsage } from '../../core/usage.ts'
import { type Metrics, traceNames as names, type Span, type Tracing } from '../../observability/index.ts'
import { requestOf } from '../upload-entries.ts'
import type { Blame, EndpointProbe, SettingFaults } from './blame.ts'
import {
  answered,
  type BatchContext,
  type Ending,
  failed,
  type ItemRun,
  isAnswered,
  isCongestion,
  itemFailure,
  nextStep,
  paused,
} from './item-ending.ts'

export interface ItemRunOptions {
  readonly classifier: Classifier
  readonly endpointProbe: Pick<EndpointProbe, 'answered' | 'isUp'>
  readonly settingFaults: SettingFaults
}

/** Runs one item through the recipe of `/classify`. */
export function createItemRun({ classifier, endpointProbe, settingFaults }: ItemRunOptions): ItemRun {
  return async (item, { settings, account, signal }) => {
    const { batchId, seq, document, attempts } = item
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
      return answered(item, { answer, details }, itemUsageOf(details.usage, details.cost_usd))
    } catch (thrown) {
      if (signal.aborted) return undefined
      const error = itemFailure(thrown)
      const used = itemUsageOf(sumUsage(error.attempts.map(({ usage }) => usage)), costOf(error.attempts))
      if (isAnswered(error.code)) endpointProbe.answered({ settings, account }, begun)
      const blame = isCongestion(error.code)
        ? await blameOf(error, { settings, account, begun })
        : await settingFaults.blame(item, error.code, { settings, account, signal })
      if (signal.aborted) return undefined
      const next = nextStep(error.code, { attempts, blame })
      if (next.step === 'return') {
        const { delayMs, refund } = next
        return { kind: 'returned', item: { seq, delayMs, refund, ...used }, because: reasonOf(error, blame) }
      }
      return next.step === 'pause' ? paused(item, error.code, used) : failed(item, error, used)
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
