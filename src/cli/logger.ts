import { type Logger, pino } from 'pino'
import type { Terminal } from './terminal.ts'

/** Lines of JSON, as machines read them; on a terminal, as people do. */
export async function createLogger({ stdout, env }: Terminal, level: string): Promise<Logger> {
  const options = { level, base: null }
  if (!('isTTY' in stdout) || stdout.isTTY !== true) return pino(options, stdout)
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ destination: stdout, colorize: env.NO_COLOR === undefined, singleLine: true }))
}
