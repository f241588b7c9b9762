import { type FinishedItem, type ItemUsage, itemUsageOf } from '../../core/batch/batch.ts'
import { clipped } from '../../core/names.ts'
import { ServiceError } from '../../core/outcome.ts'
import { type FoundForm, judge, type Prices, type TextReply, type TextResult } from '../../endpoints/index.ts'
import type { LeasedItem } from '../batch-store.ts'
import { answerOutput } from '../results.ts'
import {
  type BatchContext,
  type Blame,
  type Ending,
  isCongestion,
  nextStep,
  pauseReasonOf,
} from '../run/item-ending.ts'
import type { SettingFaults } from '../run/probes.ts'
import { itemError, itemFailure, requestOf } from '../upload-entries.ts'
import type { PostponedAsking, PostponedQuestion, Step } from './replay.ts'

export interface ProviderItemsOptions {
  readonly asking: PostponedAsking
  /** The name of the endpoint that is asked. */
  readonly endpoint: string
  /** Of the Batch API. */
  readonly prices: Prices
  readonly settingFaults: SettingFaults
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
export function createProviderItems({ asking, endpoint, prices, settingFaults }: ProviderItemsOptions) {
  /** Its question, or how it ends without one. */
  async function question(item: LeasedItem, options: ItemOptions & { found: FoundForm | undefined }) {
    const { settings, account, signal, found } = options
    const request = requestOf(item.document, settings)
    const earlier = earlierOf(item)
    const before = earlier && found && { ...earlier, found, areNew: false }
    try {
      const step = await asking(request, { signal, account, before })
      const current = step.kind === 'outdated' ? await asking(request, { signal, account }) : step
      return current.kind === 'question' ? current.question : answered(item, current, nothing)
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return failed(item, thrown)
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
      return failed(item, new ServiceError(code, message), { used: nothing, blame })
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
      if (step.kind !== 'question') return answered(item, step, used)
      const kept: EarlierReplies = { mark, replies: replies.map(withoutAside) }
      return returned(item, { ...used, refund: false, replies: JSON.stringify(kept) })
    } catch (thrown) {
      if (signal.aborted) throw thrown
      return failed(item, thrown, { used })
    }
  }

  return { question, ending, failed }
}

export const isQuestion = (found: PostponedQuestion | Ending): found is PostponedQuestion => 'messages' in found

function answered(item: LeasedItem, step: Exclude<Step, { kind: 'question' }>, used: ItemUsage): Ending {
  if (step.kind === 'outdated') return returned(item, { ...used, refund: true })
  const { answer, details } = step.classification
  const output = answerOutput(answer, details)
  const { outcome, endpoint: answeredBy } = details
  return finished(item, { succeeded: true, outcome, output, answeredBy, ...used })
}

/** Asked again where that may help; what a model was asked twice for is at its end. */
function failed(
  item: LeasedItem,
  thrown: unknown,
  { used = nothing, blame = 'document' }: { used?: ItemUsage; blame?: Blame } = {},
): Ending {
  const error = itemFailure(thrown)
  const { code } = error
  const next = nextStep(code, { attempts: item.attempts, blame })
  if (next.step === 'pause')
    return { ...returned(item, { ...used, refund: true }), because: 'setting', pause: pauseReasonOf(code) }
  if (isCongestion(code) ? item.attempts < mostSubmissions : next.step === 'return' && blame === 'unclear')
    return returned(item, { ...used, refund: false })
  return finished(item, { succeeded: false, outcome: code, output: JSON.stringify(itemError(error)), ...used })
}

const finished = ({ seq, customId }: LeasedItem, end: Omit<FinishedItem, 'seq' | 'customId'>): Ending => ({
  kind: 'finished',
  item: { seq, customId, ...end },
})

/** At once: beside the time a file takes at the provider, any delay is nothing. */
const returned = (
  { seq }: LeasedItem,
  item: ItemUsage & { refund: boolean; replies?: string },
): Extract<Ending, { kind: 'returned' }> => ({
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

/** Names an item in a file, and what its reply has to be read with. */
export const lineIdOf = (seq: number, mark: string): string => `${seq}.${mark}`

export function readLineId(id: string): { seq: number; mark: string } | undefined {
  const parts = /^(\d{1,10})\.([\w-]{16})$/.exec(id)
  return parts ? { seq: Number(parts[1]), mark: parts[2]! } : undefined
}
