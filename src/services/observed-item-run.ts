import type { Ending, ItemRun } from './batch-item-run.ts'
import type { Metrics, Span, Tracing } from './ports.ts'
import { traceNames as names } from './trace-names.ts'

export interface ObservedOptions {
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
