import { hash } from 'node:crypto'
import { type EngineReply, isScores, type UpstreamFailure } from '../../core/model/engine.ts'
import type { FormStep, WireForm } from '../../core/model/wire-form.ts'
import { changeInWords } from './form-in-words.ts'
import { createFormMemory, type FormMemory } from './form-memory.ts'
import { searchForm } from './form-search.ts'
import type { BeginOptions, Learn, Next, Trial, TrialQuestion } from './learned-forms.ts'
import { partIn, type RejectionCause } from './rejection-rows.ts'
import { type Rejection, readRejection } from './rejections.ts'
import { axes, differs, stepDown, type Use } from './step-down.ts'

const mostSteps = 12
/** What has worked is changed this often for one request at the most. */
const mostDoubts = 3

/** In which form a chat model takes requests. */
export const learnForm: Learn = (initial, note) => {
  const memory = createFormMemory(initial)
  const { formFor: form, isSettled, enforced, allowThinking } = memory
  return {
    ...{ form, isSettled, enforced, allowThinking },
    begin: (question, { blankWith } = {}) => createTrial(question, memory, { blankWith, note }),
  }
}

interface TrialOptions extends BeginOptions {
  readonly note: (step: FormStep) => void
}

function createTrial(question: TrialQuestion, memory: FormMemory, { blankWith, note }: TrialOptions): Trial {
  const { schema, logprobs } = question
  /** Only when it is needed: it takes the messages to be made. */
  const use = () => useOf(question)
  const markOfText = () => hash('sha1', question.text(), 'base64')
  const replies = new Map<WireForm, EngineReply>()
  let retried = memory.worthAnotherTry(schema)
  let start = retried ?? memory.formFor(schema)
  let form = start
  const diary = createFormDiary(note)
  let doubts = 0
  let search: (Omit<Step, 'to'> & { readonly forms: ReturnType<typeof searchForm> }) | undefined
  let others: { readonly rejection: Rejection; readonly step: Step } | undefined
  /** What made it guess. */
  let unexplained: UpstreamFailure | undefined
  let lastText: string | undefined
  let afterBlank = blankWith && memory.isBlank(schema) ? stepAfterBlank(blankWith) : undefined

  function stepAfterBlank(blank: WireForm): Step | undefined {
    const to = differs('format', start, blank) ? undefined : stepDown(start, { about: 'format' }, use())
    if (to) form = to
    return to && { from: start, to, reason: 'blank replies', firm: false }
  }

  function take(step: Step): Next {
    diary.take(step)
    form = step.to
    return 'again'
  }

  /** The next form of the search, or its end: undefined when none of them was taken. */
  function goOn(worked: boolean): Next | undefined {
    const { from, reason, forms } = search!
    const { value, done } = forms.next(worked)
    if (!worked || !done || value !== form) diary.leave({ from, to: form, reason, firm: false })
    if (!done) {
      form = value
      return 'again'
    }
    search = undefined
    if (value === undefined) {
      memory.guessedInVain(markOfText())
      form = from
      return undefined
    }
    return conclude(value, { from, to: value, reason, firm: false })
  }

  function conclude(last: WireForm, step?: Step): Next {
    form = last
    if (step) diary.take(step)
    const changed = axes.filter(axis => differs(axis, start, form))
    const kept = new Map<Step, FormStep['kept_for']>()
    for (const axis of afterBlank ? [] : changed) {
      const cause = diary.taken.findLast(({ from, to }) => differs(axis, from, to))
      if (cause) kept.set(cause, memory.helped(axis, { schema, ...changeOf(cause), from: start, to: form }))
    }
    diary.close(kept)
    const unchanged = axes.filter(axis => !changed.includes(axis))
    memory.worked(form, { schema, use: use(), unchanged, isBlank: isBlank(replies.get(form)) })
    return 'answered'
  }

  const changeOf = ({ cause, firm }: Step) => ({ text: markOfText(), firm, ofList: cause?.about === 'enum' })

  /** What is changed after the endpoint turned down what was not yet seen to work, or said what it does not take. */
  function changeAfter(rejection: Rejection, failure: UpstreamFailure, patient: boolean): Next | undefined {
    const { cause, reason, firm } = rejection
    const known = { schema, use: use() }
    // What this request began with and others were answered with stays beyond doubt, whatever it has become since.
    const changed = axes.filter(axis => differs(axis, start, form))
    const startsOpen = memory.open(start, known)
    const open = memory.open(form, known).filter(axis => !changed.includes(axis) || startsOpen.includes(axis))
    const isOpen = cause !== undefined && open.includes(partIn(cause))
    if (patient && !isOpen) return undefined
    const helpful = memory.helpedOthers(start, schema)
    if (helpful && !others && diary.taken.length === 0 && !isOpen) {
      others = { rejection, step: { from: start, to: helpful, reason, firm: false } }
      return take(others.step)
    }
    const last = diary.taken.at(-1)
    // The same words again: that was not it. Only a format may have to be stepped down more than once.
    const isSame = last?.cause !== undefined && failure.text === lastText && partIn(last.cause) !== 'format'
    if (isSame) {
      diary.undo()
      form = last.from
    }
    lastText = failure.text
    const next = isSame || cause === undefined ? undefined : stepDown(form, cause, use())
    if (next && diary.taken.length < mostSteps && (isOpen || doubts++ < mostDoubts))
      return take({ from: form, to: next, reason, cause, firm })
    if (unexplained || open.length === 0 || !memory.mayGuess()) return undefined
    unexplained = failure
    const forms = searchForm(form, open)
    search = { from: form, reason, firm: false, forms }
    form = forms.next(false).value ?? form
    return 'again'
  }

  return {
    form: () => form,
    told: failure => unexplained ?? failure,
    answer: () => ({ reply: replies.get(form)!, form }),
    accepted(reply) {
      replies.set(form, reply)
      if (form === start && !search && memory.isKnownToWork(form, { schema, logprobs })) return 'answered'
      return (search ? goOn(true) : conclude(form)) ?? 'answered'
    },
    turnedDown(failure, { patient }) {
      const rejection = readRejection(failure, promptOf(question))
      const follow = (next: Next | undefined) => next && { next, about: rejection?.cause?.about }
      // Whatever becomes of a guess, it was not taken; but a rate limit says nothing of it.
      if (search && failure.status !== 429) return follow(goOn(false))
      if (rejection === undefined) return undefined
      const known = memory.formFor(schema)
      if (afterBlank) {
        diary.tell(afterBlank, 'nothing')
        afterBlank = undefined
        form = start
        return follow('again')
      }
      if (diary.taken.length === 0 && form === start && (retried || axes.some(axis => differs(axis, start, known)))) {
        // Another request has found out since this one began; or what was given up still does not work.
        retried = undefined
        start = known
        form = known
        return follow('again')
      }
      if (others && diary.taken[0] === others.step && diary.taken.length === 1) {
        diary.undo()
        form = start
        return follow(changeAfter(others.rejection, failure, false))
      }
      return follow(changeAfter(rejection, failure, patient))
    },
    end() {
      const [last] = [...replies.keys()].reverse()
      if (search && last) {
        const { from, reason } = search
        search = undefined
        conclude(last, { from, to: last, reason, firm: false })
        return true
      }
      diary.close()
      form = start
      return false
    },
    observe(observation) {
      if (afterBlank) {
        const { from, to } = afterBlank
        const change = { schema, ...changeOf(afterBlank), from, to }
        diary.tell(afterBlank, observation === 'sound' ? memory.helped('format', change) : 'nothing')
        afterBlank = undefined
      } else if (!blankWith) memory.observe(form, { schema, text: markOfText, observation })
      else if (observation === 'sound') memory.spokeAgain(schema)
    },
  }
}

