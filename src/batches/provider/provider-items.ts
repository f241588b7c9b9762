import { type ItemUsage, itemUsageOf } from '../../core/batch/batch.ts'
import type { FoundForm } from '../../core/model/endpoint.ts'
import type { TextReply, TextResult, UpstreamFailure, Verdict } from '../../core/model/engine.ts'
import { clipped } from '../../core/names.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { LeasedItem } from '../../core/stores/batch-store.ts'
import type { Prices } from '../../core/usage.ts'
import type { Blame, SettingFaults } from '../run/blame.ts'
import {
  answered,
  type BatchContext,
  type Ending,
  failed,
  isCongestion,
  itemFailure,
  nextStep,
  paused,
} from '../run/item-ending.ts'
import { requestOf } from '../upload-entries.ts'
import type { PostponedAsking, Step } from './postponed-questions.ts'

export interface ProviderItemsOptions {
  readonly asking: PostponedAsking
  /** The name of the endpoint that is asked. */
  readonly endpoint: string
  /** Of the Batch API. */
  readonly prices: Prices
  readonly settingFaults: SettingFaults
  readonly judge: (failure: UpstreamFailure, circumstances: { answered: boolean }) => Verdict
}

export interface ArrivedReply {
  readonly result: TextResult
  readonly mark: string
  readonly found: FoundForm
}

interface ItemOptions extends BatchContext {
  readonly signal: AbortSignal
}

/** Replies to an item that held nothing valid, for which it is asked once more. */
interface EarlierReplies {
  readonly mark: string
  readonly replies: readonly TextReply[]
}

const nothing: ItemUsage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }
/** Of one item that failed, expired or is missing. */
const mostSubmissions = 5
const longestReply = 2_000

export type ProviderItems = ReturnType<typeof createProviderItems>

/** One item on its way through the Batch API: what to ask for it, and how it ends with what came back. */
export function createProviderItems({ asking, endpoint, prices, settingFaults, judge }: ProviderItemsOptions) {
  /** Its question, or how it ends without one. */
  async function question(item: LeasedItem, options: ItemOptions & { found: FoundForm | undefined }) {
    const { settings, account, signal, found } = options
    const request = requestOf(item.document, settings)
    const earlier = earlierOf(item)
    const before = earlier && found && { ...earlier, found, areNew: false }
    try {
      const step = await asking(request, { signal, account, before })
      const current = step.kind === 'outdated' ? await asking(request, { signal, account }) : step
      return current.kind === 'question' ? current.question : ended(item, current, nothing)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return failure(item, thrown)
    }
  }

  async function ending(
    item: LeasedItem,
    arrived: ArrivedReply,
    { settings, account, signal }: ItemOptions,
  ): Promise<Ending> {
    const { result, mark, found } = arrived
    if (!result.ok) {
      // It was asked live before, and answered.
      const { code, message } = judge(result.failure, { answered: true })
      const blame = await settingFaults.blame(item, code, { settings, account, signal })
      return failure(item, new ServiceError(code, message), { blame })
    }
    settingFaults.answered(item.batchId)
    const earlier = earlierOf(item)
    const replies = [...(earlier?.mark === mark ? earlier.replies : []), result.reply]
    const { model, usage, cost = null } = result.reply
    const used = itemUsageOf(usage, prices.cost({ endpoint, model, usage, cost_usd: cost }))
    try {
      const step = await asking(requestOf(item.document, settings), {
        signal,
        account,
        before: { replies, mark, found, areNew: true },
      })
      if (step.kind !== 'question') return ended(item, step, used)
      const kept: EarlierReplies = { mark, replies: replies.map(withoutAside) }
      return returned(item, { ...used, refund: false, replies: JSON.stringify(kept) })
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return failure(item, thrown, { used })
    }
  }

  return { question, ending, failed: failure }
}

function ended(item: LeasedItem, step: Exclude<Step, { kind: 'question' }>, used: ItemUsage): Ending {
  return step.kind === 'outdated' ? returned(item, { ...used, refund: true }) : answered(item, step, used)
}

/** Asked again where that may help; what a model was asked twice for is at its end. */
function failure(
  item: LeasedItem,
  thrown: unknown,
  { used = nothing, blame = 'document' }: { used?: ItemUsage; blame?: Blame } = {},
): Ending {
  const error = itemFailure(thrown)
  const { code } = error
  const next = nextStep(code, { attempts: item.attempts, blame })
  if (next.step === 'pause') return paused(item, code, used)
  if (isCongestion(code) ? item.attempts < mostSubmissions : next.step === 'return' && blame === 'unclear')
    return returned(item, { ...used, refund: false })
  return failed(item, error, used)
}

/** At once: beside the time a file takes at the provider, any delay is nothing. */
const returned = ({ seq }: LeasedItem, item: ItemUsage & { refund: boolean; replies?: string }): Ending => ({
  kind: 'returned',
  item: { seq, delayMs: 0, ...item },
  because: 'reply',
})

/** Only what the next question needs of a reply is kept, and no longer than the item runs. */
const withoutAside = (reply: TextReply): TextReply => ({
  ...reply,
  text: clipped(reply.text, longestReply),
  tokens: undefined,
  headers: undefined,
})

const earlierOf = ({ replies }: LeasedItem): EarlierReplies | undefined =>
  replies === null ? undefined : JSON.parse(replies)
