import type { Finding, KnownAnswer } from '../answers/index.ts'
import type { CandidateReport, DroppedTag } from '../core/classification.ts'
import type { AskOptions, Endpoint, EndpointReply, Observation } from '../core/model/endpoint.ts'
import { type EngineReply, isScores, type ScoreReply, type TokenProbability } from '../core/model/engine.ts'
import type { Message } from '../core/model/question.ts'
import { type ReplyReading, readReply, readScores } from '../core/model/read-reply.ts'
import type { ReplyWith } from '../core/model/reply-format.ts'
import { encodedOf, type Task } from '../core/model/task.ts'
import { clipped } from '../core/names.ts'
import { ServiceError } from '../core/outcome.ts'
import type { Choices } from '../core/tags/choices.ts'
import type { ListedTag } from '../core/tags/tag-list.ts'
import type { Attempt } from '../core/usage.ts'
import { chooseByTopics } from './topics.ts'

export interface ModelAnswer extends EndpointReply {
  readonly endpoint: string
  readonly replyWith: ReplyWith
  readonly tags: readonly { readonly tag: ListedTag; readonly confidence: number | null }[]
  readonly dropped: readonly DroppedTag[]
  readonly candidates: CandidateReport
}

export interface TagOptions extends AskOptions {
  readonly tokenCap: number
  /** The model to ask in place of the endpoint's own. */
  readonly model: string | undefined
  /** Told why a reply was worth nothing, in one word. */
  readonly onInvalidReply?: (reason: string) => void
  /** Told what the model wrote, word for word. */
  readonly onReply?: ((text: string) => void) | undefined
}

const capIncrease = 4
const longestEcho = 2_000

/**
 * Asks until there is a valid answer: once more with a larger token cap when a reply was cut, once more with the
 * reason when it held nothing valid.
 * @throws ServiceError truncated or invalid_reply, and what `Endpoint.ask` throws
 */
export async function askForTags(endpoint: Endpoint, given: Task, options: TagOptions): Promise<ModelAnswer> {
  const task = await chooseByTopics(endpoint, given, options)
  let { messages } = task
  let { tokenCap } = options
  let askedAgain = false
  let blankWith: AskOptions['blankWith']
  for (;;) {
    const { prompt, fixedPart, document, tagList, choices, maxTags, schema, wantConfidence, learned } = task
    const question = { messages, schema, tokenCap, cacheKey: fixedPart, text: document.text, tagList, choices, maxTags }
    const { temperature } = prompt.settings
    const questions = endpoint.reads === 'questions' ? prompt.questions : undefined
    const answer = await endpoint.ask(
      {
        ...question,
        model: options.model,
        temperature,
        logprobs: wantConfidence,
        questions,
        learned,
        encoded: encodedOf(task),
      },
      { ...options, blankWith },
    )
    const { reply, form, observe } = answer
    const terms = {
      endpoint: endpoint.name,
      replyWith: choices.replyWith,
      candidates: withEncoder(candidatesOf(task, reply), task),
    }
    if (isScores(reply)) {
      // The ranker has made its choice; of a decision model the prompt says from which probability on a tag fits.
      const threshold = questions?.threshold ?? 0
      return { ...answer, ...terms, ...readAllScores(reply, { threshold, maxTags }, options) }
    }
    options.onReply?.(reply.text)
    const reading = readReply(reply.text, { choices, maxTags, cut: reply.finish === 'length' })
    const isObserved = messages === task.messages || blankWith !== undefined
    if (isObserved && reply.finish !== 'length') observe(observationOf(reading, form.format.enum))
    if (reading.state === 'tags') {
      const known = reply.tokens ? confidences(reply.tokens, choices) : undefined
      const tags = reading.tags.map(tag => ({ tag, confidence: known?.get(tag) ?? null }))
      return { ...answer, ...terms, tags, dropped: reading.dropped }
    }
    if (reply.finish === 'length') {
      if (tokenCap > options.tokenCap)
        throw new ServiceError('truncated', 'The reply was cut twice: raise MAX_OUTPUT_TOKENS.')
      tokenCap *= capIncrease
    } else {
      options.onInvalidReply?.(reading.state === 'unreadable' ? reading.reason : 'off_list')
      if (askedAgain) throw new ServiceError('invalid_reply', `The model was asked twice; ${explain(reading)}.`)
      askedAgain = true
      if (reading.state === 'unreadable' && reading.reason === 'blank') blankWith = form
      const more = correction(reply.text, reading, task)
      messages = () => [...task.messages(), ...more]
    }
  }
}

/**
 * An answer says something about every tag that was asked about: one that holds nothing about some of them, even when
 * they were asked about again, says neither that they fit nor that they do not. @throws ServiceError invalid_reply
 */
function readAllScores(
  { scores, shares, refused, missing }: ScoreReply,
  terms: { readonly threshold: number; readonly maxTags: number },
  { onInvalidReply }: TagOptions,
): Pick<ModelAnswer, 'tags' | 'dropped'> {
  if (missing.length > 0) {
    onInvalidReply?.('unanswered')
    const what = `${missing.length} of ${missing.length + scores.length + refused.length} questions`
    throw new ServiceError('invalid_reply', `The model was asked twice; ${what} had no answer from 0 to 1.`)
  }
  const { tags, dropped } = readScores(scores, { ...terms, shares })
  const unjudged = refused.map(({ id }): DroppedTag => ({ reason: 'refused', id }))
  return { tags, dropped: [...dropped, ...unjudged] }
}

