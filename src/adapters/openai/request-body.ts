import type { Message } from '../../domain/prompt/prompt.ts'
import type { WireForm } from '../../domain/wire-form.ts'
import { responseFormat, sentSchema } from '../../domain/wire-schema.ts'
import type { ChatCall } from '../../services/ports.ts'

const toolName = 'pick_tags'
/** What a model may spend on thinking, on top of its reply. */
const roomToThink = 4_000
const alternatives = 5

/** What goes over the wire for a call, as JSON in bytes: the fixed part first, the document last. */
export function requestBody(call: ChatCall, extra: Readonly<Record<string, unknown>>): Buffer {
  const { form } = call
  const optional: Record<string, unknown> = {
    temperature: call.temperature,
    prompt_cache_key: call.cacheKey,
    prompt_cache_options: { mode: 'explicit', ttl: '30m' },
    ...(form.reasoningEffort === null ? {} : { reasoning_effort: form.reasoningEffort }),
    ...(call.logprobs ? { logprobs: true } : {}),
    ...(form.stream ? { stream_options: { include_usage: true } } : {}),
  }
  for (const parameter of form.omitted) delete optional[parameter]
  if (optional.logprobs) optional.top_logprobs = alternatives
  const tokens = call.tokenCap + (form.thinks ? roomToThink : 0)
  const parameters = {
    model: call.model,
    ...formatFields(call, form),
    ...optional,
    ...(form.tokenParameter === null ? {} : { [form.tokenParameter]: tokens }),
    ...(form.stream ? { stream: true } : {}),
    ...extra,
  }
  const [first, ...rest] = messagesOf(call.messages, form)
  const marked = optional.prompt_cache_options !== undefined
  const head = writtenHead(`${JSON.stringify(parameters).slice(0, -1)},"messages":[`, first!, marked)
  return Buffer.concat([head, Buffer.from(`${rest.map(message => `,${JSON.stringify(message)}`).join('')}]}`)])
}

/** A system message is the same object for every document; what goes out up to its end is written once. */
const writtenHeads = new WeakMap<Message, { readonly parameters: string; readonly bytes: Buffer }>()

function writtenHead(parameters: string, first: Message, marked: boolean): Buffer {
  const known = writtenHeads.get(first)
  if (known?.parameters === parameters) return known.bytes
  const bytes = Buffer.from(parameters + (marked ? markedJsonOf(first) : JSON.stringify(first)))
  if (first.role === 'system') writtenHeads.set(first, { parameters, bytes })
  return bytes
}

/** The fixed part ends with a mark, up to which it is cached. */
function markedJsonOf(message: Message): string {
  if (message.role !== 'system') return JSON.stringify(message)
  const part = { type: 'text', text: message.content, prompt_cache_breakpoint: { mode: 'explicit' } }
  return JSON.stringify({ role: message.role, content: [part] })
}

function formatFields({ schema }: ChatCall, form: WireForm): object {
  const { format, toolChoice } = form
  if (format.type !== 'tool') return { response_format: responseFormat(schema, format) }
  const strict = format.strict ? { strict: true } : {}
  const parameters = sentSchema(schema, format)
  return {
    tools: [
      {
        type: 'function',
        function: { name: toolName, description: 'Assigns tags to the document.', ...strict, parameters },
      },
    ],
    tool_choice: toolChoice === 'named' ? { type: 'function', function: { name: toolName } } : toolChoice,
  }
}

function messagesOf(messages: readonly Message[], { systemInUser }: WireForm): Message[] {
  const [first, second, ...rest] = messages
  if (!systemInUser || first?.role !== 'system' || second === undefined) return [...messages]
  return [{ role: 'user', content: `${first.content}\n\n${second.content}` }, ...rest]
}
