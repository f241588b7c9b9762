import type { FoundForm } from '../../core/model/endpoint.ts'
import type { ProviderBatch, ProviderBatches, ProviderLine } from '../../core/model/provider-batches.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { BatchStore, Lease, LeasedItem, LeaseStore } from '../../core/stores/batch-store.ts'
import type { Submission, SubmissionStore } from '../../core/stores/submission-store.ts'
import type { Metrics } from '../../observability/index.ts'
import type { BatchContext, Ending } from '../run/item-ending.ts'
import { writeEndings } from '../run/write-endings.ts'
import { readLineId } from './postponed-questions.ts'
import type { ProviderItems } from './provider-items.ts'

export interface CollectorOptions {
  readonly store: BatchStore & LeaseStore & SubmissionStore
  readonly provider: ProviderBatches
  readonly items: ProviderItems
  readonly metrics: Metrics
}

export interface Collection {
  /** Lines that could not be read, and lines that are none of ours. */
  readonly unreadable: number
  readonly unknown: number
}

interface CollectOptions extends BatchContext {
  readonly signal: AbortSignal
}

export type Collector = ReturnType<typeof createCollector>

const linesAtOnce = 100
const itemsAtOnce = 250

/** How a provider's batch was asked, as its submission keeps it. */
const askedOf = ({ asked }: Submission): FoundForm => JSON.parse(asked)

/** Writes down how items ended; those of whose end the store did not know yet are counted. */
export async function countEndings(
  { store, metrics }: Pick<CollectorOptions, 'store' | 'metrics'>,
  lease: Lease,
  endings: readonly Ending[],
): Promise<void> {
  const ended = new Set(await writeEndings(store, lease, endings))
  for (const { kind, item } of endings) if (kind === 'finished' && ended.has(item.seq)) metrics.batchItem(item.outcome)
}

/**
 * Joins what came back with the items it belongs to. It can be done again from the start at any time: an item that has
 * ended takes no second answer, and one that was given back is no longer held.
 */
export function createCollector({ store, provider, items, metrics }: CollectorOptions) {
  /** Ends the items of these lines, as far as they are still held. */
  async function settle(
    submission: Submission,
    lines: readonly ProviderLine[],
    { cancelled, ...options }: CollectOptions & { cancelled: boolean },
  ): Promise<number> {
    const lease = { worker: submission.id, batchId: submission.batchId }
    const bySeq = new Map<number, { mark: string; result: ProviderLine['result'] }>()
    for (const { customId, result } of lines) {
      const { seq, mark } = readLineId(customId) ?? {}
      if (seq !== undefined && mark !== undefined) bySeq.set(seq, { mark, result })
    }
    const found = askedOf(submission)
    const held = await store.heldItems(lease, { seqs: [...bySeq.keys()], limit: lines.length })
    const endings: Ending[] = []
    for (const item of held) {
      const arrived = bySeq.get(item.seq)!
      // What was stopped on request is not to blame; it goes back with the rest.
      if (cancelled && !arrived.result.ok && arrived.result.failure.kind === 'timeout') continue
      endings.push(await items.ending(item, { ...arrived, found }, options))
    }
    await countEndings({ store, metrics }, lease, endings)
    return lines.length - bySeq.size
  }

  /** Items without a line: asked again, or given up. */
  async function settleRest(submission: Submission): Promise<void> {
    const lease = { worker: submission.id, batchId: submission.batchId }
    const late = new ServiceError('upstream_unavailable', 'The provider ended its batch without this item.')
    for (;;) {
      const held: LeasedItem[] = await store.heldItems(lease, { limit: itemsAtOnce })
      if (held.length === 0) return
      await countEndings(
        { store, metrics },
        lease,
        held.map(item => items.failed(item, late)),
      )
    }
  }

  return {
    /** Reads the files of a batch that has ended. */
    async read(submission: Submission, batch: ProviderBatch, options: CollectOptions): Promise<Collection> {
      const cancelled = batch.phase === 'cancelled'
      let unreadable = 0
      let unknown = 0
      for (const file of batch.files) {
        let lines: ProviderLine[] = []
        for await (const line of provider.linesIn(file, options)) {
          if (line === undefined) unreadable += 1
          else lines.push(line)
          if (lines.length < linesAtOnce) continue
          unknown += await settle(submission, lines, { ...options, cancelled })
          lines = []
        }
        unknown += await settle(submission, lines, { ...options, cancelled })
      }
      return { unreadable, unknown }
    },
    settleRest,
  }
}
