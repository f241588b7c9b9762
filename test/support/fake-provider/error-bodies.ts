import type { Refusal } from './admission.ts'
import type { Dialect } from './dialect.ts'

interface Fault {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly code: string | number | null
  readonly param: string | null
}

/** An error in the shape the dialect gives to all of its errors. */
export function errorBody(shape: Dialect['error_shape'], { status, message, type, code, param }: Fault): unknown {
  switch (shape) {
    case 'openai':
      return { error: { message, type, param, code } }
    case 'bare':
      return { object: 'error', message, type, param, code }
    case 'string':
      return { error: message }
    case 'array':
      return [{ error: { code: status, message, status: type } }]
    case 'openrouter':
      return { error: { message, code: code ?? status }, user_id: 'user_fake' }
    case 'detail':
      return { detail: message }
  }
}

const fill = (text: string, slots: Refusal['slots']): string =>
  text.replace(/\{(\w+)\}/gu, (whole, name: string) => slots[name] ?? whole)

/** A number that fills a whole string stands there as a number. */
const fillAll = (value: unknown, slots: Refusal['slots']): unknown => {
  if (typeof value === 'string') {
    const filled = fill(value, slots)
    return value !== filled && /^\{\w+\}$/u.test(value) && /^\d+$/u.test(filled) ? Number(filled) : filled
  }
  if (Array.isArray(value)) return value.map(member => fillAll(member, slots))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, fillAll(member, slots)]))
  return value
}

export function refusalBody({ rejection, slots: known }: Refusal, dialect: Dialect): unknown {
  const slots = { model: dialect.model, ...known }
  if (rejection.body !== undefined) return fillAll(rejection.body, slots)
  return errorBody(dialect.error_shape, {
    ...rejection,
    message: fill(rejection.message, slots),
    param: rejection.param === null ? null : fill(rejection.param, slots),
  })
}
