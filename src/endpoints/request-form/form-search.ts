import type { ReplyFormat } from '../../core/model/reply-format.ts'
import { looseFormat, optionalParameters, type WireForm } from '../../core/model/wire-form.ts'
import { type Axis, axes, differs, stepDown, withAxis } from './step-down.ts'

/**
 * What to try when an endpoint turns a request down and does not say why. The plainest form first: where that is
 * turned down too, the form is not to blame. Then one axis at a time, and of the format the strictest that is taken.
 * Yields forms, is told whether each worked, and returns the best that did.
 * @param open the axes that have not been seen to work
 */
export function* searchForm(form: WireForm, open: readonly Axis[]): Generator<WireForm, WireForm | undefined, boolean> {
  let plainest = open.reduce((plain, axis) => withAxis(plain, axis, bare(form)), form)
  if (!(yield plainest)) {
    // A reply in pieces is not plainer, so it is tried last.
    if (!open.includes('stream')) return undefined
    plainest = { ...plainest, stream: true }
    if (!(yield plainest)) return undefined
  }
  const changed = axes.filter(axis => differs(axis, form, plainest))
  for (const axis of changed) {
    const single = changed.length === 1 ? plainest : withAxis(form, axis, plainest)
    if (single !== plainest && !(yield single)) continue
    for (const other of between(axis, form)) {
      const better = withAxis(single, axis, other)
      if (yield better) return better
    }
    return single
  }
  return plainest
}

/** With nothing in it that can be left out. */
const bare = (form: WireForm): WireForm => ({
  ...form,
  format: looseFormat('prompt'),
  tokenParameter: null,
  refusedTokenParameters: ['max_tokens', 'max_completion_tokens'],
  omitted: optionalParameters,
  systemInUser: true,
})

/** What lies between what was turned down and nothing at all, the best first. */
function between(axis: Axis, form: WireForm): WireForm[] {
  if (axis === 'format') return formatsBelow(form)
  const renamed = axis === 'token_parameter' && stepDown(form, { about: 'token_parameter' }, noUse)
  return renamed && renamed.tokenParameter !== null ? [renamed] : []
}

const noUse = { logprobs: false, system: false }

function formatsBelow(form: WireForm): WireForm[] {
  const { format } = form
  const variants: ReplyFormat[] = []
  if (format.type === 'json_schema') {
    if (!format.omitted.includes('maxItems')) variants.push({ ...format, omitted: [...format.omitted, 'maxItems'] })
    if (format.strict) variants.push({ ...format, strict: false })
    if (format.enum) variants.push({ ...format, enum: false })
  }
  const below: WireForm[] = variants.map(variant => ({ ...form, format: variant }))
  for (let next: WireForm | undefined = form; ; ) {
    next = stepDown(next, { about: 'format' }, noUse)
    if (next === undefined || next.format.type === 'prompt') return below
    below.push(next)
  }
}
