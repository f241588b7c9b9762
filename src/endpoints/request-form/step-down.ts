import type { Complaint } from './complaint.ts'
import { type ReplyFormat, strictestFormat, type WireForm } from './wire-form.ts'

const byFormat = (format: ReplyFormat, form: WireForm): WireForm => ({ ...form, format })

/**
 * The next way to put a request after a complaint about this one: one change at a time, from the strictest format down
 * to the prompt alone. Undefined when nothing is left to change.
 */
export function stepDown(form: WireForm, complaint: Complaint): WireForm | undefined {
  const { format } = form
  switch (complaint.about) {
    case 'keyword':
      return withoutKeyword(form, complaint.keyword)
    case 'enum':
      return format.type === 'json_schema' && format.enum ? byFormat({ ...format, enum: false }, form) : nextType(form)
    case 'strict':
      return format.strict ? byFormat({ ...format, strict: false }, form) : nextType(form)
    case 'format':
      return nextType(form)
    case 'tool_choice':
      return nextToolChoice(form)
    case 'token_parameter':
      return nextTokenParameter(form)
    case 'stream':
      return form.stream ? undefined : { ...form, stream: true }
    case 'system':
      return form.systemInUser ? undefined : { ...form, systemInUser: true }
    case 'reasoning_effort':
      return complaint.accepted === undefined || complaint.accepted === form.reasoningEffort
        ? without(form, 'reasoning_effort')
        : { ...form, reasoningEffort: complaint.accepted }
    case 'parameter':
      return without(form, complaint.parameter)
  }
}

function withoutKeyword(form: WireForm, keyword: string): WireForm | undefined {
  const { format } = form
  if (keyword === 'enum') return format.enum ? byFormat({ ...format, enum: false }, form) : nextType(form)
  if (format.omitted.includes(keyword)) return nextType(form)
  return byFormat({ ...format, omitted: [...format.omitted, keyword] }, form)
}

/** A whole type that is refused takes all its variants with it. */
function nextType(form: WireForm): WireForm | undefined {
  const omitted = form.format.omitted
  switch (form.format.type) {
    case 'json_schema':
      return { ...form, format: { ...strictestFormat, type: 'tool', omitted }, toolChoice: 'named' }
    case 'tool':
      return byFormat({ type: 'json_object', strict: false, enum: false, omitted: [] }, form)
    case 'json_object':
      return byFormat({ type: 'prompt', strict: false, enum: false, omitted: [] }, form)
    case 'prompt':
    case 'local':
      return undefined
  }
}

function nextToolChoice(form: WireForm): WireForm | undefined {
  if (form.format.type !== 'tool') return nextType(form)
  if (form.toolChoice === 'named') return { ...form, toolChoice: 'required' }
  return nextType(form)
}

function nextTokenParameter(form: WireForm): WireForm | undefined {
  const refused = [...form.refusedTokenParameters, form.tokenParameter ?? '']
  if (form.tokenParameter === null) return undefined
  const next = (['max_tokens', 'max_completion_tokens'] as const).find(name => !refused.includes(name)) ?? null
  return { ...form, tokenParameter: next, refusedTokenParameters: refused }
}

function without(form: WireForm, parameter: WireForm['omitted'][number]): WireForm | undefined {
  if (form.omitted.includes(parameter)) return nextType(form)
  return { ...form, omitted: [...form.omitted, parameter] }
}
