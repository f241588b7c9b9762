import type { Order } from './admission.ts'
import type { Dialect, Style } from './dialect.ts'
import { createPromptReader, type Message, type PromptTag } from './prompt-reading.ts'
import { hashText } from './random.ts'
import { instanceOf, type JsonObject, listIn } from './schema-reading.ts'
import { draftOf, fitsJson, word } from './wording.ts'

type Id = number | string

export interface Question {
  readonly body: JsonObject
  readonly messages: readonly Message[]
  /** The text of the first user message. */
  readonly document: string
  /** The ids of the schema in force, else those read in the prompt. */
  readonly allowed: readonly Id[]
  readonly tags: readonly PromptTag[]
  readonly order: Order
}

/** Ids to answer with; a string is the whole text of the reply, whatever the schema says. */
export type Choose = (question: Question) => readonly Id[] | string

export interface Draft {
  text: string
  channel: Order['channel']
  toolName: string | undefined
  reasoning: string | undefined
  refusal: string | undefined
  finishReason: string | null
}

const isId = (value: unknown): value is Id => typeof value === 'number' || typeof value === 'string'

function pick({ allowed, document }: Question, most: number, seed: number): Id[] {
  const start = hashText(document, 0, document.length, 0x811c9dc5 ^ seed)
  const wanted = Math.min(1 + (start % 3), most, allowed.length)
  const picks = new Set<Id>()
  for (let step = 0; picks.size < wanted; step++) {
    const index = Math.imul(start ^ step, 0x9e3779b1) >>> 0
    picks.add(allowed[step < 16 ? index % allowed.length : (start + step) % allowed.length]!)
  }
  return [...picks]
}

const idOutside = (allowed: readonly Id[]): Id => {
  if (allowed.some(id => typeof id === 'string')) return 'no-such-tag'
  return allowed.reduce((most: number, id) => Math.max(most, Number(id)), 0) + 7
}

function silencesThought(body: JsonObject): boolean {
  const template = body.chat_template_kwargs as JsonObject | undefined
  return body.reasoning_effort === 'none' || template?.enable_thinking === false
}

/** Stands in for a model: the same question always gets the same answer, worded as the dialect words things. */
export function createStandIn(options: { seed: number; choose?: Choose | undefined }) {
  const readPrompt = createPromptReader()

  function ask(body: JsonObject, messages: readonly Message[], order: Order): Question {
    const document = messages.find(message => message.role === 'user')?.text ?? ''
    const tags = readPrompt(messages)
    const listed = order.hold === 'free' ? undefined : listIn(order.schema)?.values?.filter(isId)
    const read = tags.map(tag => tag.id)
    // What only shapes a reply leaves the choice to the prompt, so a schema that contradicts it goes unheard.
    const allowed = order.hold === 'enforced' || read.length === 0 ? (listed ?? read) : read
    return { body, messages, document, tags, order, allowed }
  }

  function answer(question: Question, dialect: Dialect, offList: boolean): Draft {
    const { order, allowed, tags, document } = question
    const { replies } = dialect
    const draft: Draft = {
      text: '',
      channel: order.channel,
      toolName: order.toolName,
      reasoning: undefined,
      refusal: undefined,
      finishReason: order.channel === 'tool' ? 'tool_calls' : replies.finish_reason,
    }
    const chosen = options.choose?.(question)
    if (typeof chosen === 'string') return { ...draft, text: chosen }
    const list = listIn(order.schema)
    const held = order.hold === 'enforced'
    const most = held ? (list?.most ?? 3) : 3
    const legal = held && list?.values ? chosen?.filter(id => allowed.includes(id)) : chosen
    let picks: Id[] = legal?.slice(0, held ? most : undefined) ?? pick(question, most, options.seed)
    const corrected = question.messages.some(message => message.role === 'assistant')
    const strays = (replies.off_list && !corrected && !(held && list?.values)) || offList
    const stray = idOutside(allowed)
    if (strays) picks = offList ? [stray] : [...picks, stray]
    if (held && list?.type === 'string') picks = picks.map(String)

    const nameOf = (id: Id) => tags.find(tag => tag.id === id)?.name ?? `tag ${id}`
    const styles = replies.styles
    const style: Style = corrected ? 'plain' : styles[hashText(document) % styles.length]!
    if (order.hold === 'enforced' && order.schema !== undefined)
      draft.text = JSON.stringify(instanceOf(order.schema, picks))
    else draft.text = word(order.hold === 'free' || fitsJson(style) ? style : 'plain', picks, nameOf)

    if (replies.think === 'none' || silencesThought(question.body)) return draft
    const thought = draftOf(picks, allowed)
    if (replies.think === 'reasoning_content' || replies.think === 'reasoning') draft.reasoning = thought
    else if (order.channel === 'content')
      draft.text = `${replies.think === 'tags' ? '<think>\n' : ''}${thought}\n</think>\n\n${draft.text}`
    return draft
  }

  return { ask, answer }
}
