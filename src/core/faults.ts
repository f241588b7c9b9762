import type { z } from 'zod'
import type { Fault } from './outcome.ts'

const mostFaults = 20
const shortKey = /^[\w.-]{1,64}$/

/** What a schema found wrong, each with its JSON pointer; never a value, as that may be somebody's document. */
export function faultsOf({ issues }: z.ZodError): Fault[] {
  return issues.slice(0, mostFaults).flatMap((issue): Fault[] => {
    const path = issue.path.map(String)
    if (issue.code === 'unrecognized_keys') {
      const known = issue.keys.filter(key => shortKey.test(key)).slice(0, mostFaults)
      const unknown = { pointer: pointerOf(path), message: 'holds a key that is not known here' }
      return known.length === 0
        ? [unknown]
        : known.map(key => ({ pointer: pointerOf([...path, key]), message: 'is not known here' }))
    }
    return [{ pointer: pointerOf(path), message: messageOf(issue) }]
  })
}

/** RFC 6901. */
const pointerOf = (path: readonly string[]) =>
  path.map(key => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    return issue.message.endsWith('received undefined') ? 'is missing' : `is not of type ${issue.expected}`
  }
  return issue.message
}
