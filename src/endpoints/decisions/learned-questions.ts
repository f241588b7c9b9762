import { isScores, type QuestionPart, type ScoreReply, type UpstreamFailure } from '../../core/model/engine.ts'
import type { FormStep, WireForm } from '../../core/model/wire-form.ts'
import type { ListedTag } from '../../core/tags/tag-list.ts'
import { sumUsage } from '../../core/usage.ts'
import { wordsOf } from '../failure-words.ts'
import type { Learn, Trial, TrialQuestion } from '../request-form/learned-forms.ts'

/** OpenAI, and all who follow it: "Provide between 2 and 255 choices." */
const mostChoices = 255
/** A question is split this often at the most before the endpoint is taken to mean something else. */
const mostSplits = 24

interface Limits {
  questions: number
  choices: number
  settled: boolean
}

/** How many questions a decision model takes at once. */
export const learnQuestions: Learn = (initial, note) => {
  const limits: Limits = { questions: Number.POSITIVE_INFINITY, choices: mostChoices, settled: false }
  return {
    form: () => formWithin(initial, limits, false),
    isSettled: () => limits.settled,
    // Nothing can be answered but what was asked.
    enforced: () => true,
    begin: question => createQuestionTrial(question, { initial, limits, note }),
    allowThinking: () => {},
  }
}

/** What is told of it: the limit where one is known, and whether the choice had to be left out. */
function formWithin(form: WireForm, { questions }: Limits, withoutChoice: boolean): WireForm {
  const omitted = withoutChoice ? ['choice'] : []
  const limit = Number.isFinite(questions) ? { questions_per_call: questions } : {}
  return { ...form, format: { ...form.format, omitted, ...limit } }
}

interface TrialNeeds {
  readonly initial: WireForm
  readonly limits: Limits
  readonly note: (step: FormStep) => void
}

/** One text and its list: asked in one call, or in as many as the endpoint makes necessary. */
function createQuestionTrial({ choices, questions }: TrialQuestion, { initial, limits, note }: TrialNeeds): Trial {
  const replies: ScoreReply[] = []
  let waiting = choices.tags
  /** For this text alone: one that is too long for all questions at once says nothing about the others. */
  let most = Number.POSITIVE_INFINITY
  let missing: ListedTag[] = []
  let askedAgain = false
  let splits = 0
  const wantsChoice = questions?.choice !== undefined && choices.tags.length > 1

  /** The shares of a choice compare all tags, or they compare nothing. */
  const withChoice = () =>
    wantsChoice &&
    waiting === choices.tags &&
    choices.tags.length <= limits.choices &&
    choices.tags.length < Math.min(limits.questions, most)
  /** Kept as it was sent: another request may find a limit out before the answer comes. */
  let sent: QuestionPart = { tags: [], withChoice: false }
  const form = () => formWithin(initial, limits, wantsChoice && choices.tags.length > limits.choices)

  function tooMany(status: number | undefined, change: string, kept_for: FormStep['kept_for']): void {
    note({ change, reason: `${status}: a limit of what one call may hold`, kept_for })
  }

  return {
    form,
    part() {
      sent = { tags: waiting.slice(0, Math.min(limits.questions, most)), withChoice: withChoice() }
      return sent
    },
    answer: () => ({ reply: merged(replies, missing), form: form() }),
    accepted(reply) {
      if (!isScores(reply)) throw new RangeError('A decision model replied with a text.')
      replies.push(reply)
      limits.settled = true
      waiting = waiting.slice(sent.tags.length)
      missing.push(...reply.missing)
      if (waiting.length === 0 && missing.length > 0 && !askedAgain) {
        askedAgain = true
        waiting = missing
        missing = []
      }
      return waiting.length > 0 ? 'again' : 'answered'
    },
    turnedDown(failure) {
      const { length } = sent.tags
      const asked = length + (sent.withChoice ? 1 : 0)
      const refusal = readTooMany(failure, asked)
      if (!refusal || splits++ >= mostSplits) return undefined
      if (refusal.what === 'choices') {
        if (!sent.withChoice) return undefined
        limits.choices = Math.min(refusal.most ?? length - 1, length - 1)
        tooMany(failure.status, `a choice of at most ${limits.choices}`, 'model')
        return { next: 'again', about: 'choices' }
      }
      if (asked < 2) return undefined
      const half = Math.floor(asked / 2)
      if (refusal.what === 'tokens') {
        most = half
        tooMany(failure.status, `at most ${most} questions a call`, 'request')
      } else {
        limits.questions = Math.min(limits.questions, refusal.most ?? half)
        tooMany(failure.status, `at most ${limits.questions} questions a call`, 'model')
      }
      return { next: 'again', about: refusal.what }
    },
    end: () => false,
    told: failure => failure,
    observe: () => {},
  }
}

/** The replies to the parts as one. */
function merged(replies: readonly ScoreReply[], missing: readonly ListedTag[]): ScoreReply {
  const [first] = replies
  const scores = replies.flatMap(reply => reply.scores)
  const refused = replies.flatMap(reply => reply.refused)
  const isRefusal = scores.length === 0 && missing.length === 0 && refused.length > 0
  return {
    ...first!,
    ...{ scores, refused, missing },
    finish: isRefusal ? 'refusal' : 'stop',
    usage: sumUsage(replies.map(({ usage }) => usage)),
  }
}

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
function readTooMany(failure: UpstreamFailure, sent: number): TooMany | undefined {
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
