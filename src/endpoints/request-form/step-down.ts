import { type ReplyFormat, strictestFormat } from '../../core/model/reply-format.ts'
import { looseFormat, type OptionalParameter, type WireForm } from '../../core/model/wire-form.ts'
import { partIn, type RejectionCause } from './rejection-rows.ts'

/** A part of a form that can be changed for itself, in the order in which it is likely to be what is turned down. */
export const axes = [
  'stream',
  'logprobs',
  'format',
  'system',
  'token_parameter',
  'temperature',
  'reasoning_effort',
  'prompt_cache_key',
  'prompt_cache_options',
  'stream_options',
] as const
export type Axis = (typeof axes)[number]

/** What of a form a request makes use of. */
export interface Use {
  /** Whether token probabilities are wanted. */
  readonly logprobs: boolean
  /** Whether there is a system message with another one behind it. */
  readonly system: boolean
}

/** What a form says of an axis; two forms that say the same send the same there. */
export function valueOn(form: WireForm, axis: Axis): string {
  switch (axis) {
    case 'stream':
      return String(form.stream)
    case 'system':
      return form.systemInUser ? 'in the user message' : 'sent'
    case 'token_parameter':
      return String(form.tokenParameter)
    case 'format': {
      const { type, strict, enum: closed, omitted } = form.format
      return JSON.stringify([type, strict, closed, [...omitted].sort(), type === 'tool' && form.toolChoice])
    }
    case 'reasoning_effort':
      return form.omitted.includes(axis) ? 'left out' : String(form.reasoningEffort)
    default:
      return form.omitted.includes(axis) ? 'left out' : 'sent'
  }
}

export const differs = (axis: Axis, one: WireForm, other: WireForm): boolean =>
  one !== other && valueOn(one, axis) !== valueOn(other, axis)

/** The form, but for one axis, which is as in another. */
export function withAxis(form: WireForm, axis: Axis, from: WireForm): WireForm {
  switch (axis) {
    case 'stream':
      return { ...form, stream: from.stream }
    case 'system':
      return { ...form, systemInUser: from.systemInUser }
    case 'token_parameter':
      return { ...form, tokenParameter: from.tokenParameter, refusedTokenParameters: from.refusedTokenParameters }
    case 'format':
      return { ...form, format: from.format, toolChoice: from.toolChoice }
    default: {
      const others = form.omitted.filter(name => name !== axis)
      const omitted = from.omitted.includes(axis) ? [...others, axis] : others
      return { ...form, omitted, ...(axis === 'reasoning_effort' && { reasoningEffort: from.reasoningEffort }) }
    }
  }
}

/** The axes on which a request in this form sends what an endpoint may not take. */
export function sentIn(form: WireForm, { logprobs, system }: Use): Axis[] {
  const isSent = (axis: Axis) => {
    switch (axis) {
      case 'stream':
        return !form.stream
      case 'stream_options':
        return form.stream && !form.omitted.includes(axis)
      case 'format':
        return form.format.type !== 'prompt' && form.format.type !== 'local'
      case 'system':
        return system && !form.systemInUser
      case 'token_parameter':
        return form.tokenParameter !== null
      case 'logprobs':
        return logprobs && !form.omitted.includes(axis)
      case 'reasoning_effort':
        return form.reasoningEffort !== null && !form.omitted.includes(axis)
      default:
        return !form.omitted.includes(axis)
    }
  }
  return axes.filter(isSent)
}

const byFormat = (format: ReplyFormat, form: WireForm): WireForm => ({ ...form, format })

/**
 * The next way to put a request after a rejection of this one: one change at a time, from the strictest format down
 * to the prompt alone. Undefined when nothing is left to change, or when the rejection is about what is not sent.
 */
export function stepDown(form: WireForm, cause: RejectionCause, use: Use): WireForm | undefined {
  const { format } = form
  if (cause.about === 'reasoning_effort' && cause.accepted !== undefined)
    return cause.accepted === form.reasoningEffort
      ? without(form, 'reasoning_effort')
      : { ...form, reasoningEffort: cause.accepted }
  if (!sentIn(form, use).includes(partIn(cause))) return undefined
  switch (cause.about) {
    case 'keyword':
      return withoutKeyword(form, cause.keyword)
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
      return { ...form, stream: true }
    case 'system':
      return { ...form, systemInUser: true }
    case 'reasoning_effort':
      return without(form, 'reasoning_effort')
    case 'parameter':
      return without(form, cause.parameter)
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
      return byFormat(looseFormat('json_object'), form)
    case 'json_object':
      return byFormat(looseFormat('prompt'), form)
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

function nextTokenParameter(form: WireForm): WireForm {
  const refused = [...form.refusedTokenParameters, form.tokenParameter ?? '']
  const next = (['max_tokens', 'max_completion_tokens'] as const).find(name => !refused.includes(name)) ?? null
  return { ...form, tokenParameter: next, refusedTokenParameters: refused }
}

const without = (form: WireForm, parameter: OptionalParameter): WireForm => ({
  ...form,
  omitted: [...form.omitted, parameter],
})
