import { admit } from './admission.ts'
import { authorize } from './authorization.ts'
import { type Completion, chunksOf, complete, limitIn, wholeBody } from './completion.ts'
import { createDecider } from './decisions.ts'
import type { Dialect } from './dialect.ts'
import { createModelDialects } from './dialect-files.ts'
import { refusalBody } from './error-bodies.ts'
import { type ContentFault, type FaultName, isContentFault, type TransportFault } from './fault-names.ts'
import { createAskedFaults, createFaults, type FaultMix } from './faults.ts'
import { createPrefixCache } from './prefix-cache.ts'
import { readMessages } from './prompt-reading.ts'
import { bucketHeaders, createTokenBucket, limitedReply, type RateLimitOptions } from './rate-limit.ts'
import { json, type Reply, rawReply, spoil, transportFault, type Wire, wildAnswer } from './replies.ts'
import { isObject, type JsonObject } from './schema-reading.ts'
import { type Frame, streamText } from './send.ts'
import { type Choose, createStandIn, type Draft } from './stand-in.ts'
import { estimateTokens } from './tokens.ts'
import { isWildFault, wildFaults } from './wild-faults.ts'

export interface Played {
  readonly name: string
  readonly headers: Record<string, string>
  readonly wire?: Wire
  readonly chunks?: Iterable<Frame>
}

export interface RespondentOptions {
  readonly dialect: Dialect
  readonly faults: FaultMix
  readonly seed: number
  readonly choose?: Choose | undefined
  readonly rateLimit?: RateLimitOptions | undefined
}

type PlayedAnswer = Omit<Played, 'headers'>

