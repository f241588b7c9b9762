export type JsonObject = { readonly [key: string]: unknown }
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Walks every schema inside a schema; `path` counts as providers print it. */
export function* schemasIn(schema: unknown, path: readonly string[] = []): Generator<[JsonObject, readonly string[]]> {
  if (!isObject(schema)) return
  yield [schema, path]
  if (isObject(schema.properties))
    for (const [name, property] of Object.entries(schema.properties))
      yield* schemasIn(property, [...path, 'properties', name])
  yield* schemasIn(schema.items, [...path, 'items'])
  for (const word of ['anyOf', 'oneOf', 'allOf'])
    if (Array.isArray(schema[word]))
      for (const [index, member] of schema[word].entries()) yield* schemasIn(member, [...path, word, `${index}`])
}

export const enumSize = (schema: unknown): number =>
  schemasIn(schema).reduce((sum, [inner]) => sum + (Array.isArray(inner.enum) ? inner.enum.length : 0), 0)

export const hasIntegerEnum = (schema: unknown): boolean =>
  schemasIn(schema).some(([inner]) => Array.isArray(inner.enum) && inner.enum.some(value => typeof value === 'number'))

/** The first array of the schema, which is where the tags go. */
export function listIn(schema: unknown): { values: unknown[] | undefined; type: unknown; most: number } | undefined {
  for (const [inner] of schemasIn(schema)) {
    if (inner.type !== 'array' || !isObject(inner.items)) continue
    const { enum: values, anyOf, type } = inner.items
    const constants = Array.isArray(anyOf) ? anyOf.filter(isObject).map(member => member.const) : undefined
    return {
      values: Array.isArray(values) ? values : constants,
      type,
      most: typeof inner.maxItems === 'number' ? inner.maxItems : Number.POSITIVE_INFINITY,
    }
  }
  return undefined
}

/** A value that satisfies the schema, its first array filled with `picks`. */
export function instanceOf(schema: unknown, picks: readonly unknown[]): unknown {
  if (!isObject(schema)) return null
  if (Array.isArray(schema.enum)) return schema.enum.find(value => picks.includes(value)) ?? schema.enum[0]
  if ('const' in schema) return schema.const
  if (Array.isArray(schema.anyOf)) return instanceOf(schema.anyOf[0], picks)
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'array') return picks
  if (type === 'string') return 'text'
  if (type === 'integer' || type === 'number') return 1
  if (type === 'boolean') return true
  if (type === 'null') return null
  const properties = isObject(schema.properties) ? schema.properties : {}
  return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, instanceOf(inner, picks)]))
}
