import { write, writeSync } from 'node:fs'
import { type Logger, pino } from 'pino'
import { ServiceError } from '../core/outcome.ts'
import { isTerminal, type Terminal } from './terminal.ts'

/** Lines of JSON, as machines read them; on a terminal, as people do. */
export async function createLogger({ stdout, stderr, env }: Terminal, level: string): Promise<Logger> {
  const options = { level, base: null, serializers: { err: (error: unknown) => loggedError(error) } }
  if (!isTerminal(stdout)) {
    const file = 'fd' in stdout && typeof stdout.fd === 'number' ? stdout.fd : undefined
    const told = (error: Error) => void stderr.write(`the log cannot be written to: ${error.message}\n`)
    return pino(options, file === undefined ? stdout : createLogWriter(file, told))
  }
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ destination: stdout, colorize: !env.NO_COLOR, singleLine: true }))
}

/** Lines go out together, a tenth of a second later at most: a system call for each costs more than the line. */
const gatherBytes = 4_096
const gatherMs = 100
/** Beyond that a reader which does not read loses lines, and the service keeps its memory. */
const mostWaiting = 16_000_000
const againMs = 50
const lastTries = 20

interface LogWriter {
  write(line: string): void
}

/**
 * Writes lines to a file or pipe without waiting for whoever reads it. Where that fails, because the reader has gone or
 * the disk is full, it is told once until it works again, and the lines are dropped: a service does not stop for its
 * log, and above all it stops when it is told to. (`flushSync` of sonic-boom 4.2.1, which pino calls when the process
 * ends, writes again for ever after any error.)
 */
function createLogWriter(fd: number, onBroken: (error: Error) => void): LogWriter {
  let waiting = ''
  let beingWritten: Buffer | undefined
  let timer: NodeJS.Timeout | undefined
  let isBroken = false

  function drop(error: Error): void {
    beingWritten = undefined
    if (!isBroken) onBroken(error)
    isBroken = true
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (beingWritten !== undefined || waiting === '') return
    beingWritten = Buffer.from(waiting)
    waiting = ''
    writeOn()
  }

  function writeOn(): void {
    if (beingWritten === undefined) return
    write(fd, beingWritten, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(writeOn, againMs)
      else if (error) drop(error)
      else {
        isBroken = false
        beingWritten = beingWritten?.subarray(written)
        if (beingWritten?.length) return writeOn()
        beingWritten = undefined
        if (waiting.length >= gatherBytes) flush()
        else if (waiting !== '') timer ??= setTimeout(flush, gatherMs)
      }
    })
  }

  function writeRest(): void {
    let rest = Buffer.from(waiting)
    for (let tries = 0; rest.length > 0 && tries < lastTries; ) {
      try {
        rest = rest.subarray(writeSync(fd, rest))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return
        tries += 1
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, againMs)
      }
    }
  }
  process.once('exit', writeRest)

  return {
    write(line) {
      if (waiting.length > mostWaiting) return
      waiting += line
      if (waiting.length >= gatherBytes) flush()
      else timer ??= setTimeout(flush, gatherMs)
    },
  }
}

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
function loggedError(thrown: unknown, depth = 0): LoggedError {
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
