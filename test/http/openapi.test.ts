import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import document from '../../schemas/openapi.json' with { type: 'json' }
import { outcomes } from '../../src/core/outcome.ts'

interface Media {
  readonly schema: object
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

test('the document is OpenAPI 3.1, says an independent validator', async () => {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document))
  expect(errors).toBeUndefined()
  expect([valid, validator.version]).toEqual([true, '3.1'])
})

describe('every body has an example that fits its schema', () => {
  test.each(bodies)('$where', ({ media }) => {
    const validate = ajv.compile(withinDocument(media.schema))
    const values = Object.values(media.examples ?? {}).map(({ value }) => value)
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
