import type { FinishedItem, ItemUsage } from '../domain/batch.ts'
import { isCongestion, nextStep } from '../domain/item-retry.ts'
import { ServiceError } from '../domain/outcome.ts'
import { judge } from '../domain/upstream-failure.ts'
import type { BatchContext, Ending } from './batch-item-run.ts'
import { itemError, requestOf } from './batch-items.ts'
import { answerOutput } from './batch-results.ts'
import type { FoundForm } from './endpoint.ts'
import type { LeasedItem } from './ports/store.ts'
import type { ChatReply, ChatResult, Prices } from './ports.ts'
import type { PostponedAsking, PostponedQuestion, Step } from './postponed-asking.ts'

export interface ProviderItemsOptions {
  readonly asking: PostponedAsking
  /** Of the Batch API. */
  readonly prices: Prices
}

export interface ArrivedReply {
  readonly result: ChatResult
  readonly mark: string
  readonly found: FoundForm
}

interface ItemOptions extends BatchContext {
  readonly signal: AbortSignal
}

/** Replies to an item that held nothing valid, for which it is asked once more. */
interface EarlierReplies {
  readonly mark: string
  readonly replies: readonly ChatReply[]
}

const nothing: ItemUsage = { inputTokens: 0, outputTokens: 0, costUsd: 0 }
const longestReply = 2_000

export type ProviderItems = ReturnType<typeof createProviderItems>

/** One item on its way through the Batch API: what to ask for it, and how it ends with what came back. */
export function createProviderItems({ asking, prices }: ProviderItemsOptions) {
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
      return failed(item, thrown, nothing)
    }
  }

  async function ending(
    item: LeasedItem,
    arrived: ArrivedReply,
    { settings, account, signal }: ItemOptions,
  ): Promise<Ending> {
    const { result, mark, found } = arrived
    if (!result.ok) {
      const { code, message } = judge(result.failure)
      return failed(item, new ServiceError(code, message), nothing)
    }
    const earlier = earlierOf(item)
    const replies = [...(earlier?.mark === mark ? earlier.replies : []), result.reply]
    const used = usageOf(result.reply)
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
      return failed(item, thrown, used)
    }
  }

  function usageOf({ model, usage }: ChatReply): ItemUsage {
    const { input_tokens, output_tokens } = usage
    return { inputTokens: input_tokens ?? 0, outputTokens: output_tokens ?? 0, costUsd: prices.cost(model, usage) }
  }

  return { question, ending, failed }
}

export const isQuestion = (found: PostponedQuestion | Ending): found is PostponedQuestion => 'messages' in found

function answered(item: LeasedItem, step: Exclude<Step, { kind: 'question' }>, used: ItemUsage): Ending {
  if (step.kind === 'outdated') return returned(item, { ...used, refund: true })
  const { answer, details } = step.classification
  const output = answerOutput(answer.tags, details)
  return finished(item, { succeeded: true, outcome: details.outcome, output, ...used })
}

/** Asked again where that may help; what a model was asked twice for is at its end. */
function failed(item: LeasedItem, thrown: unknown, used: ItemUsage = nothing): Ending {
  const error =
    thrown instanceof ServiceError
      ? thrown
      : new ServiceError('internal', 'Something broke in the service.', { cause: thrown })
  const { code } = error
  const next = nextStep(code, { attempts: item.attempts, excused: false })
  if (next.step === 'pause') return { ...returned(item, { ...used, refund: true }), because: 'key' }
  if (next.step === 'return' && isCongestion(code)) return returned(item, { ...used, refund: false })
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
const withoutAside = (reply: ChatReply): ChatReply => ({
  ...reply,
  text: reply.text.slice(0, longestReply),
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
