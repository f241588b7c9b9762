import { confidences } from '../domain/confidence.ts'
import { ServiceError } from '../domain/outcome.ts'
import type { Message } from '../domain/prompt/prompt.ts'
import type { DroppedTag } from '../domain/reply/dropped-tag.ts'
import { type ReplyReading, readReply } from '../domain/reply/read-reply.ts'
import type { ListedTag } from '../domain/tag-list.ts'
import type { AskOptions, Endpoint, EndpointReply } from './endpoint.ts'
import type { Observation } from './learned-forms.ts'
import type { Task } from './tasks.ts'

export interface ModelAnswer extends EndpointReply {
  readonly endpoint: string
  readonly tags: readonly { readonly tag: ListedTag; readonly confidence: number | null }[]
  readonly dropped: readonly DroppedTag[]
}

export interface TagOptions extends AskOptions {
  readonly tokenCap: number
  /** The model to ask in place of the endpoint's own. */
  readonly model: string | undefined
  /** Told why a reply was worth nothing, in one word. */
  readonly onInvalidReply?: (reason: string) => void
}

const capIncrease = 4
const longestEcho = 2_000

/**
 * Asks until there is a valid answer: once more with a larger token cap when a reply was cut, once more with the
 * reason when it held nothing valid.
 * @throws ServiceError truncated or invalid_reply, and what `Endpoint.ask` throws
 */
export async function askForTags(endpoint: Endpoint, task: Task, options: TagOptions): Promise<ModelAnswer> {
  let { messages } = task
  let { tokenCap } = options
  let askedAgain = false
  for (;;) {
    const { prompt, fixedPart, document, tagList, choices, maxTags, schema, wantConfidence } = task
    const question = { messages, schema, tokenCap, cacheKey: fixedPart, text: document.text, tagList, choices, maxTags }
    const { temperature } = prompt.settings
    const answer = await endpoint.ask(
      { ...question, model: options.model, temperature, logprobs: wantConfidence },
      options,
    )
    const { reply, form, observe } = answer
    const reading = readReply(reply.text, task)
    if (messages === task.messages && reply.finish !== 'length') observe(observationOf(reading, form.format.enum))
    if (reading.state === 'tags') {
      const known = reply.tokens ? confidences(reply.tokens, choices) : undefined
      const tags = reading.tags.map(tag => ({ tag, confidence: known?.get(tag) ?? null }))
      return { ...answer, endpoint: endpoint.name, ...sureEnough(tags, reading.dropped, task.minConfidence) }
    }
    if (reply.finish === 'length') {
      if (tokenCap > options.tokenCap)
        throw new ServiceError('truncated', 'The reply was cut twice: raise MAX_OUTPUT_TOKENS.')
      tokenCap *= capIncrease
    } else {
      options.onInvalidReply?.(reading.state === 'unreadable' ? reading.reason : 'off_list')
      if (askedAgain) throw new ServiceError('invalid_reply', `The model was asked twice; ${explain(reading)}.`)
      askedAgain = true
      const more = correction(reply.text, reading, task)
      messages = () => [...task.messages(), ...more]
    }
  }
}

function sureEnough(tags: ModelAnswer['tags'], dropped: readonly DroppedTag[], least: number) {
  const isSure = ({ confidence }: ModelAnswer['tags'][number]) => confidence === null || confidence >= least
  const unsure = tags
    .filter(tag => !isSure(tag))
    .map(({ tag }): DroppedTag => ({ reason: 'low_confidence', id: tag.id }))
  return { tags: tags.filter(isSure), dropped: [...dropped, ...unsure] }
}

/** An endpoint that enforces the schema cannot write what is not on the list. */
function observationOf(reading: ReplyReading, closedList: boolean): Observation {
  if (reading.state === 'unreadable') return reading.reason === 'blank' ? 'blank' : 'unsound'
  return closedList && reading.dropped.some(({ reason }) => reason === 'unknown') ? 'unsound' : 'sound'
}

/** Goes at the end, so that all before it is still cached. */
function correction(text: string, reading: ReplyReading, { prompt, maxTags }: Task): Message[] {
  const echo: Message[] = text.trim() === '' ? [] : [{ role: 'assistant', content: text.slice(0, longestEcho) }]
  const content = `That does not do: ${explain(reading)}. Reply with JSON only, {"tags":[…]}, holding at most ${maxTags} ${prompt.settings.reply_with} of the tag list, or {"tags":[]} when no tag fits.`
  return [...echo, { role: 'user', content }]
}

function explain(reading: ReplyReading): string {
  if (reading.state !== 'unreadable') return 'no entry of the reply is on the tag list'
  if (reading.reason === 'blank') return 'the reply was blank'
  return reading.reason === 'not_json' ? 'the reply was not JSON' : 'the reply was not an object with a "tags" list'
}
