import type { EndpointReply, Question } from '../core/model/endpoint.ts'
import { isScores, textOf } from '../core/model/engine.ts'
import { readReply } from '../core/model/read-reply.ts'
import { createWireSchema } from '../core/model/reply-schema.ts'
import type { Task } from '../core/model/task.ts'
import { createChoices, replyWithFor } from '../core/tags/choices.ts'
import type { Diagnosis } from './diagnosis.ts'

export interface Answered extends EndpointReply {
  readonly task: Task
  /** Milliseconds that went by until it was there, with all that was turned down before. */
  readonly elapsed: number
}

/** Asks about a task; `changes` are laid over its question. */
export type Ask = (task: Task, changes?: Partial<Question>) => Promise<Answered>

export function questionOf(task: Task, tokenCap: number): Question {
  const { messages, schema, fixedPart, document, tagList, choices, maxTags, prompt } = task
  const { model, temperature } = prompt.settings
  return {
    ...{ model, messages, schema, temperature, tokenCap, cacheKey: fixedPart, text: document.text },
    ...{ tagList, choices, maxTags, logprobs: false, questions: prompt.questions },
  }
}

/** How long all that was sent is. */
export function sentBytes({ task, reply }: Answered): number {
  const { messages, document, choices, prompt } = task
  const sent = isScores(reply)
    ? [document.text(), ...choices.tags.map(tag => prompt.questions?.ofTag(tag) ?? '')]
    : messages().map(({ content }) => content)
  return sent.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** A schema that holds one tag, under a prompt that asks for another: only a grammar makes a model disobey. */
export async function enforcement(task: Task, ask: Ask): Promise<Diagnosis['enforces_schema']> {
  const [allowed, forbidden] = task.tagList.tags
  if (!allowed || !forbidden) return 'unclear'
  const replyWith = replyWithFor([allowed, forbidden], task.prompt.settings.reply_with)
  const both = createChoices([allowed, forbidden], replyWith)
  const [, label] = both.labels
  const reply = JSON.stringify({ tags: [label] })
  const choices = createChoices([allowed], replyWith)
  const content = `The tag list holds one tag:\n${label}\t${forbidden.name}\n\nReply with exactly this JSON and nothing else: ${reply}`
  const answer = await ask(task, {
    messages: () => [{ role: 'user', content }],
    choices,
    schema: createWireSchema(choices, 1),
    maxTags: 1,
  })
  const reading = readReply(textOf(answer.reply), { choices: both, maxTags: 2, cut: answer.reply.finish === 'length' })
  if (!answer.form.format.enum || reading.state !== 'tags') return 'no'
  if (reading.tags.includes(forbidden)) return 'no'
  // An empty list is in the schema whoever writes it.
  return reading.tags.includes(allowed) ? 'yes' : 'unclear'
}
