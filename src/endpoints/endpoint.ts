import { setTimeout as sleep } from 'node:timers/promises'
import { checkFinish, type Endpoint, type EndpointReply } from '../core/model/endpoint.ts'
import type { Verdict } from '../core/model/engine.ts'
import { type Engine, type EngineReply, isScores, nameOf, type UpstreamFailure } from '../core/model/engine.ts'
import type { WireSchema } from '../core/model/reply-schema.ts'
import { withoutThinking } from '../core/model/thinking.ts'
import { ServiceError } from '../core/outcome.ts'
import { waitMilliseconds } from '../core/time/retry-after.ts'
import { unknownUsage } from '../core/usage.ts'
import { isRateLimit, type Traffic } from './limits/traffic.ts'
import type { createLearnedForms, LearnedForm, Trial } from './request-form/learned-forms.ts'
import { judge } from './upstream-failure.ts'

export interface EndpointOptions {
  readonly forms: ReturnType<typeof createLearnedForms>
  readonly traffic: Traffic
  /** How often one question is asked at the most when calls fail. */
  readonly attempts: number
  /** The first back-off, in milliseconds; it doubles each time and is jittered. */
  readonly backoff: number
}

const longestBackoff = 20_000

/** The one owner of retries: nothing below or above it repeats a call that failed. */
export function createEndpoint(engine: Engine, { forms, traffic, attempts, backoff }: EndpointOptions): Endpoint {
  const askedWait = ({ headers, body }: UpstreamFailure) =>
    waitMilliseconds({ headers: headers ?? new Headers(), body, now: Date.now() })
  /** Jittered, so that many callers do not return at once. */
  const backoffAfter = (failures: number) =>
    Math.min(longestBackoff, backoff * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)

  return {
    name: engine.endpoint,
    model: engine.model,
    reads: engine.reads,
    circuit: (model = engine.model, source) => traffic.circuit(model, source),
    leftAlone: traffic.leftAlone,
    foundForm(model, schema) {
      const learned = forms.of(model)
      return learned.isSettled(schema) ? { form: learned.form(schema), enforced: learned.enforced(schema) } : undefined
    },
    formSteps: model => forms.of(model).steps(),
    async ask(
      { model = engine.model, ...question },
      { source, signal, deadline, onAttempt, onFailure, background = false, blankWith },
    ) {
      const learned = forms.of(model)
      const release = learned.isSettled() ? undefined : await learned.enter(signal)
      try {
        const trial = learned.begin(question, { blankWith })
        for (let failures = 0; ; ) {
          // Of the call alone: the model has nothing to do with the wait for a place.
          let took: number | undefined
          const call = async () => {
            const sentAt = performance.now()
            try {
              return await engine.complete({ ...question, model, form: trial.form(), part: trial.part?.() }, { signal })
            } finally {
              took = performance.now() - sentAt
            }
          }
          const waitAfter = (failure: UpstreamFailure) => {
            const asked = askedWait(failure)
            const own = backoffAfter(failures + 1)
            return asked === undefined || asked < backoff ? Math.max(asked ?? 0, own) : asked
          }
          const report = (name: string, wait: number, reply?: EngineReply) =>
            onAttempt({
              endpoint: engine.endpoint,
              requested_model: model,
              model: reply?.model ?? model,
              result: name,
              elapsed_ms: Math.round(took ?? 0),
              wait_ms: Math.round(wait),
              usage: reply?.usage ?? unknownUsage,
              cost_usd: reply?.cost ?? null,
            })
          const result = await traffic
            .pass(call, {
              ...{ model, source, signal, deadline, background },
              waitAfter,
            })
            .catch(error => {
              // A call that is cut may be billed all the same.
              if (took !== undefined && signal.aborted)
                report(signal.reason?.name === 'TimeoutError' ? 'deadline' : 'aborted', 0)
              throw error
            })
          if (result.ok) {
            const { finish } = result.reply
            report(finish === 'stop' ? 'reply' : finish, 0, result.reply)
            if (trial.accepted(result.reply) === 'again') continue
            return answered(trial, learned, question.schema)
          }
          const { failure } = result
          onFailure?.(failure)
          const verdict = judge(failure, { answered: learned.isSettled(), decides: engine.reads === 'questions' })
          const wait = waitAfter(failure)
          // A rate limit that says when to come back is taken at its word, and a wait as long as our own bounds the calls.
          const isTold = isRateLimit(failure) && (askedWait(failure) ?? 0) >= backoff
          const counted = isTold ? failures : failures + 1
          const isWorthAnother = verdict.retry && counted < attempts
          const again = isWorthAnother && performance.now() + wait < deadline
          // Many who find out at once would each pay for the same guesses.
          if (release === undefined && !learned.isSettled() && !verdict.retry) await learned.othersDone(signal)
          const change = trial.turnedDown(failure, { patient: again })
          if (change) {
            report(change.about === undefined ? nameOf(failure) : `rejected_${change.about}`, 0)
            if (change.next === 'again') continue
            return answered(trial, learned, question.schema)
          }
          release?.()
          failures = counted
          report(nameOf(failure), again ? wait : 0)
          if (!again) {
            if (trial.end()) return answered(trial, learned, question.schema)
            const told = trial.told(failure)
            // Calls that were broken off used the time up, whether or not its own timer has fired yet.
            if (isWorthAnother && told.kind === 'timeout')
              throw new ServiceError('deadline', verdict.message, { retryAfter: 1 })
            throw failed(told === failure ? verdict : judge(told), wait)
          }
          await sleep(wait, undefined, { signal })
        }
      } finally {
        release?.()
      }
    },
  }
}

function answered(trial: Trial, learned: LearnedForm, schema: WireSchema): EndpointReply {
  const { reply, form } = trial.answer()
  checkFinish(reply)
  if (reply.finish === 'length' && thought(reply)) learned.allowThinking()
  return { reply, form, enforced: learned.enforced(schema), observe: trial.observe }
}

/** Whether a reply that was cut went into thinking. */
const thought = (reply: EngineReply) => {
  if (isScores(reply)) return false
  const { text, usage } = reply
  return (usage.reasoning_tokens ?? 0) > 0 || text.trim() === '' || withoutThinking(text).text !== text
}

function failed({ code, message }: Verdict, wait: number): ServiceError {
  return new ServiceError(
    code,
    message,
    code === 'upstream_unavailable' ? { retryAfter: Math.max(1, Math.ceil(wait / 1000)) } : {},
  )
}
