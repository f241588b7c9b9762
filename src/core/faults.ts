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

/** What is wrong, as it reads after the name of what it is about. What our schemas say themselves starts in lower case. */
export function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    return issue.message.endsWith('received undefined') ? 'is missing' : `is not of type ${issue.expected}`
  }
  return /^[a-z]/.test(issue.message) ? issue.message : inOwnWords(issue)
}

function inOwnWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int') return `is less than ${issue.minimum}`
      return issue.minimum === 1 ? 'is empty' : `holds fewer than ${issue.minimum} ${partsOf(issue.origin)}`
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return `is more than ${issue.maximum}`
      return `holds more than ${issue.maximum} ${partsOf(issue.origin)}`
    case 'invalid_value':
      return `is none of ${issue.values.map(String).join(', ')}`
    case 'invalid_union':
      return 'is of none of the types that are taken'
    case 'not_multiple_of':
      return `is not a multiple of ${issue.divisor}`
    case 'invalid_format':
      return `is not written as ${issue.format === 'regex' ? 'it has to be' : `a ${issue.format}`}`
    case 'invalid_key':
      return 'holds a key that is not taken'
    default:
      return 'is not valid'
  }
}

const partsOf = (origin: string) => (origin === 'string' ? 'characters' : 'entries')

/** What stops the start: every fault in one error, each line naming the setting or file and the fix. */
export class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}
