import { ServiceError } from '../domain/outcome.ts'
import type { Message } from '../domain/prompt/prompt.ts'
import { type DroppedTag, type ReplyReading, readReply } from '../domain/reply/read-reply.ts'
import type { ListedTag } from '../domain/tag-list.ts'
import type { AskOptions, Endpoint } from './endpoint.ts'
import type { ChatReply } from './ports.ts'
import type { Task } from './tasks.ts'

export interface ModelAnswer {
  readonly tags: readonly ListedTag[]
  readonly dropped: readonly DroppedTag[]
  readonly reply: ChatReply
}

const capIncrease = 4
const longestEcho = 2_000

/**
 * Asks until there is a valid answer: once more with a larger token cap when a reply was cut, once more with the
 * reason when it held nothing valid.
 * @throws ServiceError truncated or invalid_reply, and what `Endpoint.ask` throws
 */
export async function askForTags(
  endpoint: Endpoint,
  task: Task,
  options: AskOptions & { tokenCap: number },
): Promise<ModelAnswer> {
  let { messages } = task
  let { tokenCap } = options
  let askedAgain = false
  for (;;) {
    const reply = await endpoint.ask(
      {
        model: task.prompt.settings.model,
        messages,
        schema: task.schema,
        temperature: task.prompt.settings.temperature,
        tokenCap,
        cacheKey: task.fixedPart,
        text: task.document.text,
        tagList: task.tagList,
        choices: task.choices,
        maxTags: task.maxTags,
      },
      options,
    )
    const reading = readReply(reply.text, task)
    if (reading.state === 'tags') return { tags: reading.tags, dropped: reading.dropped, reply }
    if (reply.finish === 'length') {
      if (tokenCap > options.tokenCap)
        throw new ServiceError('truncated', 'The reply was cut twice: raise MAX_OUTPUT_TOKENS.')
      tokenCap *= capIncrease
    } else {
      if (askedAgain) throw new ServiceError('invalid_reply', `The model was asked twice; ${explain(reading)}.`)
      askedAgain = true
      messages = [...task.messages, ...correction(reply.text, reading, task)]
    }
  }
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
