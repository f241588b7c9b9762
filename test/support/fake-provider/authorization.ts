import type { Dialect } from './dialect.ts'
import { error, type Wire } from './replies.ts'
import type { JsonObject } from './schema-reading.ts'

/** Keys and a model name that stand for trouble; every other key and name is good. */
const badKey = 'wrong-key'
const forbiddenKey = 'forbidden-key'
const poorKey = 'poor-key'
const missingModel = 'missing-model'

export function authorize(credentials: string | undefined, body: JsonObject, dialect: Dialect): Wire | undefined {
  const key = credentials?.replace(/^Bearer /iu, '')
  if (key === badKey)
    return error(dialect, 401, 'Incorrect API key provided: wrong-***. Check the key and try again.', {
      type: 'invalid_request_error',
      code: 'invalid_api_key',
    })
  if (key === forbiddenKey)
    return error(dialect, 403, 'This key has no access to the model.', { type: 'permission_error' })
  if (key === poorKey)
    return error(dialect, 402, 'Insufficient Balance', { type: 'unknown_error', code: 'insufficient_balance' })
  if (body.model === missingModel)
    return error(dialect, 404, `The model \`${missingModel}\` does not exist or you do not have access to it.`, {
      type: 'invalid_request_error',
      code: 'model_not_found',
    })
  return undefined
}
