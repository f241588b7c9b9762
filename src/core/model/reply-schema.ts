import type { Choices } from '../tags/choices.ts'
import type { ReplyFormat } from './reply-format.ts'

/**
 * The schema a reply is held to on the wire: the portable subset of JSON Schema that constrained decoders share.
 * `id` is never in it: a value of its own for each document would change the schema, and with it the prompt cache, at
 * every call. The strict check of a reply is `readReply`, not this.
 */
interface Label {
  readonly type: 'integer' | 'string'
  readonly enum?: readonly (number | string)[]
}

/** A label alone, or one with what is written about it. */
type Items =
  | Label
  | {
      readonly type: 'object'
      readonly properties: { readonly id: Label }
      readonly required: readonly string[]
      readonly additionalProperties: false
    }

export interface WireSchema {
  readonly type: 'object'
  readonly properties: {
    readonly tags: {
      readonly type: 'array'
      readonly description?: string
      readonly items: Items
      readonly maxItems?: number
    }
  }
  readonly required: readonly ['tags']
  readonly additionalProperties: false
}

/** What stands for a tag, and nothing else. */
export const labelSchema = ({ labels }: Choices): Label => ({
  type: labels.every(label => typeof label === 'number') ? 'integer' : 'string',
  enum: labels,
})

export const schemaOfTags = (tags: Omit<WireSchema['properties']['tags'], 'type'>): WireSchema => ({
  type: 'object',
  properties: { tags: { type: 'array', ...tags } },
  required: ['tags'],
  additionalProperties: false,
})

export const createWireSchema = (choices: Choices, maxTags: number): WireSchema =>
  schemaOfTags({ description: advice(maxTags), items: labelSchema(choices), maxItems: maxTags })

/** Said in words too, for endpoints that show the schema to the model: a limit that it does not see, it runs into. */
const advice = (maxTags: number): string =>
  `At most ${maxTags}, the most fitting first. Fewer are better than weak ones; none is fine.`

/** The schema less what an endpoint does not take; the whole one is the same object every time. */
export function sentSchema(schema: WireSchema, { enum: closed, omitted }: ReplyFormat): WireSchema {
  if (closed && omitted.length === 0) return schema
  const { items, ...rest } = schema.properties.tags
  const kept = Object.fromEntries(Object.entries(rest).filter(([keyword]) => !omitted.includes(keyword)))
  const tags = { ...kept, type: rest.type, items: closed ? items : withoutList(items) }
  return { ...schema, properties: { tags } }
}

function withoutList(items: Items): Items {
  if (items.type !== 'object') return { type: items.type }
  return { ...items, properties: { ...items.properties, id: { type: items.properties.id.type } } }
}

/** The `response_format` of a request that sends its schema this way; undefined where it has none. */
export function responseFormat(schema: WireSchema, format: ReplyFormat) {
  if (format.type === 'json_object') return { type: format.type }
  if (format.type !== 'json_schema') return undefined
  const strict = format.strict ? { strict: true } : {}
  return { type: format.type, json_schema: { name: 'assigned_tags', ...strict, schema: sentSchema(schema, format) } }
}
