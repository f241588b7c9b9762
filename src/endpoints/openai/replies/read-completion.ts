import { z } from 'zod'
import { parseJson } from '../../../core/json-fault.ts'
import type { TextReply, TextResult } from '../../../core/model/engine.ts'
import { readJson } from '../../../core/model/json-candidates.ts'
import { cleanName } from '../../../core/names.ts'
import { endingOf } from './finish-reasons.ts'
import { anything, conclusionOf, saidIn, thoughtIn, WireMessage } from './read-message.ts'
import { readCost, readUsage } from './read-usage.ts'
import { malformed, toldFailure } from './told-failure.ts'

const WireChoice = z.object({
  message: WireMessage,
  finish_reason: anything,
  native_finish_reason: anything,
  logprobs: anything,
})

/** Only the choice has to be there; what else is read is tolerated in any form, and taken where it is the right one. */
const WireCompletion = z.object({
  model: anything,
  choices: z.tuple([WireChoice], z.unknown()),
  usage: anything,
})
type WireCompletion = z.infer<typeof WireCompletion>

const WireLogprobs = z.object({
  content: z.array(
    z.object({
      token: z.string(),
      logprob: z.number(),
      top_logprobs: z
        .array(z.object({ token: z.string(), logprob: z.number() }))
        .nullish()
        .catch(null),
    }),
  ),
})

export interface CompletionOptions {
  /** The model that was asked. */
  readonly model: string
  readonly headers: Headers | undefined
  /** The most tokens that were asked for; undefined where none were, or nobody knows any more. */
  readonly tokenCap?: number | undefined
}

/** Reads what an endpoint sent with status 200: a completion, an error in disguise, or something else. */
export function readCompletion(body: unknown, options: CompletionOptions): TextResult {
  const { headers } = options
  const value = typeof body === 'string' ? parseJson(body) : body
  const told = toldFailure(value, headers)
  if (told) return { ok: false, failure: told }
  const completion = WireCompletion.safeParse(value)
  const failure = { ...malformed(body, headers), body: value }
  if (!completion.success) return { ok: false, failure }
  const reply = readReply(completion.data, options)
  return reply ? { ok: true, reply } : { ok: false, failure: { ...failure, code: 'error', text: '' } }
}

/** Undefined when the reply ended in an error of the endpoint. */
function readReply(
  { model, choices, usage: wireUsage }: WireCompletion,
  { model: askedModel, headers, tokenCap }: CompletionOptions,
): TextReply | undefined {
  const [{ message, finish_reason, native_finish_reason, logprobs }] = choices
  const usage = readUsage(wireUsage)
  const said = saidIn(message)
  const thought = said.trim() === '' ? thoughtIn(message) : ''
  const endings = [finish_reason, native_finish_reason].map(reason => endingOf(wordOf(reason) ?? ''))
  const told = endings.find(ending => ending !== undefined && ending !== 'stop') ?? endings[0]
  const ending = wordOf(message.refusal) === undefined ? told : 'refusal'
  if (ending === 'error') return undefined
  const finish =
    ending === undefined || ending === 'stop'
      ? judgedFinish(said + thought, { isKnown: ending === 'stop', tokens: usage.output_tokens, tokenCap })
      : ending
  return {
    text: (thought === '' ? undefined : conclusionOf(thought, { cut: finish === 'length' })) ?? said,
    model: cleanName(model) ?? askedModel,
    finish,
    usage,
    cost: readCost(wireUsage),
    tokens: readTokens(logprobs),
    headers,
  }
}

interface Evidence {
  /** Whether the endpoint said in known words that the model was done. */
  readonly isKnown: boolean
  readonly tokens: number | null
  readonly tokenCap: number | undefined
}

/**
 * Some servers say `stop` for a reply that they cut, or nothing that is known here. Then the tokens tell, and where
 * they do not, whether what came breaks off. Nobody stops of their own in the middle of a thought.
 */
function judgedFinish(text: string, { isKnown, tokens, tokenCap }: Evidence): 'stop' | 'length' {
  const isCounted = tokens !== null && tokenCap !== undefined
  if (isCounted && tokens === tokenCap) return 'length'
  const { isWhole, breaksOff } = readJson(text)
  if (isWhole || breaksOff === undefined) return 'stop'
  return breaksOff === 'thought' || !isKnown || !isCounted ? 'length' : 'stop'
}

const wordOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

function readTokens(logprobs: unknown): TextReply['tokens'] {
  if (logprobs === undefined || logprobs === null) return undefined
  const tokens = WireLogprobs.safeParse(logprobs).data?.content ?? []
  if (tokens.length === 0) return undefined
  return tokens.map(({ token, logprob, top_logprobs }) => ({
    text: token,
    logprob,
    alternatives: (top_logprobs ?? []).map(other => ({ text: other.token, logprob: other.logprob })),
  }))
}
