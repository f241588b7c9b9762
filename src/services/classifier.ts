import type { Answer, ClassifyRequest, Details } from '../domain/classification.ts'
import { ServiceError } from '../domain/outcome.ts'
import { strictestFormat } from '../domain/reply-format.ts'
import { type Attempt, sumUsage } from '../domain/usage.ts'
import { askForTags, type ModelAnswer } from './asking.ts'
import type { Endpoint } from './endpoint.ts'
import type { Prices } from './ports.ts'
import type { Task, Tasks } from './tasks.ts'

export interface Classification {
  readonly answer: Answer
  readonly details: Details
  /** Milliseconds that the model took, over all attempts. */
  readonly modelTime: number
}

export interface Classifier {
  /** @throws ServiceError with the code of the outcome; or the reason of `signal` when that was aborted */
  classify(request: ClassifyRequest, options: { signal: AbortSignal }): Promise<Classification>
}

export interface ClassifierOptions {
  readonly tasks: Tasks
  readonly endpoint: Endpoint
  readonly prices: Prices
  /** The most time a request may take, in milliseconds. */
  readonly requestTimeout: number
  /** The most tokens of a reply, before it is raised for one that was cut. */
  readonly tokenCap: number
}

export function createClassifier({ tasks, endpoint, prices, requestTimeout, tokenCap }: ClassifierOptions): Classifier {
  return {
    async classify(request, { signal }) {
      const task = tasks.prepare(request)
      const attempts: Attempt[] = []
      const timeout = AbortSignal.timeout(requestTimeout)
      const answer = await askForTags(endpoint, task, {
        signal: AbortSignal.any([signal, timeout]),
        deadline: Date.now() + requestTimeout,
        onAttempt: attempt => attempts.push(attempt),
        tokenCap,
      }).catch(error => {
        throw explained(error, { signal, timeout, attempts })
      })
      return classification(task, answer, attempts)
    },
  }

  function classification(task: Task, { tags, dropped, reply }: ModelAnswer, attempts: Attempt[]): Classification {
    const usage = sumUsage(attempts.map(attempt => attempt.usage))
    return {
      answer: { id: task.id, tags: tags.map(tag => tag.id) },
      details: {
        outcome: tags.length > 0 ? 'ok' : 'none_apply',
        tags: tags.map(({ id, name }) => ({ id, name, confidence: null })),
        model: reply.model,
        endpoint: attempts.at(-1)?.endpoint ?? '',
        prompt: task.prompt.version,
        tag_list: task.tagList.version,
        max_tags: task.maxTags,
        format: strictestFormat,
        usage,
        cost_usd: prices.cost(reply.model, usage),
        coverage: task.document.coverage,
        dropped: [...dropped],
        attempts,
        cached: false,
      },
      modelTime: attempts.reduce((sum, attempt) => sum + attempt.elapsed_ms, 0),
    }
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
