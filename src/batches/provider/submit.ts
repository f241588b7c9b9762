import { randomUUID } from 'node:crypto'
import type { Batch } from '../../core/batch/batch.ts'
import type { Endpoint, FoundForm } from '../../core/model/endpoint.ts'
import type { ProviderBatches } from '../../core/model/provider-batches.ts'
import type { BatchStore, Lease, LeasedItem, LeaseStore } from '../../core/stores/batch-store.ts'
import type { SubmissionStore } from '../../core/stores/submission-store.ts'
import { ownTurn } from '../../core/time/event-loop-turns.ts'
import { type Prices, unknownUsage } from '../../core/usage.ts'
import type { Metrics } from '../../observability/index.ts'
import { contextOf, type ItemRun } from '../run/item-ending.ts'
import { writeEndings } from '../run/write-endings.ts'
import { countEndings } from './collect.ts'
import { isQuestion, lineIdOf, markOf } from './postponed-questions.ts'
import type { ProviderItems } from './provider-items.ts'
import type { Submitted } from './provider-runner.ts'

export interface SubmitterOptions {
  readonly store: BatchStore & LeaseStore & SubmissionStore
  readonly provider: ProviderBatches
  readonly items: ProviderItems
  /** The same endpoint as it is asked live. */
  readonly endpoint: Endpoint
  readonly runItem: ItemRun
  readonly metrics: Metrics
  /** Of the Batch API. */
  readonly prices: Prices
  /** The bounds of one file. */
  readonly file: { readonly items: number; readonly bytes: number }
}

interface Slice {
  readonly model: string
  readonly found: FoundForm
  readonly lines: Uint8Array<ArrayBuffer>[]
  bytes: number
  tokens: number
  usd: number | null
}

const itemsAtOnce = 100
const bytesForToken = 4

/** Makes a file of items that are ready, and has a batch made of it. */
export function createSubmitter(options: SubmitterOptions) {
  const { store, provider, items, endpoint, runItem, prices, metrics, file } = options

  /** What the cap leaves, with all that is out counted as if it were spent. */
  async function roomOf(batch: Batch): Promise<{ tokens: number; usd: number; idle: boolean }> {
    const out = await store.submissionsOf(batch.id)
    const reserved = (of: (typeof out)[number]) => of.reservedUsd ?? 0
    const tokens = out.reduce((sum, { reservedTokens }) => sum + reservedTokens, batch.inputTokens + batch.outputTokens)
    const usd = out.reduce((sum, submission) => sum + reserved(submission), batch.costUsd)
    return {
      tokens: (batch.maxTokens ?? Number.POSITIVE_INFINITY) - tokens,
      usd: (batch.maxCostUsd ?? Number.POSITIVE_INFINITY) - usd,
      idle: out.every(({ inputFile }) => inputFile === null),
    }
  }

  /** Fills a file with what is ready, until it or the cap is full. */
  async function fill(lease: Lease, batch: Batch, signal: AbortSignal): Promise<{ slice?: Slice; blocked: boolean }> {
    const context = { ...contextOf(batch), signal }
    let room = await roomOf(batch)
    let slice: Slice | undefined

    /** False when the item has to wait for another file. */
    async function take(item: LeasedItem): Promise<boolean> {
      const found = slice?.found ?? endpoint.foundForm(provider.model, undefined)
      const question = await items.question(item, { ...context, found })
      if (!isQuestion(question)) {
        await countEndings({ store, metrics }, lease, [question])
        return true
      }
      const form = slice?.model === question.model ? slice.found : endpoint.foundForm(question.model, question.schema)
      if (form === undefined) {
        // A file of questions that are put wrongly fails as a whole: the first is asked live, and finds out.
        const ending = await runItem(item, context)
        // It has counted its end by itself.
        if (ending !== undefined) await writeEndings(store, lease, [ending])
        room = await roomOf((await store.readBatch(batch.id)) ?? batch)
        return endpoint.foundForm(question.model, question.schema) !== undefined
      }
      slice ??= { model: question.model, found: form, lines: [], bytes: 0, tokens: 0, usd: 0 }
      const line = provider.lineOf(lineIdOf(item.seq, markOf(question)), { ...question, form: form.form })
      const bytes = line.length
      const input = Math.ceil(bytes / bytesForToken)
      const tokens = slice.tokens + input + question.tokenCap
      const usage = { ...unknownUsage, input_tokens: input, output_tokens: question.tokenCap }
      const cost = prices.cost({ endpoint: provider.endpoint, model: question.model, usage })
      const usd = slice.usd === null || cost === null ? null : slice.usd + cost
      const isFull = slice.lines.length >= file.items || (slice.lines.length > 0 && slice.bytes + bytes > file.bytes)
      if (isFull || slice.model !== question.model || tokens > room.tokens || (usd ?? 0) > room.usd) return false
      slice.lines.push(line)
      Object.assign(slice, { bytes: slice.bytes + bytes, tokens, usd })
      return true
    }

    for (;;) {
      const claimed = await store.claimItems(lease, itemsAtOnce)
      const left: LeasedItem[] = []
      for (const item of claimed) {
        if (left.length > 0 || !(await take(item))) left.push(item)
        await ownTurn()
      }
      const none = { delayMs: 0, refund: true, inputTokens: 0, outputTokens: 0, costUsd: 0 }
      // One that was asked live has been given back already: then this is refused.
      if (left.length > 0)
        await store.giveBackItems(
          lease,
          left.map(({ seq }) => ({ seq, ...none })),
        )
      if (left.length === 0 && claimed.length === itemsAtOnce) continue
      const nothingFits = left.length > 0 && slice !== undefined && slice.lines.length === 0
      if (nothingFits && room.idle) await store.pauseBatch(batch.id, 'spend_cap')
      return { ...(slice && slice.lines.length > 0 && { slice }), blocked: left.length > 0 }
    }
  }

  return async (batch: Batch, { owner, signal }: { owner: string; signal: AbortSignal }): Promise<Submitted> => {
    const id = `submission_${randomUUID().replaceAll('-', '')}`
    const lease = { worker: id, batchId: batch.id }
    if (!(await store.openSubmission({ id, batchId: batch.id, endpoint: provider.endpoint }, owner))) return 'wait'
    try {
      const { slice, blocked } = await fill(lease, batch, signal)
      if (slice === undefined) {
        await store.closeSubmission(id, owner, { refund: true })
        return blocked ? 'wait' : 'nothing'
      }
      const inputFile = await provider.upload(slice.lines, { signal })
      // Before anything is paid for, it is on disk how to find it again.
      const reserved = { reservedTokens: slice.tokens, ...(slice.usd !== null && { reservedUsd: slice.usd }) }
      const asked = JSON.stringify(slice.found)
      if (!(await store.changeSubmission(id, owner, { asked, inputFile, ...reserved }))) {
        await provider.deleteFile(inputFile, { signal })
        return 'wait'
      }
      const { id: providerBatch } = await provider.create({ key: id, inputFile }, { signal })
      await store.changeSubmission(id, owner, { providerBatch })
      return 'submitted'
    } catch (error) {
      const [kept] = (await store.submissionsOf(batch.id)).filter(submission => submission.id === id)
      if (kept?.inputFile === null) await store.closeSubmission(id, owner, { refund: true })
      throw error
    }
  }
}
