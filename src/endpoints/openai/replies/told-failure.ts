import type { UpstreamFailure } from '../../../core/model/engine.ts'

type Fields = Readonly<Record<string, unknown>>

const longestText = 2_000

/** Words for an error where no number is told, with the status that the same provider sends beside them elsewhere. */
const statuses = new Map(
  Object.entries({
    // docs.anthropic.com/en/api/errors
    invalid_request_error: 400,
    authentication_error: 401,
    billing_error: 402,
    permission_error: 403,
    not_found_error: 404,
    request_too_large: 413,
    rate_limit_error: 429,
    api_error: 500,
    timeout_error: 504,
    overloaded_error: 529,
    // platform.openai.com/docs/guides/error-codes
    invalid_api_key: 401,
    insufficient_quota: 429,
    rate_limit_exceeded: 429,
    server_error: 500,
    // cloud.google.com/apis/design/errors: google.rpc.Code
    invalid_argument: 400,
    failed_precondition: 400,
    out_of_range: 400,
    unauthenticated: 401,
    permission_denied: 403,
    not_found: 404,
    resource_exhausted: 429,
    internal: 500,
    unknown: 500,
    unimplemented: 501,
    unavailable: 503,
    deadline_exceeded: 504,
  }),
)

/** The failure that a body with status 200, or an event of a stream, tells of; undefined when it tells of none. */
export function toldFailure(body: unknown, headers: Headers | undefined): UpstreamFailure | undefined {
  const told = errorIn(body)
  if (told === undefined) return undefined
  const fields: Fields = typeof told === 'string' ? { message: told } : told
  const code = wordIn(fields, ['code', 'type', 'error_code'])
  const status = statusIn(fields)
  return {
    kind: status === undefined ? 'malformed' : 'status',
    status: status ?? 200,
    code,
    text: wordIn(fields, ['message', 'detail', 'error_msg', 'msg']) ?? '',
    body: told,
    headers,
  }
}

/** The failure of a body with status 200 that is no answer and tells of none. */
export const malformed = (body: unknown, headers: Headers | undefined): UpstreamFailure => {
  const text = typeof body === 'string' ? body.slice(0, longestText) : ''
  return { kind: 'malformed', status: 200, code: undefined, text, body, headers }
}

/** Beside its choices, in one of them, or in their place. Gemini's compatible endpoint sends its errors in a list. */
function errorIn(body: unknown): Fields | string | undefined {
  const [only, ...more] = Array.isArray(body) ? body : [body]
  if (!isObject(only) || more.length > 0) return undefined
  const { error, errors, choices } = only
  if (isTold(error)) return error
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
  if (isObject(choice) && isTold(choice.error)) return choice.error
  if (choice !== undefined) return undefined
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined
  if (isTold(first)) return first
  const isError = error === true || only.object === 'error' || only.type === 'error' || statusIn(only) !== undefined
  return isError ? only : undefined
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Many send an `error` that is null or empty beside every answer. */
const isTold = (error: unknown): error is Fields | string =>
  isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error.trim() !== ''

const wordIn = (fields: Fields, names: readonly string[]): string | undefined =>
  names.map(name => fields[name]).find(value => typeof value === 'string' && value !== '') as string | undefined

function statusIn(fields: Fields): number | undefined {
  const values = ['code', 'status', 'status_code', 'http_status', 'type'].map(name => fields[name])
  const number = values.map(Number).find(value => Number.isInteger(value) && value >= 400 && value < 600)
  return number ?? values.map(value => statuses.get(String(value).toLowerCase())).find(status => status !== undefined)
}
