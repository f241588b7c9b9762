import type { DocumentId } from '../core/classification.ts'
import { errorCodes, outcomes, type ServiceError } from '../core/outcome.ts'
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
