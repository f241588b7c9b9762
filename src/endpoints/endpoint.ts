import { setTimeout as sleep } from 'node:timers/promises'
import { readComplaint } from '../domain/complaint.ts'
import { ServiceError } from '../domain/outcome.ts'
import { waitMilliseconds } from '../domain/retry-after.ts'
import { judge, nameOf, type UpstreamFailure, type Verdict } from '../domain/upstream-failure.ts'
import { type Attempt, unknownUsage } from '../domain/usage.ts'
import type { WireForm } from '../domain/wire-form.ts'
import type { createLearnedForms, LearnedForm, Observation } from './learned-forms.ts'
import type { ChatCall, ChatModel, ChatReply } from './ports.ts'
import { isRateLimit, type Traffic } from './traffic.ts'

export type Question = Omit<ChatCall, 'form' | 'model'> & { readonly model: string | undefined }

export interface AskOptions {
  readonly signal: AbortSignal
  /** When the request's own time ends, in milliseconds since the epoch. */
  readonly deadline: number
  /** Told of every call, also of those that fail. */
  readonly onAttempt: (attempt: Attempt) => void
  /** Nobody waits for the answer, as in a batch: those who do go first. */
  readonly background?: boolean
}

export interface FoundForm {
  readonly form: WireForm
  /** Whether the endpoint is known to hold itself to the schema it is sent. */
  readonly enforced: boolean
}

export interface EndpointReply extends FoundForm {
  readonly reply: ChatReply
  /** To be told what the reply was worth, so that silent neglect of the schema is found. */
  observe(observation: Observation): void
}

/** A model that is asked until it answers, or until asking on is pointless. */
export interface Endpoint {
  readonly name: string
  readonly model: string
  /** @throws ServiceError refused, blocked, upstream_auth, upstream_config or upstream_unavailable */
  ask(question: Question, options: AskOptions): Promise<EndpointReply>
  /** Whether it does nothing but fail and is left alone. */
  isDown(): boolean
  /** How a model was found to want to be asked; undefined before it was. */
  foundForm(model: string): FoundForm | undefined
}

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
export function createEndpoint(chatModel: ChatModel, { forms, traffic, attempts, backoff }: EndpointOptions): Endpoint {
  const askedWait = ({ headers, body }: UpstreamFailure) =>
    waitMilliseconds({ headers: headers ?? new Headers(), body, now: Date.now() })
  /** Jittered, so that many callers do not return at once. */
  const backoffAfter = (failures: number) =>
    Math.min(longestBackoff, backoff * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)

  return {
    name: chatModel.endpoint,
    model: chatModel.model,
    isDown: traffic.isDown,
    foundForm(model) {
      const learned = forms.of(model)
      return learned.isSettled() ? { form: learned.form(), enforced: learned.enforced() } : undefined
    },
    async ask({ model = chatModel.model, ...question }, { signal, deadline, onAttempt, background = false }) {
      const learned = forms.of(model)
      const release = learned.isSettled() ? () => {} : await learned.enter(signal)
      try {
        let form = learned.form()
        for (let failures = 1; ; ) {
          const start = performance.now()
          const result = await traffic.pass(() => chatModel.complete({ ...question, model, form }, { signal }), {
            signal,
            deadline,
            background,
            waitAfter: failure => askedWait(failure) ?? backoffAfter(failures),
          })
          const report = (name: string, wait: number) =>
            onAttempt({
              endpoint: chatModel.endpoint,
              requested_model: model,
              model: result.ok ? result.reply.model : model,
              result: name,
              elapsed_ms: Math.round(performance.now() - start),
              wait_ms: Math.round(wait),
              usage: result.ok ? result.reply.usage : unknownUsage,
            })
          if (result.ok) {
            const { finish } = result.reply
            report(finish === 'stop' ? 'reply' : finish, 0)
            return answered(result.reply, form, learned)
          }
          const complaint = readComplaint(result.failure)
          const next = complaint && learned.adapt(form, complaint)
          if (next) {
            report(`rejected_${complaint.about}`, 0)
            form = next
            continue
          }
          release()
          const verdict = judge(result.failure)
          const asked = askedWait(result.failure)
          const wait = asked ?? backoffAfter(failures)
          // An endpoint that says when to come back is taken at its word; only silence uses up attempts.
          if (asked === undefined || !isRateLimit(result.failure)) failures += 1
          const again = verdict.retry && failures <= attempts && Date.now() + wait < deadline
          report(nameOf(result.failure), again ? wait : 0)
          if (!again) throw failed(verdict, wait)
          await sleep(wait, undefined, { signal })
        }
      } finally {
        release()
      }
    },
  }
}

function answered(reply: ChatReply, form: WireForm, learned: LearnedForm): EndpointReply {
  learned.settle()
  checkFinish(reply)
  if (reply.finish === 'length' && thought(reply)) learned.allowThinking()
  return {
    reply,
    form,
    enforced: learned.enforced(),
    observe: observation => learned.observe(form, observation),
  }
}

/** @throws ServiceError when the reply is that there will be none */
export function checkFinish(reply: ChatReply): void {
  if (reply.finish === 'refusal') throw new ServiceError('refused', 'The model refused to answer for this text.')
  if (reply.finish === 'content_filter') {
    throw new ServiceError('blocked', 'The content filter of the model endpoint stopped the reply.')
  }
}

/** Whether a reply that was cut went into thinking. */
const thought = ({ text, usage }: ChatReply) =>
  (usage.reasoning_tokens ?? 0) > 0 || text.trim() === '' || text.trimStart().startsWith('<think')

function failed({ code, message }: Verdict, wait: number): ServiceError {
  return new ServiceError(
    code,
    message,
    code === 'upstream_unavailable' ? { retryAfter: Math.max(1, Math.ceil(wait / 1000)) } : {},
  )
}
