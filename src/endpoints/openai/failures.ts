import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import { z } from 'zod'
import type { UpstreamFailure } from '../../domain/upstream-failure.ts'

/** An error of the SDK as the service knows failures. @throws what is no failure of the endpoint but a fault of ours */
export function failureOf(error: unknown): UpstreamFailure {
  const nothing = { status: undefined, code: undefined, text: '', body: undefined, headers: undefined }
  if (error instanceof APIConnectionTimeoutError) return { ...nothing, kind: 'timeout' }
  if (error instanceof APIConnectionError) return { ...nothing, kind: 'network' }
  if (error instanceof APIError && error.status !== undefined) {
    const { status, headers, message } = error
    const code = [error.code, error.type].find(word => typeof word === 'string' && word !== '')
    return {
      kind: 'status',
      status,
      code: code ?? undefined,
      text: [message, error.param].join(' '),
      body: error.error,
      headers,
    }
  }
  // A body that is not the JSON its content type promises, that broke off, or that holds something else.
  if (error instanceof SyntaxError || error instanceof z.ZodError) return { ...nothing, kind: 'malformed', status: 200 }
  if (error instanceof TypeError) return { ...nothing, kind: 'network' }
  throw error
}
