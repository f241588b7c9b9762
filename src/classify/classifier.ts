import type { Ledger } from '../accounting/index.ts'
import { answerOf, type Finding, type KnownAnswers } from '../answers/index.ts'
import type { Calibrations } from '../core/calibration.ts'
import type { Classification, Classifier, ClassifyOptions } from '../core/classifier.ts'
import type { Correction, Corrections } from '../core/corrections.ts'
import type { EncodeOptions, Encoder } from '../core/model/endpoint.ts'
import { callerOf, type Endpoint } from '../core/model/endpoint.ts'
import type { ReadRequest, Tasks } from '../core/model/task.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Attempt } from '../core/usage.ts'
import type { Metrics } from '../observability/index.ts'
import { findingBy } from './ask-for-tags.ts'
import { weighed } from './certainty.ts'
import type { CheapMode } from './cheap-mode.ts'
import { personsFinding, withoutRejected } from './corrections.ts'
import type { createFallback } from './fallback.ts'
import { createSharedCalls, type SharedResult } from './shared-calls.ts'
import { explained, limitTime, type TimeLimit } from './time-limit.ts'

interface AskingFor extends Required<Pick<ClassifyOptions, 'account' | 'background' | 'canWait'>> {
  readonly onReply: ClassifyOptions['onReply']
  readonly only: Endpoint | undefined
  /** Where the answer is kept. */
  readonly key: string
  /** The most time it may take, in milliseconds. */
  readonly timeout: number
}

interface CheapAsking extends Required<Pick<ClassifyOptions, 'signal' | 'account' | 'background'>> {
  readonly said: Correction | undefined
}

export interface ClassifierOptions {
  readonly tasks: Tasks
  readonly endpoints: ReturnType<typeof createFallback>
  readonly knownAnswers: KnownAnswers
  /** Undefined where nobody gives feedback. */
  readonly corrections?: Corrections | undefined
  /** Undefined where nothing was measured. */
  readonly calibrations?: Calibrations | undefined
  /** Undefined where there is no model that could be spared. */
  readonly cheapMode?: CheapMode | undefined
  /** Undefined where none is set. */
  readonly encoder?: Encoder | undefined
  readonly ledger: Pick<Ledger, 'book'>
  readonly metrics: Pick<Metrics, 'attempt'>
  /** The most time a request may take, in milliseconds. */
  readonly requestTimeout: number
  /** The most tokens of a reply, before it is raised for one that was cut. */
  readonly tokenCap: number
}

