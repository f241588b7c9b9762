import { describe, expect, test, vi } from 'vitest'
import type { TextReply, UpstreamFailure } from '../../src/core/model/engine.ts'
import { createWireSchema, type WireSchema } from '../../src/core/model/reply-schema.ts'
import type { FormStep, WireForm } from '../../src/core/model/wire-form.ts'
import { createChoices } from '../../src/core/tags/choices.ts'
import { unknownUsage } from '../../src/core/usage.ts'
import { initialFormOf } from '../../src/endpoints/openai/provider-profiles.ts'
import { learnForm } from '../../src/endpoints/request-form/form-trial.ts'
import { createLearnedForms } from '../../src/endpoints/request-form/learned-forms.ts'
import { type Axis, axes, differs, sentIn } from '../../src/endpoints/request-form/step-down.ts'

const schema = createWireSchema(createChoices([], 'ids'), 3)
const otherSchema = createWireSchema(createChoices([], 'ids'), 2)
const reply = (text = '{"tags":[]}'): TextReply => ({
  text,
  model: 'm',
  finish: 'stop',
  usage: unknownUsage,
  tokens: undefined,
  headers: undefined,
})
const refusal = (text: string, status = 400): UpstreamFailure => ({
  kind: 'status',
  status,
  code: undefined,
  text: `${status} ${text}`,
  body: undefined,
  headers: undefined,
})

const choices = createChoices([], 'names')

interface Asked {
  readonly list?: WireSchema
  readonly logprobs?: boolean
  readonly blankWith?: WireForm
}

/** A model that accepts the forms that `takes` lets through, and says `words` of the others. */
function modelThat(takes: (form: WireForm, text: string) => boolean | string, words = 'no') {
  const steps: FormStep[] = []
  const learned = createLearnedForms({
    initial: model => initialFormOf('http://127.0.0.1/v1', model),
    learn: learnForm,
    lifetime: 60_000_000,
    onStep: step => steps.push(step),
  }).of('any')
  return {
    learned,
    steps,
    ask(text: string, { list = schema, logprobs = false, blankWith }: Asked = {}) {
      const messages = () => [
        { role: 'system' as const, content: 'Assign tags.' },
        { role: 'user' as const, content: text },
      ]
      const trial = learned.begin({ messages, text: () => text, schema: list, logprobs, choices }, { blankWith })
      for (let calls = 1; calls < 30; calls++) {
        const taken = takes(trial.form(), text)
        const next =
          taken === false
            ? trial.turnedDown(refusal(words), { patient: false })?.next
            : trial.accepted(reply(typeof taken === 'string' ? taken : undefined))
        if (next === 'again') continue
        if (next === undefined && !trial.end()) return { calls, ok: false, form: trial.form(), observe: trial.observe }
        return { calls, ok: true, form: trial.answer().form, observe: trial.observe }
      }
      throw new Error('it goes on for ever')
    },
  }
}

const use = { logprobs: true, system: true }
const initial = initialFormOf('http://127.0.0.1/v1', 'any')
/** Whether an axis is as it was at first. */
const keeps = (axis: Axis, form: WireForm) => !differs(axis, initial, form)

describe('an endpoint that says nothing of what it does not take', () => {
  const sent = sentIn(initial, use)

  test.each(sent)('%s alone is changed for it, and for all once a second text has agreed', axis => {
    const { ask, learned } = modelThat(form => !keeps(axis, form))
    const first = ask('one', { logprobs: true })
    expect(first.ok).toBe(true)
    expect(axes.filter(other => differs(other, initial, first.form))).toEqual([axis])
    expect(learned.isSettled()).toBe(false)
    expect(ask('one', { logprobs: true }).calls).toBeGreaterThan(1)
    expect(ask('two', { logprobs: true })).toMatchObject({ ok: true, calls: 2 })
    expect(learned.isSettled(schema)).toBe(true)
    expect(ask('three', { logprobs: true })).toMatchObject({ ok: true, calls: 1 })
  })

  test.each(sent.flatMap(one => sent.filter(other => other > one).map(other => [one, other] as const)))(
    '%s and %s together: an answer all the same',
    (one, other) => {
      const { ask } = modelThat(form => !keeps(one, form) && !keeps(other, form))
      expect(ask('one', { logprobs: true }).ok).toBe(true)
      ask('two', { logprobs: true })
      expect(ask('three', { logprobs: true })).toMatchObject({ ok: true, calls: 1 })
    },
  )

  test('of formats the strictest that is taken is found', () => {
    const { ask } = modelThat(({ format }) => format.type !== 'json_schema' || format.omitted.includes('maxItems'))
    expect(ask('one').form.format).toMatchObject({
      type: 'json_schema',
      strict: true,
      enum: true,
      omitted: ['maxItems'],
    })
    const second = modelThat(({ format }) => format.type === 'json_object' || format.type === 'prompt')
    expect(second.ask('one').form.format.type).toBe('json_object')
  })

  test('an endpoint that takes nothing is asked twice more and no longer', () => {
    const { ask, steps } = modelThat(() => false)
    expect(ask('one')).toMatchObject({ ok: false, calls: 3 })
    expect(steps.map(({ kept_for }) => kept_for)).toEqual(['nothing', 'nothing'])
  })

  test('a guess is taken back when the second text goes through as it was', () => {
    const { ask, learned } = modelThat((form, text) => text !== 'one' || !keeps('temperature', form))
    expect(ask('one').ok).toBe(true)
    expect(ask('two')).toMatchObject({ ok: true, calls: 1 })
    expect(learned.form(schema)).toEqual(initial)
  })
})