/** Of the ranker, that it read the list itself. */
function candidatesOf({ candidates, tagList }: Task, reply: EngineReply): CandidateReport {
  const textRead = isScores(reply) ? reply.textRead : undefined
  if (textRead === undefined) return candidates
  const { length } = tagList.tags
  return { shown: length, listed: length, basis: 'whole_list', text_read: textRead }
}

/** And what became of the encoder, where there is one. */
const withEncoder = (candidates: CandidateReport, { encoded }: Task): CandidateReport =>
  encoded === undefined ? candidates : { ...candidates, embeddings: encoded === 'failed' ? 'failed' : 'used' }

/** An endpoint that enforces the schema cannot write what is not on the list. */
function observationOf(reading: ReplyReading, closedList: boolean): Observation {
  if (reading.state === 'unreadable') return reading.reason === 'blank' ? 'blank' : 'unsound'
  return closedList && reading.dropped.some(({ reason }) => reason === 'unknown') ? 'unsound' : 'sound'
}

/** Goes at the end, so that all before it is still cached. */
function correction(text: string, reading: ReplyReading, { choices, maxTags }: Task): Message[] {
  const echo: Message[] = text.trim() === '' ? [] : [{ role: 'assistant', content: clipped(text, longestEcho) }]
  const content = `That does not do: ${explain(reading)}. Reply with JSON only, {"tags":[…]}, holding at most ${maxTags} ${choices.replyWith === 'names' ? 'names' : 'ids'} of the tag list, or {"tags":[]} when no tag fits.`
  return [...echo, { role: 'user', content }]
}

function explain(reading: ReplyReading): string {
  if (reading.state !== 'unreadable') return 'no entry of the reply is on the tag list'
  if (reading.reason === 'blank') return 'the reply was blank'
  return reading.reason === 'not_json' ? 'the reply was not JSON' : 'the reply was not an object with a "tags" list'
}

/** The answer with what was asked for it, and what is kept of it for those who ask the same. */
export function findingBy(answer: ModelAnswer, attempts: readonly Attempt[]): Finding {
  const { reply, form, enforced, endpoint, replyWith, candidates } = answer
  const known: KnownAnswer = {
    tags: answer.tags.map(({ tag, confidence }) => ({ id: tag.id, confidence })),
    model: reply.model,
    endpoint,
    format: { ...form.format, omitted: [...form.format.omitted], enforced, reply_with: replyWith },
    dropped: [...answer.dropped],
    candidates,
  }
  const tags = answer.tags.map(({ tag, confidence }) => ({ id: tag.id, name: tag.name, confidence }))
  return { known, tags, attempts, recalled: false }
}

/**
 * How probable each tag of a reply was when it was written: the product over the tokens of its label, given all before
 * it. A score to rank by, not a calibrated probability: each tag is conditional on those before it.
 */
function confidences(tokens: readonly TokenProbability[], choices: Choices): ReadonlyMap<ListedTag, number> {
  const text = tokens.map(token => token.text).join('')
  const found = new Map<ListedTag, number>()
  const key = text.lastIndexOf('"tags"')
  const start = text.indexOf('[', Math.max(0, key))
  if (start === -1) return found
  const labels = choices.labels.map(String)
  for (const { value, from, to } of valuesIn(text, start + 1)) {
    const tag = choices.decode(value)
    if (tag === undefined || tag === 'ambiguous' || found.has(tag)) continue
    const longer = labels.some(label => label.length > value.length && label.startsWith(value))
    found.set(tag, Math.min(1, Math.exp(logprobOf(tokens, from, to)) * (longer ? endsHere(tokens, to) : 1)))
  }
  return found
}

/** Numbers and strings up to the closing bracket. */
function* valuesIn(text: string, start: number): Generator<{ value: string; from: number; to: number }> {
  const pattern = /\s*(?:(-?\d{1,16})(?:\.0+)?|"([^"\\]{1,200})")\s*([,\]])/gy
  pattern.lastIndex = start
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const value = match[1] ?? match[2]!
    const from = match.index + match[0].indexOf(value)
    yield { value, from, to: from + value.length }
    if (match[3] === ']') return
  }
}

/** Over every token that shares a character with the span. */
function logprobOf(tokens: readonly TokenProbability[], from: number, to: number): number {
  let at = 0
  let sum = 0
  for (const { text, logprob } of tokens) {
    if (at < to && at + text.length > from) sum += logprob
    at += text.length
  }
  return sum
}

/** That the label ended where it did, and was not the beginning of a longer one. */
function endsHere(tokens: readonly TokenProbability[], to: number): number {
  let at = 0
  for (const { text, alternatives } of tokens) {
    if (at === to && alternatives.length > 0) {
      const ending = alternatives.filter(alternative => !/^[\d\p{L}]/u.test(alternative.text))
      return ending.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)
    }
    at += text.length
  }
  return 1
}
