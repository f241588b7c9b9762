import type { Answer, ClassifyRequest, Details } from '../domain/classification.ts'
import { ServiceError } from '../domain/outcome.ts'
import { type Attempt, isAnswered, sumCosts } from '../domain/usage.ts'
import type { Endpoint } from './endpoint.ts'
import type { createFallback } from './fallback.ts'
import { answerOf, type Finding, findingOf } from './finding.ts'
import { type KnownAnswers, knownAnswerOf } from './known-answers.ts'
import type { Ledger } from './ledger.ts'
import { createSharedFlights, type Seat } from './shared-flights.ts'
import type { ReadRequest, Tasks } from './tasks.ts'
import { limitTime, type TimeLimit } from './time-limit.ts'

export interface Classification {
  readonly answer: Answer
  readonly details: Details
  /** Whether the answer was known, or somebody else was already asking; `bypass` when the request forbade both. */
  readonly cache: 'hit' | 'miss' | 'bypass'
  /** Milliseconds that went by with asking the model, waits and all. */
  readonly modelTime: number
}

export interface ClassifyOptions {
  readonly signal: AbortSignal
  /** Who pays: the name of a key. */
  readonly account: string
  /** Whether the model is to say how sure it is, where it can. */
  readonly wantConfidence?: boolean
  /** Nobody waits for the answer, as in a batch: requests that somebody waits for go first. */
  readonly background?: boolean
  /** The name of an endpoint that is to be asked, and no other. */
  readonly endpoint?: string | undefined
}

interface AskingFor extends Required<Pick<ClassifyOptions, 'account' | 'background'>> {
  readonly only: Endpoint | undefined
  /** Where the answer is kept. */
  readonly key: string
}

export interface Classifier {
  /** @throws ServiceError with the code of the outcome; or the reason of `signal` when that was aborted */
  classify(request: ClassifyRequest, options: ClassifyOptions): Promise<Classification>
}

export interface ClassifierOptions {
  readonly tasks: Tasks
  readonly endpoints: ReturnType<typeof createFallback>
  readonly knownAnswers: KnownAnswers
  readonly ledger: Ledger
  /** The most time a request may take, in milliseconds. */
  readonly requestTimeout: number
  /** The most tokens of a reply, before it is raised for one that was cut. */
  readonly tokenCap: number
}

export function createClassifier({
  tasks,
  endpoints,
  knownAnswers,
  ledger,
  requestTimeout,
  tokenCap,
}: ClassifierOptions): Classifier {
  const flights = createSharedFlights<Finding>()
  return {
    classify(body, options) {
      try {
        const request = tasks.read(body, { wantConfidence: options.wantConfidence ?? false })
        return classifyRead(request, { ...options, alone: body.cache === false })
      } catch (error) {
        return Promise.reject(error)
      }
    },
  }

  /** Apart from the body, whose text no frame is to hold while the model thinks. */
  async function classifyRead(
    request: ReadRequest,
    { signal, account, background = false, endpoint, alone }: ClassifyOptions & { readonly alone: boolean },
  ): Promise<Classification> {
    const only = endpoint === undefined ? undefined : endpoints.choose(endpoint)
    const key = knownAnswers.keyOf(request, only)
    const start = performance.now()
    const timed = (cache: Classification['cache'], finding: Finding) => ({
      ...answerOf(request, finding, { cached: cache === 'hit' }),
      cache,
      modelTime: performance.now() - start,
    })
    const recalled = alone ? undefined : knownAnswers.recall(key, request)
    if (recalled) return timed('hit', findingOf(recalled))
    const { result, joined } = await share(request, { key, account, background, only }, { alone, signal })
    return timed(alone ? 'bypass' : joined || result.recalled ? 'hit' : 'miss', result)
  }

  /** Whoever is `alone` neither wants what is known nor shares what comes. */
  async function share(
    request: ReadRequest,
    asking: AskingFor,
    { alone, signal }: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<Seat<Finding>> {
    const shared = alone ? undefined : asking.key
    let started = false
    const start = async (controller: AbortController): Promise<Finding> => {
      started = true
      const stored = alone ? undefined : knownAnswers.lookUp(asking.key, request)
      const found = stored instanceof Promise ? await stored : stored
      return found ? findingOf(found) : ask(request, controller, asking)
    }
    const giveUpAt = performance.now() + requestTimeout
    try {
      return await flights.join(shared, start, signal)
    } catch (error) {
      const left = Math.floor(giveUpAt - performance.now())
      if (started || !(error instanceof ServiceError) || signal.aborted) throw error
      // Whoever asked first tells what it cost.
      if (error.code !== 'deadline' || left <= 0) throw error.withAttempts([])
      // The time that ran out was that of the one who asked first.
      const again = new AbortController()
      const leave = () => again.abort(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      const limit = limitTime(again, left)
      try {
        return await flights.join(shared, start, again.signal)
      } catch (late) {
        throw explained(late, { signal: again.signal, limit, attempts: [] })
      } finally {
        limit.end()
        signal.removeEventListener('abort', leave)
      }
    }
  }

  async function ask(
    request: ReadRequest,
    controller: AbortController,
    { key, account, background, only }: AskingFor,
  ): Promise<Finding> {
    const { signal } = controller
    const task = tasks.complete(request)
    const attempts: Attempt[] = []
    const costs: (number | null)[] = []
    const onAttempt = (attempt: Attempt): void => {
      attempts.push(attempt)
      if (isAnswered(attempt)) costs.push(ledger.book(account, attempt))
    }
    const limit = limitTime(controller, requestTimeout)
    const deadline = Date.now() + requestTimeout
    try {
      const answer = await endpoints.ask(task, { signal, deadline, onAttempt, tokenCap, background, only })
      const known = knownAnswerOf(answer)
      // A stand-in answers for now; the endpoint that was meant is asked again.
      if (only || answer.endpoint === endpoints.meant) knownAnswers.keep(key, known)
      const tags = answer.tags.map(({ tag, confidence }) => ({ id: tag.id, name: tag.name, confidence }))
      return { known, tags, attempts, cost: sumCosts(costs), recalled: false }
    } catch (error) {
      throw explained(error, { signal, limit, attempts })
    } finally {
      limit.end()
    }
  }
}

interface Circumstances {
  readonly signal: AbortSignal
  readonly limit: TimeLimit
  readonly attempts: readonly Attempt[]
}

/** An abort is told apart by whose it was; a failure carries what was asked, as that was paid for. */
function explained(error: unknown, { signal, limit, attempts }: Circumstances): unknown {
  const late = () => new ServiceError('deadline', 'The request took longer than REQUEST_TIMEOUT_MS.', { retryAfter: 1 })
  const reason = limit.isOver() ? late() : signal.aborted ? signal.reason : error
  return reason instanceof ServiceError ? reason.withAttempts(attempts) : reason
}
