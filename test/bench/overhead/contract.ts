import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** What every server of the bench does: the same prompt, list and schema, and the same check of what comes back. */
export interface Contract {
  readonly model: string
  readonly system: string
  readonly schema: object
  readonly ids: ReadonlySet<number>
}

const tags = JSON.parse(readFileSync(new URL('../../../prompts/assign-tags/tags.json', import.meta.url), 'utf8')) as {
  id: number
  name: string
}[]

/** @param rendered what tagsmith sends, asked of itself, so that all send the same bytes */
export function readContract(rendered: { messages: { content: string }[]; response_format: object }): Contract {
  return {
    model: 'bench-model',
    system: rendered.messages[0]!.content,
    schema: rendered.response_format,
    ids: new Set(tags.map(({ id }) => id)),
  }
}

export const fenced = (text: string): string => `<document 0123456789abcdef>\n${text}\n</document 0123456789abcdef>`

export const bodyOf = ({ model, system, schema }: Contract, text: string): string =>
  JSON.stringify({
    model,
    response_format: schema,
    temperature: 0,
    max_tokens: 256,
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: fenced(text) },
    ],
  })

/** @throws when they are no list of known ids */
export function checkIds(found: unknown, { ids }: Contract): number[] {
  if (!Array.isArray(found) || found.length > 3 || !found.every(id => ids.has(id))) throw new Error('invalid reply')
  return [...new Set(found)]
}

/** Reads a completion by hand. @throws when it is no list of known ids */
export function idsOf(completion: string, contract: Contract): number[] {
  const { choices } = JSON.parse(completion) as { choices: { message: { content: string } }[] }
  return checkIds(JSON.parse(choices[0]!.message.content).tags, contract)
}

export const completionOf = (tags: readonly number[]): string =>
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_795_000_000,
    model: 'bench-model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: JSON.stringify({ tags }), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 2821,
      completion_tokens: 11,
      total_tokens: 2832,
      prompt_tokens_details: { cached_tokens: 1024, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    system_fingerprint: 'fp_bench',
  })

/** An upstream that costs next to nothing: it reads nothing of a request and always says the same. */
export function createCheapUpstream(latency: number) {
  const reply = completionOf([36, 57, 18])
  const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(reply) }
  return createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const answer = () => response.writeHead(200, head).end(reply)
    request.resume()
    request.once('end', () => (latency > 0 ? setTimeout(answer, latency) : answer()))
  })
}
