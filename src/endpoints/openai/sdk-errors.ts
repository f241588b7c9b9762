import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { z } from 'zod'
import type { UpstreamFailure } from '../../core/model/engine.ts'

/** An error of the SDK as the service knows failures. @throws what is no failure of the endpoint but a fault of ours */
export function failureOf(error: unknown): UpstreamFailure {
  const nothing = { status: undefined, code: undefined, text: '', body: undefined, headers: undefined }
  if (error instanceof APIConnectionTimeoutError || isTimeout(error)) return { ...nothing, kind: 'timeout' }
  if (error instanceof APIConnectionError) {
    // The SDK wraps whatever its `fetch` throws, also where no request could be made of what we gave it.
    if (isOurs(error.cause)) throw error.cause
    return { ...nothing, kind: 'network', below: codeBelow(error) }
  }
  if (error instanceof APIError && error.status !== undefined) {
    const { status, headers, message } = error
    const code = [error.code, error.type].find(word => typeof word === 'string' && word !== '')
    return {
      kind: 'status',
      status,
      code: code ?? undefined,
      text: [message, error.param].join(' '),
      body: isObject(error.error) ? error.error : (bodies.get(error) ?? error.error),
      headers,
    }
  }
  // A body that is not the JSON its content type promises, that broke off, or that holds something else.
  if (error instanceof SyntaxError || error instanceof z.ZodError) return { ...nothing, kind: 'malformed', status: 200 }
  // A body whose connection was cut: undici says `terminated`, and why.
  if (error instanceof TypeError && !isOurs(error)) return { ...nothing, kind: 'network', below: codeBelow(error) }
  throw error
}

/** The end of the time of a call in the middle of its reply. */
const isTimeout = (error: unknown): boolean => error instanceof DOMException && error.name === 'TimeoutError'

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null

/** What the endpoint wrote, whole. Of an `error` that is a string the SDK forgets what stood beside it; of a page, all. */
const bodies = new WeakMap<APIError, unknown>()

export function withBody(error: APIError, body: unknown): APIError {
  if (body !== undefined) bodies.set(error, body)
  return error
}

const deepestCause = 6

/** What failed below, as the system calls it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `UND_ERR_SOCKET`. */
function codeBelow(error: unknown): string | undefined {
  let found: string | undefined
  let at = error
  for (let depth = 0; depth < deepestCause && typeof at === 'object' && at !== null; depth += 1) {
    const { name, code, cause, errors } = at as Partial<Error> & { code?: unknown; errors?: readonly unknown[] }
    if (typeof code === 'string') found = code
    // undici leaves out the code where the first line is no HTTP at all.
    else if (name === 'HTTPParserError') found = 'HPE_INVALID'
    at = cause ?? errors?.[0]
  }
  return found
}

/** A `TypeError` of the network names its cause; one that does not is a mistake in a program: this one. */
const isOurs = (error: unknown): boolean => error instanceof TypeError && error.cause === undefined
