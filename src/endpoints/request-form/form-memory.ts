import type { Observation } from '../../core/model/endpoint.ts'
import type { WireSchema } from '../../core/model/reply-schema.ts'
import type { FormStep, WireForm } from '../../core/model/wire-form.ts'
import { type Axis, axes, differs, sentIn, type Use, valueOn, withAxis } from './step-down.ts'

/** A change that helped one request. */
export interface HelpfulChange {
  readonly schema: WireSchema
  /** Tells texts apart. */
  readonly text: string
  readonly from: WireForm
  readonly to: WireForm
  /** Whether the endpoint said itself that it does not take what was changed. */
  readonly firm: boolean
  /** Whether it is about what stands in the list, or how long it is. */
  readonly ofList: boolean
}

/** A request that was accepted. */
interface Success {
  readonly schema: WireSchema
  readonly use: Use
  /** The axes on which its form is what it was at first. */
  readonly unchanged: readonly Axis[]
  readonly isBlank: boolean
}

export type FormMemory = ReturnType<typeof createFormMemory>

const observedReplies = 5
const unsoundReplies = 2
/** How many different texts have to need a change that the endpoint did not ask for. */
const textsFor = { unproven: 2, proven: 3 }
const firstWait = 60_000
const vainTexts = 3

/** What is known of the form that one model of an endpoint takes, and of what some tag lists need beside it. */
export function createFormMemory(initial: WireForm) {
  let base = initial
  let settled = false
  const model = newScope()
  const lists = new WeakMap<WireSchema, ListScope>()
  const vain = { texts: new Set<string>(), until: 0 }

  const listOf = (schema: WireSchema): ListScope => lists.getOrInsertComputed(schema, newListScope)

  /** The same object as long as nothing changes. */
  function formFor(schema?: WireSchema): WireForm {
    const list = schema && lists.get(schema)
    if (list?.own === undefined) return base
    if (list.known?.of !== base) list.known = { of: base, form: withAxis(base, 'format', list.own) }
    return list.known!.form
  }

  const scopeOf = (axis: Axis, schema: WireSchema): Scope => (axis === 'format' ? listOf(schema) : model)
  const entry = (axis: Axis, form: WireForm) => `${axis} ${valueOn(form, axis)}`

  function adopt(axis: Axis, { schema, from, to, ofList }: HelpfulChange): FormStep['kept_for'] {
    const isOfList = axis === 'format' && (ofList || changesListOnly(from, to) || model.proven.has(entry(axis, base)))
    if (isOfList) {
      const list = listOf(schema)
      Object.assign(list, { own: to, known: undefined })
      Object.assign(list.seen, { replies: 0, unsound: 0 })
      return 'list'
    }
    base = withAxis(base, axis, to)
    if (axis === 'format') Object.assign(model.seen, { replies: 0, unsound: 0 })
    return 'model'
  }

  /** A change helped. Said plainly of what was never seen to work, it is kept at once; else other texts have to agree. */
  function helped(axis: Axis, change: HelpfulChange): FormStep['kept_for'] {
    const { proven, doubts, givenUp } = scopeOf(axis, change.schema)
    const wasProven = proven.has(entry(axis, change.from))
    if (!change.firm || wasProven) {
      const before = doubts.get(axis)
      const doubt =
        before && !differs(axis, before.to, change.to) ? before : { to: change.to, texts: new Set<string>() }
      doubts.set(axis, doubt)
      doubt.texts.add(change.text)
      if (doubt.texts.size < (wasProven ? textsFor.proven : textsFor.unproven)) return 'request'
    }
    doubts.delete(axis)
    if (wasProven) givenUp.set(axis, { form: change.from, tryAt: performance.now() + firstWait, wait: firstWait })
    return adopt(axis, change)
  }

  /** A request in this form was accepted. */
  function worked(form: WireForm, { schema, use, unchanged, isBlank }: Success): void {
    for (const axis of sentIn(form, use)) {
      // A format in which nothing is said has not been seen to work.
      if (axis === 'format' && isBlank) continue
      const { proven, doubts, givenUp } = scopeOf(axis, schema)
      if (proven.size < 100) proven.add(entry(axis, form))
      if (axis === 'format') model.proven.add(entry(axis, form))
      if (!unchanged.includes(axis)) continue
      doubts.delete(axis)
      const old = givenUp.get(axis)
      if (old && !differs(axis, old.form, form)) {
        givenUp.delete(axis)
        if (axis === 'format') Object.assign(listOf(schema), { own: form, known: undefined })
        else base = withAxis(base, axis, form)
      }
    }
    if (!isBlank) {
      const { accepted } = listOf(schema)
      accepted.set(form, { logprobs: use.logprobs || (accepted.get(form)?.logprobs ?? false) })
    }
    vain.texts.clear()
    settled ||= axes.every(axis => !differs(axis, formFor(schema), form))
    listOf(schema).settled ||= !differs('format', formFor(schema), form)
  }

  return {
    formFor,
    helped,
    worked,
    /** Whether one more success says nothing new. */
    isKnownToWork(form: WireForm, { schema, logprobs }: { schema: WireSchema; logprobs: boolean }): boolean {
      const list = listOf(schema)
      const before = list.accepted.get(form)
      const isQuiet = [model, list].every(({ doubts, givenUp }) => doubts.size === 0 && givenUp.size === 0)
      return isQuiet && before !== undefined && (before.logprobs || !logprobs)
    },
    isSettled: (schema?: WireSchema) => settled && (schema === undefined || listOf(schema).settled),
    /** What is sent and has not been seen to work. */
    open: (form: WireForm, { schema, use }: { schema: WireSchema; use: Use }): Axis[] =>
      sentIn(form, use).filter(axis => !scopeOf(axis, schema).proven.has(entry(axis, form))),
    /** The form that helped other texts when this one was turned down. */
    helpedOthers(form: WireForm, schema: WireSchema): WireForm | undefined {
      const all = [...model.doubts, ...listOf(schema).doubts]
      return all.length === 0 ? undefined : all.reduce((next, [axis, { to }]) => withAxis(next, axis, to), form)
    },
    /** The form with what was given up, when it is time to see whether it works again. */
    worthAnotherTry(schema: WireSchema): WireForm | undefined {
      const now = performance.now()
      for (const { givenUp } of [model, listOf(schema)]) {
        for (const [axis, old] of givenUp) {
          if (old.tryAt > now) continue
          old.wait *= 2
          old.tryAt = now + old.wait
          return withAxis(formFor(schema), axis, old.form)
        }
      }
      return undefined
    },
    /** Whether it is worth guessing what an endpoint does not like: not while all guesses were in vain. */
    mayGuess: () => vain.texts.size < vainTexts || performance.now() > vain.until,
    guessedInVain(text: string) {
      if (vain.texts.size < vainTexts) vain.texts.add(text)
      vain.until = performance.now() + firstWait
    },
    allowThinking() {
      if (!base.thinks) base = { ...base, thinks: true }
    },
    enforced: (schema?: WireSchema) => seenOf(schema).unsound < unsoundReplies,
    observe(
      form: WireForm,
      { schema, text, observation }: { schema: WireSchema; text: () => string; observation: Observation },
    ) {
      if (differs('format', form, formFor(schema))) return
      const { blank } = listOf(schema)
      if (observation !== 'blank') blank.clear()
      else if (blank.size < textsFor.proven) blank.add(text())
      const seen = seenOf(schema)
      seen.replies += 1
      if (observation === 'unsound' && seen.replies <= observedReplies) seen.unsound += 1
    },
    /** A text that had a blank reply had another one when it was asked about again, in the same form. */
    spokeAgain: (schema: WireSchema) => listOf(schema).blank.clear(),
    /** Whether different texts have had nothing but blank replies. */
    isBlank: (schema: WireSchema) => listOf(schema).blank.size >= textsFor.unproven,
  }

  function seenOf(schema?: WireSchema): Scope['seen'] {
    const list = schema && lists.get(schema)
    return list?.own ? list.seen : model.seen
  }
}

