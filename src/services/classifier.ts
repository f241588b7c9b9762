import type { Answer, ClassifyRequest, Details } from '../domain/classification.ts'
import { ServiceError } from '../domain/outcome.ts'
import { type Attempt, sumUsage } from '../domain/usage.ts'
import type { ModelAnswer } from './asking.ts'
import type { createFallback } from './fallback.ts'
import type { Prices } from './ports.ts'
import type { Task, Tasks } from './tasks.ts'

export interface Classification {
  readonly answer: Answer
  readonly details: Details
  /** Milliseconds that went by with asking the model, waits and all. */
  readonly modelTime: number
}

export interface ClassifyOptions {
  readonly signal: AbortSignal
  /** Whether the model is to say how sure it is, where it can. */
  readonly wantConfidence?: boolean
  /** Nobody waits for the answer, as in a batch: requests that somebody waits for go first. */
  readonly background?: boolean
}

export interface Classifier {
  /** @throws ServiceError with the code of the outcome; or the reason of `signal` when that was aborted */
  classify(request: ClassifyRequest, options: ClassifyOptions): Promise<Classification>
}

export interface ClassifierOptions {
  readonly tasks: Tasks
  readonly endpoints: ReturnType<typeof createFallback>
  readonly prices: Prices
  /** The most time a request may take, in milliseconds. */
  readonly requestTimeout: number
  /** The most tokens of a reply, before it is raised for one that was cut. */
  readonly tokenCap: number
}

export function createClassifier({
  tasks,
  endpoints,
  prices,
  requestTimeout,
  tokenCap,
}: ClassifierOptions): Classifier {
  return {
    async classify(request, { signal, wantConfidence = false, background = false }) {
      const task = tasks.prepare(request, { wantConfidence })
      const attempts: Attempt[] = []
      const timeout = AbortSignal.timeout(requestTimeout)
      const start = performance.now()
      const options = {
        signal: AbortSignal.any([signal, timeout]),
        deadline: Date.now() + requestTimeout,
        onAttempt: (attempt: Attempt) => attempts.push(attempt),
        tokenCap,
        background,
      }
      const answer = await endpoints.ask(task, options).catch(error => {
        throw explained(error, { signal, timeout, attempts })
      })
      return { ...classification(task, answer, attempts), modelTime: performance.now() - start }
    },
  }

  function classification(task: Task, answer: ModelAnswer, attempts: Attempt[]): Omit<Classification, 'modelTime'> {
    const { tags, dropped, reply, form, enforced, endpoint } = answer
    return {
      answer: { id: task.id, tags: tags.map(({ tag }) => tag.id) },
      details: {
        outcome: tags.length > 0 ? 'ok' : 'none_apply',
        tags: tags.map(({ tag, confidence }) => ({ id: tag.id, name: tag.name, confidence })),
        model: reply.model,
        endpoint,
        prompt: task.prompt.version,
        tag_list: task.tagList.version,
        max_tags: task.maxTags,
        format: { ...form.format, omitted: [...form.format.omitted], enforced },
        usage: sumUsage(attempts.map(({ usage }) => usage)),
        cost_usd: costOf(attempts),
        coverage: task.document.coverage,
        dropped: [...dropped],
        attempts,
        cached: false,
      },
    }
  }

  /** Of all attempts that got a reply; null when one of them has no known price. */
  function costOf(attempts: readonly Attempt[]): number | null {
    const paid = attempts.filter(({ usage }) => usage.input_tokens !== null || usage.output_tokens !== null)
    const costs = paid.map(({ model, usage }) => prices.cost(model, usage))
    return costs.length === 0 || costs.includes(null) ? null : costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
  }
}

interface Circumstances {
  readonly signal: AbortSignal
  readonly timeout: AbortSignal
  readonly attempts: readonly Attempt[]
}

/** An abort is told apart by whose it was; a failure carries what was asked, as that was paid for. */
function explained(error: unknown, { signal, timeout, attempts }: Circumstances): unknown {
  const late = () => new ServiceError('deadline', 'The request took longer than REQUEST_TIMEOUT_MS.', { retryAfter: 1 })
  const reason = signal.aborted ? signal.reason : timeout.aborted ? late() : error
  return reason instanceof ServiceError ? reason.withAttempts(attempts) : reason
}
