import type { ReplyFormat } from '../../core/model/reply-format.ts'
import type { WireForm } from '../../core/model/wire-form.ts'
import { type Axis, axes, differs } from './step-down.ts'

/** What is different in the second form. */
export const changeInWords = (from: WireForm, to: WireForm): string =>
  axes
    .filter(axis => differs(axis, from, to))
    .map(axis => axisInWords(axis, to))
    .join(', ')

function axisInWords(axis: Axis, form: WireForm): string {
  switch (axis) {
    case 'format':
      return formatInWords(form.format)
    case 'stream':
      return form.stream ? 'streamed' : 'not streamed'
    case 'system':
      return form.systemInUser ? 'system message inside the user message' : 'system message for itself'
    case 'token_parameter':
      return form.tokenParameter ?? 'no token limit'
    case 'reasoning_effort':
      if (!form.omitted.includes(axis)) return `reasoning_effort ${form.reasoningEffort}`
  }
  return `${form.omitted.includes(axis) ? 'without' : 'with'} ${axis}`
}

export function formatInWords({ type, strict, enum: closed, omitted, questions_per_call }: ReplyFormat): string {
  if (type === 'decisions' || type === 'systemone') {
    const limit = questions_per_call === undefined ? 'in one call' : `at most ${questions_per_call} a call`
    return [`${type}: a question for each tag, ${limit}`, ...omitted.map(part => `without a ${part} of all`)].join(', ')
  }
  const details = [
    type,
    strict ? 'strict' : 'not strict',
    closed ? 'with the closed list' : 'without the closed list',
    ...omitted.map(keyword => `without ${keyword}`),
  ]
  return type === 'json_schema' || type === 'tool' ? details.join(', ') : type
}
