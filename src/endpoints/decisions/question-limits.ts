import { wordsOf } from '../failure-words.ts'
import type { UpstreamFailure } from '../failures.ts'

/** What an endpoint says it takes less of; `most` is undefined where it does not say how many. */
export interface TooMany {
  readonly what: 'questions' | 'choices' | 'tokens'
  readonly most: number | undefined
}

/** 413 is the size of a body; the others are what validation answers with. */
const statuses = [400, 413, 422]

const says = {
  /** OpenAI words a list that is too long as "Invalid 'x': array too long. Expected an array with maximum length 400". */
  tooMany:
    /too many|too long|too large|at most|no more than|up to|max(imum)?\b|exceed|limit|fewer|less than|between 1 and|\b1\s*[-–]\s*\d|above_max/i,
  questions: /\bquestions?\b/i,
  choices: /\b(choices|options|criteria|labels)\b/i,
  tokens: /context|tokens|input is too|prompt is too|request too large|body too large/i,
}

/** The number that is called the limit; the others are statuses, or the count that was sent. */
const limits = [
  /(?:max(?:imum|_length)?(?: length| number| count)?(?: of| is|:)?|at most|no more than|up to|limit(?: of| is|:)?|between 1 and|less than or equal to|<=|≤)\D{0,24}?(\d{1,6})/i,
  /(\d{1,6})\s*(?:or fewer|max\b|maximum|allowed|questions? (?:max|per|allowed)|options? (?:max|per|allowed))/i,
  /\b1\s*[-–]\s*(\d{1,6})\b/,
]

/** Reads a rejection as one of the number of questions, of the options of a choice, or of the size of it all. */
export function readTooMany(failure: UpstreamFailure, sent: number): TooMany | undefined {
  if (failure.kind !== 'status' || !statuses.includes(failure.status ?? 0)) return undefined
  const words = wordsOf(failure)
  // Some name the field nowhere but in `param`, which the SDK puts behind the message.
  const text = `${words.text} ${words.codes.join(' ')} ${failure.text.slice(0, 500)}`
  if (!says.tooMany.test(text) && failure.status !== 413) return undefined
  const numbers = limits.map(pattern => Number(pattern.exec(words.text)?.[1]))
  const most = numbers.find(number => number >= 1 && number < sent)
  if (says.choices.test(text)) return { what: 'choices', most: numbers.find(number => number >= 2) }
  if (says.questions.test(text)) return { what: 'questions', most }
  return says.tokens.test(text) || failure.status === 413 ? { what: 'tokens', most: undefined } : undefined
}
