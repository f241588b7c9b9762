import type { Dialect, Handling, Rejection } from './dialect.ts'
import { readMessages } from './prompt-reading.ts'
import { enumSize, hasIntegerEnum, isObject, type JsonObject, schemasIn } from './schema-reading.ts'

/** What the request asks for, as this dialect understands it. */
export interface Order {
  readonly kind: Dialect['quirks'][number]['on']
  readonly channel: 'content' | 'tool'
  readonly hold: 'enforced' | 'shaped' | 'free'
  readonly schema?: unknown
  readonly toolName?: string
}

export interface Refusal {
  readonly rejection: Rejection
  readonly slots: Readonly<Record<string, string>>
}

export type Admission = { order: Order; refusal?: never } | { refusal: Refusal; order?: never }

const free: Order = { kind: 'prompt', channel: 'content', hold: 'free' }
const refuse = (rejection: Rejection, slots: Record<string, string> = {}): Admission => ({
  refusal: { rejection, slots },
})

/** The rejection, unless the request holds one of the values that lift it. */
function standing(rejection: Rejection | undefined, body: JsonObject): Rejection | undefined {
  const lifted = Object.entries(rejection?.unless ?? {}).some(([field, values]) =>
    values.some(value => value === (body[field] ?? null)),
  )
  return lifted ? undefined : rejection
}

function refusedParameter(body: JsonObject, { parameters }: Dialect): Admission | undefined {
  const { known, unknown, rejected, non_streaming } = parameters
  if (non_streaming && body.stream !== true) return refuse(non_streaming)
  for (const [name, value] of Object.entries(body)) {
    if (value === null || value === undefined) continue
    const slots = { parameter: name, value: typeof value === 'string' ? value : JSON.stringify(value) }
    if (unknown && known && !known.includes(name)) return refuse(unknown, slots)
    const rejection = standing(rejected[name], body)
    if (rejection) return refuse(rejection, slots)
  }
  return undefined
}

const printPath = (path: readonly string[]) =>
  path.length === 1 ? `('${path[0]}',)` : `(${path.map(step => `'${step}'`).join(', ')})`

function refusedSchema(schema: unknown, name: string, strict: boolean, { schema: limits }: Dialect) {
  if (limits.strict_only && !strict) return undefined
  for (const [inner, path] of schemasIn(schema)) {
    for (const keyword of Object.keys(inner)) {
      const rejection = limits.keywords[keyword]
      if (rejection) return refuse(rejection, { keyword, name, path: printPath(path) })
    }
    if (limits.closed_objects && inner.type === 'object' && inner.additionalProperties !== false)
      return refuse(limits.closed_objects, { name, path: printPath(path) })
  }
  const count = limits.enum_limit ? enumSize(schema) : 0
  if (limits.enum_limit && count > limits.enum_limit.values)
    return refuse(limits.enum_limit.rejection, { count: `${count}`, limit: `${limits.enum_limit.values}`, name })
  return undefined
}

/** An order held as the dialect handles it; a handling that ignores leaves nothing but the prompt. */
function ordered(handling: Handling, body: JsonObject, dialect: Dialect, order: Omit<Order, 'hold'>): Admission {
  if (typeof handling !== 'string')
    return standing(handling, body) ? refuse(handling) : { order: { ...order, hold: 'enforced' } }
  if (handling !== 'ignored') return { order: { ...order, hold: handling } }
  const { require_parameters: required } = dialect.response_format
  const provider = body.provider
  if (required && isObject(provider) && provider.require_parameters === true) return refuse(required)
  return { order: free }
}

function admitTools(body: JsonObject, dialect: Dialect): Admission | undefined {
  const { tools: handling } = dialect
  const tools = Array.isArray(body.tools) ? body.tools.filter(isObject) : []
  const choice = body.tool_choice ?? 'auto'
  if (tools.length === 0 || choice === 'none') return undefined
  const rejection = standing(handling.rejection, body)
  if (rejection) return refuse(rejection)
  const named = isObject(choice) && isObject(choice.function) ? choice.function.name : undefined
  const functions = tools.map(tool => tool.function).filter(isObject)
  const chosen = functions.find(entry => entry.name === named) ?? functions[0]
  if (!chosen) return undefined
  const schema = chosen.parameters
  if (handling.integer_enum && hasIntegerEnum(schema)) return refuse(handling.integer_enum)
  const strict = chosen.strict === true
  const refused = refusedSchema(schema, String(chosen.name), strict, dialect)
  if (refused) return refused
  const how = isObject(choice) ? handling.object : choice === 'required' ? handling.required : handling.auto
  return ordered(how, body, dialect, { kind: 'tool', channel: 'tool', schema, toolName: String(chosen.name) })
}

function admitSchema(format: JsonObject, body: JsonObject, dialect: Dialect): Admission {
  const { json_schema: strictly, loose_json_schema: loosely = strictly, strict_field } = dialect.response_format
  const wrapper = isObject(format.json_schema) ? format.json_schema : {}
  const strict = wrapper.strict === true
  const handling = strict ? strictly : loosely
  if (typeof handling !== 'string' && standing(handling, body)) return refuse(handling)
  if (strict_field && 'strict' in wrapper) return refuse(strict_field)
  if (handling !== 'ignored') {
    const refused = refusedSchema(wrapper.schema, String(wrapper.name ?? 'schema'), strict, dialect)
    if (refused) return refused
  }
  const kind = strict ? 'json_schema' : 'loose_json_schema'
  return ordered(handling, body, dialect, { kind, channel: 'content', schema: wrapper.schema })
}

/** Takes a request as the dialect takes it: an order to be filled, or the refusal it would send. */
export function admit(body: JsonObject, dialect: Dialect): Admission {
  const refused = refusedParameter(body, dialect) ?? admitTools(body, dialect)
  if (refused) return refused
  const format = isObject(body.response_format) ? body.response_format : {}
  if (format.type === 'json_schema') return admitSchema(format, body, dialect)
  if (format.type !== 'json_object') return { order: free }
  const { json_object: handling, json_word: wordless } = dialect.response_format
  if (typeof handling === 'string' && handling !== 'ignored' && wordless)
    if (!readMessages(body.messages).some(message => /json/iu.test(message.text))) return refuse(wordless)
  const schema = format.schema
  const admission = ordered(handling, body, dialect, { kind: 'json_object', channel: 'content', schema })
  if (admission.order?.hold === 'enforced' && schema === undefined)
    return { order: { ...admission.order, hold: 'shaped' } }
  return admission
}