/** Whether the closed list was left out and nothing else. */
const changesListOnly = (from: WireForm, to: WireForm): boolean =>
  from.format.enum && !to.format.enum && !differs('format', from, { ...to, format: { ...to.format, enum: true } })

/** What is known of one axis in one place: of a model, or of a tag list that it was asked with. */
interface Scope {
  /** Values of axes with which a request was accepted. What has worked is not given up for one text. */
  readonly proven: Set<string>
  /** Changes that helped texts one after the other, while nothing went through without. */
  readonly doubts: Map<Axis, { readonly to: WireForm; readonly texts: Set<string> }>
  /** What worked once and was given up is tried again, ever less often. */
  readonly givenUp: Map<Axis, { readonly form: WireForm; tryAt: number; wait: number }>
  readonly seen: { replies: number; unsound: number }
}

interface ListScope extends Scope {
  /** The format of this list, where it is not that of the model. */
  own: WireForm | undefined
  settled: boolean
  /** Texts that had a blank reply, since one that had not. */
  readonly blank: Set<string>
  /** Forms that were accepted with this list, and whether with token probabilities. */
  readonly accepted: WeakMap<WireForm, { logprobs: boolean }>
  known?: { readonly of: WireForm; readonly form: WireForm }
}

const newScope = (): Scope => ({
  proven: new Set(),
  doubts: new Map(),
  givenUp: new Map(),
  seen: { replies: 0, unsound: 0 },
})

const newListScope = (): ListScope => ({
  ...newScope(),
  own: undefined,
  settled: false,
  blank: new Set(),
  accepted: new WeakMap(),
})
