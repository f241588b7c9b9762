import type { DocumentId } from '../core/classification.ts'
import { type ErrorCode, errorCodes, outcomes, ServiceError } from '../core/outcome.ts'
import { Problem } from '../core/problem.ts'

export const problemType = 'application/problem+json'

export function problemOf({ code, message, faults }: ServiceError, requestId: string, id?: DocumentId): Problem {
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
    ...(id !== undefined && { id }),
    ...(errors.length > 0 ? { errors } : {}),
  }
}

/** The problem responses of a route, by status, each saying which codes it stands for. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map(status => {
      const codes = errorCodes.filter(code => outcomes[code].status === status)
      const description = codes.map(code => `\`${code}\`: ${outcomes[code].title}.`).join(' ')
      return [String(status), { description, content: { [problemType]: { schema: Problem } } }]
    }),
  )
}

const requestId = '4f9f2f0e-58a9-4c5f-9f0e-7a3f3a1c2b11'

export function exampleOfProblem(code: ErrorCode): Problem {
  const faults = code === 'invalid_request' ? [{ pointer: '/text', message: 'is missing' }] : []
  return problemOf(new ServiceError(code, `${outcomes[code].title}.`, { faults }), requestId)
}