/** All that is sent as messages. */
const promptOf = ({ messages }: TrialQuestion): string =>
  messages()
    .map(({ content }) => content)
    .join('\n')

function useOf({ messages, logprobs }: TrialQuestion): Use {
  const [first, second] = messages()
  return { logprobs, system: first?.role === 'system' && second !== undefined }
}

const isBlank = (reply: EngineReply | undefined) => reply !== undefined && !isScores(reply) && reply.text.trim() === ''

/** A change of the form within one request. */
interface Step {
  readonly from: WireForm
  readonly to: WireForm
  readonly reason: string
  /** What the endpoint was read to complain of; undefined for a guess. */
  readonly cause?: RejectionCause | undefined
  /** Whether the endpoint said so itself, and did not break. */
  readonly firm: boolean
}

/** The steps of one request: each is told once, when it is known what became of it. */
function createFormDiary(note: (step: FormStep) => void) {
  const taken: Step[] = []
  const asides: Step[] = []
  const tell = ({ from, to, reason }: Step, kept_for: FormStep['kept_for']) =>
    note({ change: changeInWords(from, to), reason, kept_for })
  return {
    /** What led to the form, in order. */
    taken: taken as readonly Step[],
    take: (step: Step) => taken.push(step),
    /** A form that was tried on the way and left again. */
    leave: (step: Step) => asides.push(step),
    undo(): Step | undefined {
      const step = taken.pop()
      if (step) asides.push(step)
      return step
    },
    tell,
    /** The request is over. @param kept what is kept of it; of what is not in there, nothing */
    close(kept: ReadonlyMap<Step, FormStep['kept_for']> = new Map()) {
      for (const step of asides.splice(0)) tell(step, 'nothing')
      for (const step of taken.splice(0)) tell(step, kept.get(step) ?? 'nothing')
    },
  }
}
