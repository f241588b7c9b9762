import { outcomes, type ServiceError } from '../domain/outcome.ts'
import type { Problem } from '../domain/problem.ts'

export const problemType = 'application/problem+json'

export function problemOf({ code, message, faults }: ServiceError, requestId: string): Problem {
  const { title, status, retryable } = outcomes[code]
  const errors = faults.map(({ pointer, message: detail }) => ({ pointer, detail }))
  return {
    type: `urn:tagsmith:problem:${code}`,
    title,
    status,
    detail: message,
    code,
    retryable,
    request_id: requestId,
    ...(errors.length > 0 ? { errors } : {}),
  }
}
