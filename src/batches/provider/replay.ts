import type { Ledger } from '../../accounting/index.ts'
import type { ClassifyRequest } from '../../core/classification.ts'
import type { Classifier } from '../../core/classifier.ts'
import { checkFinish, type Endpoint } from '../../core/model/endpoint.ts'
import type { Tasks } from '../../core/model/task.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { Prices } from '../../core/usage.ts'
import type { Metrics } from '../../observability/index.ts'
import { markOf, type PostponedAsking, type Step } from './postponed-questions.ts'

export interface ReplayParts {
  /** Reads out the replies that there are, and stops the recipe at the first question without one. */
  readonly endpoint: Endpoint
  readonly tasks: Tasks
  readonly ledger: Ledger
  readonly metrics: Pick<Metrics, 'attempt'>
  readonly onInvalidReply: Metrics['invalidReply']
}

export interface PostponedOptions extends Pick<ReplayParts, 'tasks' | 'ledger'> {
  /** The recipe of `/classify` over one endpoint. */
  readonly createClassifier: (parts: ReplayParts) => Classifier
  /** What the endpoint and its model are called. */
  readonly endpoint: string
  readonly model: string
  readonly metrics: Metrics
  /** Of the Batch API. */
  readonly prices: Prices
}

/**
 * The recipe of `/classify` with its middle cut out: it runs up to the question that has no reply yet, and can be run
 * again, any time later, with the reply. So what is asked and what is let through are the same as of a live call.
 */
export function createPostponedAsking({
  endpoint: name,
  model,
  metrics,
  prices,
  tasks: liveTasks,
  ledger: liveLedger,
  createClassifier,
}: PostponedOptions): PostponedAsking {
  return async (request, { signal, account, before }) => {
    const replies = [...(before?.replies ?? [])]
    let step: Step | undefined
    let isNew = false
    const stop = (found: Step) => {
      step = found
      return new Error('There is no reply yet.')
    }
    const postponed: Endpoint = {
      name,
      model,
      reads: 'messages',
      circuit: () => 'closed',
      leftAlone: () => [],
      foundForm: () => before?.found,
      formSteps: () => [],
      async ask(question, { onAttempt }) {
        const reply = replies.shift()
        if (before === undefined || reply === undefined)
          throw stop({ kind: 'question', question: { ...question, model: question.model ?? model } })
        if (replies.length === 0 && before.mark !== markOf(question)) throw stop({ kind: 'outdated' })
        const result = reply.finish === 'stop' ? 'reply' : reply.finish
        isNew = before.areNew && replies.length === 0
        onAttempt({
          endpoint: name,
          requested_model: question.model ?? model,
          model: reply.model,
          result,
          elapsed_ms: 0,
          wait_ms: 0,
          usage: reply.usage,
          cost_usd: reply.cost ?? null,
        })
        checkFinish(reply)
        return { reply, ...before.found, observe: () => {} }
      },
    }
    // What was booked when it came is not booked again when it is read again.
    const book: Ledger['book'] = (payer, call) => (isNew ? liveLedger.book(payer, call, prices) : prices.cost(call))
    const ledger = { ...liveLedger, book }
    const counted = {
      attempt: (...call: Parameters<Metrics['attempt']>) => {
        if (isNew) metrics.attempt(...call)
      },
    }
    const onInvalidReply = before?.areNew ? metrics.invalidReply : () => {}
    // What a file brings back is read once: there is no second round for what a text is about.
    const tasks: Tasks = {
      ...liveTasks,
      complete: read => ({ ...liveTasks.complete(read), withTopics: undefined }),
    }
    try {
      // A reply that was paid for is read, whether or not the answer has become known since.
      const asked: ClassifyRequest = before ? { ...request, cache: false, mode: 'full' } : request
      const classifier = createClassifier({ endpoint: postponed, tasks, ledger, metrics: counted, onInvalidReply })
      const { answer, details, cache } = await classifier.classify(asked, { signal, account })
      metrics.classification({ outcome: details.outcome, details, cache })
      return { kind: 'answered', answer, details }
    } catch (error) {
      if (step) return step
      if (error instanceof ServiceError) metrics.classification({ outcome: error.code, details: undefined })
      throw error
    }
  }
}
