import { type Logger, pino } from 'pino'
import { loggedError } from './logged-error.ts'
import type { Terminal } from './terminal.ts'

/** Lines go out together, a tenth of a second later at most: a system call for each costs more than the line. */
const gathered = { sync: false, minLength: 4_096, periodicFlush: 100 } as const

/** Lines of JSON, as machines read them; on a terminal, as people do. */
export async function createLogger({ stdout, env }: Terminal, level: string): Promise<Logger> {
  const options = { level, base: null, serializers: { err: (error: unknown) => loggedError(error) } }
  if (!('isTTY' in stdout) || stdout.isTTY !== true) {
    const file = 'fd' in stdout && typeof stdout.fd === 'number' ? stdout.fd : undefined
    return pino(options, file === undefined ? stdout : pino.destination({ dest: file, ...gathered }))
  }
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ destination: stdout, colorize: env.NO_COLOR === undefined, singleLine: true }))
}
