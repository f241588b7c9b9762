import { errorCodes, outcomes } from '../domain/outcome.ts'
import { Problem } from '../domain/problem.ts'
import { problemType } from './problem.ts'

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
