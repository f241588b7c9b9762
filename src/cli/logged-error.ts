import { ServiceError } from '../domain/outcome.ts'

interface LoggedError {
  readonly type: string
  readonly message?: string
  readonly code?: string | number
  readonly stack?: string
  readonly cause?: LoggedError
}

const mostCauses = 5
const frame = /^ {4}at .+(:\d+:\d+|<anonymous>|native)\)?$/
const ownNames: readonly string[] = ['ConfigError', 'StoreError', 'ProviderFailure']

/** Its message was written here, or by the operating system. Any other may quote a document, a reply or a key. */
const isFitForLogs = (error: Error): boolean =>
  error instanceof ServiceError || ownNames.includes(error.name) || 'syscall' in error

/** An error as the log tells it: what it is and where it came from, and its message where that can hold no secret. */
export function loggedError(thrown: unknown, depth = 0): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown }
  const { code, message, cause } = thrown as Error & { code?: unknown }
  const stack = framesOf(thrown)
  return {
    type: thrown.constructor.name === 'Error' ? thrown.name : thrown.constructor.name,
    ...(isFitForLogs(thrown) && { message }),
    ...((typeof code === 'number' || (typeof code === 'string' && /^\w{1,64}$/.test(code))) && { code }),
    ...(stack !== '' && { stack }),
    ...(cause !== undefined && depth < mostCauses && { cause: loggedError(cause, depth + 1) }),
  }
}

/** A stack begins with the message, which may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string {
  const frames = message === '' ? stack : stack.replaceAll(message, '')
  return frames
    .split('\n')
    .filter(line => frame.test(line))
    .join('\n')
}