export function createClassifier({
  tasks,
  endpoints,
  knownAnswers,
  corrections,
  calibrations,
  cheapMode,
  encoder,
  ledger,
  metrics,
  requestTimeout,
  tokenCap,
}: ClassifierOptions): Classifier {
  const sharedCalls = createSharedCalls<Finding>()
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
    given: ReadRequest,
    {
      signal,
      account,
      background = false,
      canWait = false,
      endpoint,
      alone,
      onReply,
    }: ClassifyOptions & { readonly alone: boolean },
  ): Promise<Classification> {
    const only = endpoint === undefined ? undefined : endpoints.choose(endpoint)
    const start = performance.now()
    const reading = corrections?.of(given, account)
    const said = reading instanceof Promise ? await reading : reading
    const { learn, examples } = given.prompt.settings
    const learned = learn || examples ? await corrections?.confirmed(given, account) : undefined
    const request = learn || examples ? tasks.taught(given, learned) : given
    const key = knownAnswers.keyOf(endpoints.learns(only) ? request : { ...request, learned: undefined }, only)
    const answered = (cache: Classification['cache'], finding: Finding) =>
      timed(cache, weighed(withoutRejected(finding, said), request, calibrations))
    const timed = (cache: Classification['cache'], finding: Finding) => ({
      ...answerOf(request, finding, { cached: cache === 'hit' }),
      cache,
      modelTime: performance.now() - start,
    })
    if (said?.answer) return timed('hit', personsFinding(request, said.answer))
    const recalled = alone ? undefined : knownAnswers.recall(key, request)
    if (recalled) return answered('hit', recalled)
    if (cheapMode && request.isCheap) {
      // What a model answered before costs nothing either.
      const stored = alone ? undefined : await knownAnswers.lookUp(key, request)
      if (stored) return answered('hit', stored)
      const cheap = await askCheaply(request, cheapMode, { account, background, signal, said })
      if (cheap) return answered('miss', cheap)
    }
    const { result, joined } = await share(
      request,
      { key, account, background, canWait, only, onReply },
      { alone, signal },
    )
    return answered(alone ? 'bypass' : joined || result.recalled ? 'hit' : 'miss', result)
  }

  /** Only what stands is booked: where the model is asked after all, the ranker was no attempt of its. */
  async function askCheaply(
    request: ReadRequest,
    { answer }: CheapMode,
    { account, background, signal, said }: CheapAsking,
  ): Promise<Finding | undefined> {
    const source = { caller: callerOf({ account, background }), text: request.document.digest }
    const deadline = performance.now() + requestTimeout
    const rejected = said?.rejected ?? new Set()
    const found = await answer(tasks.complete(request), { source, signal, deadline, tokenCap, background, rejected })
    if (!found) return undefined
    const attempts = found.attempts.map(told => ({ ...told, cost_usd: ledger.book(account, told) }))
    for (const attempt of attempts) metrics.attempt(attempt, undefined)
    return { ...found, attempts }
  }

  /** Whoever is `alone` neither wants what is known nor shares what comes. */
  async function share(
    request: ReadRequest,
    asking: Omit<AskingFor, 'timeout'>,
    { alone, signal }: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<SharedResult<Finding>> {
    // A call that may end at the last resort is of no use to those who can wait.
    const shared = alone ? undefined : `${asking.canWait && endpoints.hasLastResort ? 'waits ' : ''}${asking.key}`
    const giveUpAt = performance.now() + requestTimeout
    const left = () => Math.floor(giveUpAt - performance.now())
    let started = false
    let limit: TimeLimit | undefined
    const start = async (controller: AbortController): Promise<Finding> => {
      started = true
      // The call has a limit of its own, which lets it tell of its attempts before it ends.
      limit?.end()
      const stored = alone ? undefined : knownAnswers.lookUp(asking.key, request)
      const found = stored instanceof Promise ? await stored : stored
      return found ?? ask(request, controller, { ...asking, timeout: left() })
    }
    try {
      return await sharedCalls.join(shared, start, signal)
    } catch (error) {
      if (started || !(error instanceof ServiceError) || signal.aborted) throw error
      // Whoever asked first tells what it cost.
      if (error.code !== 'deadline' || left() <= 0) throw error.withAttempts([])
      // The time that ran out was that of the one who asked first.
      const again = new AbortController()
      const leave = () => again.abort(signal.reason)
      signal.addEventListener('abort', leave, { once: true })
      limit = limitTime(again, left())
      try {
        return await sharedCalls.join(shared, start, again.signal)
      } catch (late) {
        throw started ? late : explained(late, { signal: again.signal, limit, attempts: [] })
      } finally {
        limit.end()
        signal.removeEventListener('abort', leave)
      }
    }
  }

  /** With what the encoder says, where there is one and the ranker has a part in the answer. */
  async function encoded(
    request: ReadRequest,
    { reads, ...options }: EncodeOptions & Pick<Endpoint, 'reads'>,
  ): Promise<ReadRequest> {
    if (!encoder || (reads !== 'list' && !tasks.isRanked(request))) return request
    const found = await encoder.encode(request.tagList, request.document.text(), options)
    return { ...request, encoded: found ?? 'failed' }
  }

  async function ask(
    request: ReadRequest,
    controller: AbortController,
    { key, account, background, canWait, only, timeout, onReply }: AskingFor,
  ): Promise<Finding> {
    const { signal } = controller
    const attempts: Attempt[] = []
    const booked = (told: Attempt, before?: Attempt): Attempt => {
      const attempt = { ...told, cost_usd: ledger.book(account, told) }
      metrics.attempt(attempt, before)
      attempts.push(attempt)
      return attempt
    }
    let before: Attempt | undefined
    const onAttempt = (told: Attempt): void => {
      before = booked(told, before)
    }
    const limit = limitTime(controller, timeout)
    const deadline = performance.now() + timeout
    try {
      const source = { caller: callerOf({ account, background }), text: request.document.digest }
      const task = tasks.complete(
        await encoded(request, { reads: (only ?? endpoints.meant).reads, source, signal, onAttempt: booked }),
      )
      const asking = { source, signal, deadline, onAttempt, tokenCap, background, canWait, only, onReply }
      const answer = await endpoints.ask(task, asking)
      const found = findingBy(answer, attempts)
      // A stand-in answers for now; the endpoint that was meant is asked again.
      const isMeant = only !== undefined || answer.endpoint === endpoints.meant.name
      if (isMeant && task.encoded !== 'failed') knownAnswers.keep(key, found.known)
      return found
    } catch (error) {
      throw explained(error, { signal, limit, attempts })
    } finally {
      limit.end()
    }
  }
}
