import type { OpenAI } from 'openai'
import { Stream } from 'openai/streaming'
import { z } from 'zod'
import { readJson } from '../../../core/model/json-candidates.ts'
import { anything, argumentsOf, contentOf, saidIn } from './read-message.ts'
import { toldFailure } from './told-failure.ts'

const text = z.string().nullish().catch(null)
const Delta = z.object({
  content: anything,
  refusal: text,
  reasoning_content: text,
  reasoning: text,
  tool_calls: z
    .array(
      z.object({
        index: z.int().nullish().catch(null),
        function: z.object({ arguments: anything }).nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
})
const Choice = z.object({
  delta: Delta.nullish().catch(null),
  message: anything,
  finish_reason: anything,
  native_finish_reason: anything,
  logprobs: z
    .object({ content: z.array(z.unknown()) })
    .nullish()
    .catch(null),
})
const Chunk = z.object({ model: anything, usage: anything, choices: z.array(Choice).nullish().catch(null) })

/** Whether a body is a stream of events, whatever it is called and whether or not one was asked for. */
export const isEventStream = (body: string): boolean =>
  /^\uFEFF?\s*(?::|(?:data|event|id|retry):)/.test(body.slice(0, 200))

interface ServerSentEvent {
  readonly event: string | null
  readonly data: unknown
}

/** The SDK's own decoder. It logs, as its client does, what it cannot read. */
const eventsIn = (body: string, client: OpenAI) =>
  Stream.fromSSEResponse<ServerSentEvent>(new Response(`${body}\n\n`), new AbortController(), client, true, 'events')

/**
 * Puts the pieces of a streamed completion together, in the shape that one comes in as a whole. An event that tells of
 * an error is what came, whatever came before it.
 * @throws SyntaxError when an event holds no JSON, or the stream ended before the reply did
 */
export async function readStream(body: string, client: OpenAI): Promise<unknown> {
  const written = { content: '', refusal: '', reasoning_content: '', reasoning: '' }
  const calls = new Map<number, string>()
  let lastCall = 0
  let finish: unknown
  let nativeFinish: unknown
  let model: unknown
  let usage: unknown
  const logprobs: unknown[] = []
  for await (const { event, data } of eventsIn(body, client)) {
    if (toldFailure(data, undefined)) return data
    if (event === 'error') return { error: data }
    const chunk = Chunk.safeParse(data).data
    model ??= chunk?.model
    usage = chunk?.usage ?? usage
    const choice = chunk?.choices?.[0]
    if (!choice) continue
    // Some put the whole completion into one event.
    if (choice.message && !choice.delta) return data
    const { content, tool_calls, refusal, reasoning_content, reasoning } = choice.delta ?? {}
    written.content += contentOf(content)
    written.refusal += refusal ?? ''
    written.reasoning_content += reasoning_content ?? ''
    written.reasoning += reasoning ?? ''
    for (const call of tool_calls ?? []) {
      lastCall = call.index ?? lastCall
      calls.set(lastCall, (calls.get(lastCall) ?? '') + argumentsOf(call.function?.arguments))
    }
    logprobs.push(...(choice.logprobs?.content ?? []))
    finish = choice.finish_reason || finish
    nativeFinish = choice.native_finish_reason || nativeFinish
  }
  const message = {
    role: 'assistant',
    ...written,
    tool_calls: [...calls.values()].map(args => ({ function: { arguments: args } })),
  }
  const isEnded = (finish ?? nativeFinish) !== undefined || /^data:\s*\[DONE\]/m.test(body)
  if (!isEnded && !readJson(saidIn(message)).isWhole) throw new SyntaxError('The stream ended before the reply did.')
  const choice = {
    message,
    finish_reason: finish,
    native_finish_reason: nativeFinish,
    logprobs: logprobs.length > 0 ? { content: logprobs } : null,
  }
  return { model, choices: [choice], usage }
}