/** Decides what each request gets: the next line of the script, a fault, a refusal, or a completion. */
export function createRespondent(options: RespondentOptions) {
  const dialectOf = createModelDialects(options.dialect)
  let faults = options.faults
  let drawFault = createFaults(faults)
  const bucket = options.rateLimit && createTokenBucket(options.rateLimit)
  const { cached_from, cached_step } = options.dialect.usage
  const prefixes = createPrefixCache(cached_from, cached_step)
  const standIn = createStandIn(options)
  const faultAskedFor = createAskedFaults()
  const filled = new Map<string, number>()
  const decide = createDecider()
  let serial = 0

  function promptOf(body: JsonObject, text: string, { usage }: Dialect) {
    const schema = usage.schema_in_prompt ? JSON.stringify([body.response_format, body.tools]) : ''
    const keyed = !usage.cache_key_needed || typeof body.prompt_cache_key === 'string'
    // OpenAI puts the schema before the system message ("Structured outputs" guide), so a cached prefix begins with it.
    const whole = schema + text
    const tokens = Math.min(estimateTokens(whole), usage.context_tokens ?? Number.MAX_VALUE)
    const cachedTokens = keyed ? prefixes.seen(whole) : 0
    return { tokens, cachedTokens: Math.min(cachedTokens, tokens) }
  }

  function quirkOf(kind: string, dialect: Dialect): FaultName | undefined {
    const quirk = dialect.quirks.find(({ on }) => on === kind)
    if (!quirk) return undefined
    const count = (filled.get(kind) ?? 0) + 1
    filled.set(kind, count)
    return count % (quirk.after + 1) === 0 ? quirk.play : undefined
  }

  function filledOrder(
    body: JsonObject,
    dialect: Dialect,
    asked: FaultName | undefined,
    script?: string,
  ): PlayedAnswer {
    const messages = readMessages(body.messages)
    const text = messages.map(message => `${message.role}\n${message.text}\n`).join('')
    const { context_tokens: context, context_rejection: rejection } = dialect.usage
    const tooLong = rejection && context !== undefined && estimateTokens(text) > context
    if (tooLong && script === undefined) {
      const slots = { count: `${estimateTokens(text)}`, limit: `${context}` }
      return { name: 'rejected', wire: json(rejection.status, refusalBody({ rejection, slots }, dialect)) }
    }
    const admission = script === undefined ? admit(body, dialect) : undefined
    if (admission?.refusal) {
      const { rejection: refused } = admission.refusal
      return { name: 'rejected', wire: json(refused.status, refusalBody(admission.refusal, dialect)) }
    }
    const order = admission?.order ?? ({ kind: 'prompt', channel: 'content', hold: 'free' } as const)
    const question = standIn.ask(body, messages, order)
    const fault = asked ?? faultAskedFor(question.document) ?? quirkOf(order.kind, dialect)
    const content: ContentFault | undefined = fault && isContentFault(fault) ? fault : undefined
    const wild = fault && isWildFault(fault) ? wildFaults[fault] : undefined
    if (wild?.answer) return { name: fault!, wire: wildAnswer(wild.answer(question.document, faults.waitMs ?? 1000)) }
    const finish = (): Completion => {
      const draft: Draft = standIn.answer(question, dialect, content === 'off_list')
      const spoiled = wild?.spoil?.(draft) ?? spoil(draft, content)
      const worded = script === undefined ? spoiled : { ...draft, text: script }
      const id = `chatcmpl-fake${(++serial).toString(36).padStart(8, '0')}`
      const completion = complete(id, body, worded, { dialect, prompt: promptOf(body, text, dialect) })
      const { usage } = completion
      return usage && wild?.count ? { ...completion, usage: wild.count(usage, limitIn(body, dialect)) } : completion
    }
    if (fault && !isContentFault(fault) && !isWildFault(fault))
      return { name: fault, wire: replaced(fault, body, dialect, finish) }
    const name = script === undefined ? (fault ?? 'ok') : 'scripted'
    if (body.stream === true) {
      const chunks = streamOf(finish(), body, dialect)
      return { name, chunks: wild?.stream?.([...chunks]) ?? chunks }
    }
    const sound = wholeBody(finish(), dialect)
    return { name, wire: json(200, wild?.whole?.(sound) ?? sound) }
  }

  function streamOf(completion: Completion, body: JsonObject, dialect: Dialect): Iterable<JsonObject> {
    const asked = isObject(body.stream_options) && body.stream_options.include_usage === true
    return chunksOf(completion, dialect, asked)
  }

  function replaced(fault: TransportFault, body: JsonObject, dialect: Dialect, finish?: () => Completion): Wire {
    const waitMs = faults.waitMs ?? 1000
    const whole = () => {
      if (!finish) return { text: '' }
      if (body.stream !== true) return { text: JSON.stringify(wholeBody(finish(), dialect)) }
      return { text: streamText(streamOf(finish(), body, dialect)), type: 'text/event-stream' }
    }
    return transportFault(fault, { dialect, waitMs, whole })
  }

  function answer(
    body: JsonObject,
    credentials: string | undefined,
    reply: Reply | undefined,
    asked: 'chat' | 'decisions' = 'chat',
  ): Played {
    const dialect = dialectOf(body.model)
    const { headers } = dialect
    if (typeof reply === 'string') return { headers, ...filledOrder(body, dialect, undefined, reply) }
    if (reply && 'status' in reply) return { headers, name: 'scripted', wire: rawReply(reply) }
    const denied = reply ? undefined : authorize(credentials, body, dialect)
    if (denied) return { headers, name: 'denied', wire: denied }
    const permit = reply ? undefined : bucket?.take()
    const told = permit ? { ...headers, ...bucketHeaders(permit, dialect.rate_limit.headers) } : headers
    if (permit?.granted === false) return { headers: told, name: 'limited', wire: limitedReply(permit, dialect) }
    const fault = reply?.fault ?? dialect.fault ?? drawFault()
    const early = fault !== undefined && !isContentFault(fault) && !isWildFault(fault) && fault !== 'truncated_envelope'
    if (early) return { headers: told, name: fault, wire: replaced(fault, body, dialect) }
    if (asked === 'decisions') return { headers: told, ...decide(body, dialect) }
    return { headers: told, ...filledOrder(body, dialect, fault) }
  }

  return {
    answer,
    setFaults(mix: FaultMix): void {
      faults = mix
      drawFault = createFaults(mix)
    },
  }
}
