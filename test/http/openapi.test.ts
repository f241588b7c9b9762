import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import document from '../../schemas/openapi.json' with { type: 'json' }
import { outcomes } from '../../src/core/outcome.ts'

interface Schema {
  readonly $ref?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
}
interface Media {
  readonly schema: Schema
  readonly example?: unknown
  readonly examples?: Record<string, { readonly value: unknown }>
}
interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Record<string, Media> }
  readonly responses: Record<string, { readonly description: string; readonly content?: Record<string, Media> }>
}

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.values(methods).map(operation => ({ path, ...(operation as unknown as Operation) })),
)
const bodies = operations.flatMap(({ operationId, requestBody, responses }) => [
  ...Object.entries(requestBody?.content ?? {}).map(([type, media]) => ({
    where: `${operationId} takes ${type}`,
    media,
  })),
  ...Object.entries(responses).flatMap(([status, { content }]) =>
    Object.entries(content ?? {}).map(([type, media]) => ({
      where: `${operationId} answers ${status} ${type}`,
      media,
    })),
  ),
])
const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'openapi', components: document.components })
const withinDocument = (schema: object) =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"openapi#/components/'))

const schemas: Record<string, Schema> = document.components.schemas as object as Record<string, Schema>

/** Those of a shape, or put together from those of its parts, as Swagger UI shows them. */
function examplesOf({
  examples,
  $ref,
  anyOf,
  items,
  properties,
  required = [],
  ...schema
}: Schema): readonly unknown[] {
  if (examples) return examples
  if ($ref) return examplesOf(schemas[$ref.split('/').at(-1)!]!)
  if (anyOf) return anyOf.flatMap(examplesOf)
  if (items) return [examplesOf(items).slice(0, 1)]
  if (properties) {
    const parts = required.map(name => [name, examplesOf(properties[name]!)] as const)
    return parts.every(([, [example]]) => example !== undefined)
      ? [Object.fromEntries(parts.map(([name, [example]]) => [name, example]))]
      : []
  }
  if (schema.enum) return schema.enum.slice(0, 1)
  if (schema.type === 'boolean') return [false]
  return schema.type === 'null' ? [null] : []
}

test('the document is OpenAPI 3.1, says an independent validator', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect([valid, validator.version]).toEqual([true, '3.1'])
})

describe('every body has an example that fits its schema', () => {
  test.each(bodies)('$where', ({ media }) => {
    const validate = ajv.compile(withinDocument(media.schema))
    const named = Object.values(media.examples ?? {}).map(({ value }) => value)
    const own = 'example' in media ? [media.example] : named
    const values = own.length > 0 ? own : examplesOf(media.schema)
    expect(values.length).toBeGreaterThan(0)
    for (const value of values) expect([validate(value), validate.errors]).toEqual([true, null])
  })
})

test('every outcome is described', () => {
  const text = JSON.stringify(document)
  // Those of addresses that are not described, and of clients that are gone.
  const beyond = ['ok', 'none_apply', 'method_not_allowed', 'client_closed']
  const missing = Object.keys(outcomes).filter(code => !text.includes(`urn:tagsmith:problem:${code}`))
  expect(missing).toEqual(beyond)
})