describe('an endpoint that says it', () => {
  test('is believed at once of what was never seen to work', () => {
    const { ask, steps } = modelThat(form => !keeps('temperature', form), 'Temperature is not supported')
    expect(ask('one')).toMatchObject({ ok: true, calls: 2 })
    expect(ask('two')).toMatchObject({ ok: true, calls: 1 })
    expect(steps).toEqual([
      { change: 'without temperature', reason: '400, which speaks of temperature', kept_for: 'model' },
    ])
  })

  test('is not believed when the same words come again', () => {
    const { ask, learned } = modelThat(form => !keeps('system', form), 'Temperature is not supported')
    const { ok, form } = ask('one')
    expect([ok, keeps('temperature', form), keeps('system', form)]).toEqual([true, true, false])
    ask('two')
    expect(keeps('temperature', learned.form(schema))).toBe(true)
  })

  test('token probabilities that are asked for later are a new matter', () => {
    const { ask } = modelThat(form => form.omitted.includes('logprobs') || !wants, 'Logprobs is not enabled')
    let wants = false
    ask('one')
    wants = true
    expect(ask('two', { logprobs: true })).toMatchObject({ ok: true, calls: 2 })
    expect(ask('three', { logprobs: true })).toMatchObject({ ok: true, calls: 1 })
  })

  test('of what has worked, three different texts in a row have to agree', () => {
    let strict = false
    const { ask, learned } = modelThat(form => !strict || !keeps('temperature', form), 'Temperature is not supported')
    ask('zero')
    strict = true
    for (const text of ['one', 'one', 'one', 'one', 'two']) expect(ask(text).calls).toBe(2)
    expect(keeps('temperature', learned.form(schema))).toBe(true)
    strict = false
    ask('one that goes through')
    strict = true
    for (const text of ['two', 'three']) ask(text)
    expect(keeps('temperature', learned.form(schema))).toBe(true)
    ask('four')
    expect(keeps('temperature', learned.form(schema))).toBe(false)
  })

  test('what was given up is tried again, and taken up when it works', () => {
    vi.useFakeTimers()
    try {
      let strict = false
      const { ask, learned } = modelThat(form => !strict || !keeps('temperature', form), 'Temperature is not supported')
      ask('zero')
      strict = true
      for (const text of ['one', 'two', 'three']) ask(text)
      vi.advanceTimersByTime(61_000)
      expect(ask('four')).toMatchObject({ ok: true, calls: 2 })
      expect(ask('five')).toMatchObject({ ok: true, calls: 1 })
      strict = false
      vi.advanceTimersByTime(121_000)
      ask('six')
      expect(keeps('temperature', learned.form(schema))).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a tag list', () => {
  test.each(['too many states', 'no', 'response_format is not supported'])(
    'that is refused (%s) changes no other',
    words => {
      let refused: WireSchema | undefined
      const { ask, learned } = modelThat(
        ({ format }) => !(refused && format.enum && format.type === 'json_schema'),
        words,
      )
      ask('one')
      refused = otherSchema
      for (const text of ['two', 'three']) expect(ask(text, { list: otherSchema }).ok).toBe(true)
      expect(learned.form(otherSchema).format).not.toEqual(initial.format)
      expect(learned.form(schema)).toEqual(initial)
    },
  )
})

describe('blank replies', () => {
  const blankIn = (takes: (form: WireForm, text: string) => boolean) =>
    modelThat((form, text) => takes(form, text) || ' ')
  /** Asks, and once more after a blank reply, as a request does. */
  function request(
    { ask }: ReturnType<typeof modelThat>,
    text: string,
    takes: (form: WireForm, text: string) => boolean,
  ) {
    const once = (more: Asked) => {
      const { form, observe } = ask(text, more)
      const isBlank = !takes(form, text)
      observe(isBlank ? 'blank' : 'sound')
      return { form, isBlank }
    }
    const first = once({})
    return first.isBlank ? once({ blankWith: first.form }) : first
  }

  test('to some texts, whatever the format, take it from nobody', () => {
    const takes = (_: WireForm, text: string) => !text.startsWith('filtered')
    const model = blankIn(takes)
    request(model, 'fine', takes)
    for (const text of ['filtered 1', 'filtered 2', 'filtered 3', 'filtered 4', 'filtered 5'])
      request(model, text, takes)
    expect(model.learned.form(schema)).toEqual(initial)
    expect(model.steps.length).toBeGreaterThan(0)
    expect(model.steps.every(({ kept_for }) => kept_for === 'nothing')).toBe(true)
  })

  test('that were a whim, as asking again shows, take it from nobody', () => {
    const model = modelThat(() => true)
    for (const text of ['one', 'two', 'three', 'four', 'five']) {
      const { form, observe } = model.ask(text)
      observe('blank')
      model.ask(text, { blankWith: form }).observe('sound')
    }
    expect(model.learned.form(schema)).toEqual(initial)
    expect(model.steps).toEqual([])
  })

  test('to one text, again and again, take it from nobody either', () => {
    const takes = ({ format }: WireForm, text: string) => text !== 'odd' || format.type !== 'json_schema'
    const model = blankIn(takes)
    request(model, 'fine', takes)
    for (let index = 0; index < 6; index++) request(model, 'odd', takes)
    expect(model.learned.form(schema)).toEqual(initial)
  })

  test('to every text give way to the next format, once it has helped different ones', () => {
    const takes = ({ format }: WireForm) => format.type !== 'json_schema'
    const model = blankIn(takes)
    expect(request(model, 'one', takes).isBlank).toBe(true)
    for (const text of ['two', 'three']) expect(request(model, text, takes).isBlank).toBe(false)
    expect(model.learned.form(schema).format.type).toBe('tool')
    expect(request(model, 'four', takes).form.format.type).toBe('tool')
  })
})
