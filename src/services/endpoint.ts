import { setTimeout as sleep } from 'node:timers/promises'
import { ServiceError } from '../domain/outcome.ts'
import { strictestFormat } from '../domain/reply-format.ts'
import { waitMilliseconds } from '../domain/retry-after.ts'
import { judge, nameOf, type UpstreamFailure, type Verdict } from '../domain/upstream-failure.ts'
import { type Attempt, unknownUsage } from '../domain/usage.ts'
import type { ChatCall, ChatModel, ChatReply } from './ports.ts'

export type Question = Omit<ChatCall, 'format' | 'model'> & { readonly model: string | undefined }

export interface AskOptions {
  readonly signal: AbortSignal
  /** When the request's own time ends, in milliseconds since the epoch. */
  readonly deadline: number
  /** Told of every call, also of those that fail. */
  readonly onAttempt: (attempt: Attempt) => void
}

/** A model that is asked until it answers, or until asking on is pointless. */
export interface Endpoint {
  readonly model: string
  /** @throws ServiceError refused, blocked, upstream_auth, upstream_config or upstream_unavailable */
  ask(question: Question, options: AskOptions): Promise<ChatReply>
}

export interface EndpointOptions {
  /** How often one question is asked at the most when calls fail. */
  readonly attempts: number
  /** The first back-off, in milliseconds; it doubles each time and is jittered. */
  readonly backoff: number
}

const longestBackoff = 20_000

/** The one owner of retries: nothing below or above it repeats a call that failed. */
export function createEndpoint(chatModel: ChatModel, { attempts, backoff }: EndpointOptions): Endpoint {
  return {
    model: chatModel.model,
    async ask({ model = chatModel.model, ...question }, { signal, deadline, onAttempt }) {
      const call: ChatCall = { ...question, model, format: strictestFormat }
      for (let attempt = 1; ; attempt++) {
        const start = performance.now()
        const result = await chatModel.complete(call, { signal })
        const report = (name: string, wait: number) =>
          onAttempt({
            endpoint: chatModel.endpoint,
            model: result.ok ? result.reply.model : model,
            result: name,
            elapsed_ms: Math.round(performance.now() - start),
            wait_ms: Math.round(wait),
            usage: result.ok ? result.reply.usage : unknownUsage,
          })
        if (result.ok) {
          const { finish } = result.reply
          report(finish === 'stop' ? 'reply' : finish, 0)
          return answered(result.reply)
        }
        const verdict = judge(result.failure)
        const wait = waitBefore(attempt, result.failure, backoff)
        const again = verdict.retry && attempt < attempts && Date.now() + wait < deadline
        report(nameOf(result.failure), again ? wait : 0)
        if (!again) throw failed(verdict, wait)
        await sleep(wait, undefined, { signal })
      }
    },
  }
}

function answered(reply: ChatReply): ChatReply {
  if (reply.finish === 'refusal') throw new ServiceError('refused', 'The model refused to answer for this text.')
  if (reply.finish === 'content_filter') {
    throw new ServiceError('blocked', 'The content filter of the model endpoint stopped the reply.')
  }
  return reply
}

/** What the endpoint asks for; else a jittered back-off, so that many callers do not return at once. */
function waitBefore(attempt: number, { headers, body }: UpstreamFailure, backoff: number): number {
  const asked = waitMilliseconds({ headers: headers ?? new Headers(), body, now: Date.now() })
  return asked ?? Math.min(longestBackoff, backoff * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2)
}

function failed({ code, retry, message }: Verdict, wait: number): ServiceError {
  return new ServiceError(code, message, retry ? { retryAfter: Math.max(1, Math.ceil(wait / 1000)) } : {})
}
