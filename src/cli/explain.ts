import { CommanderError } from 'commander'
import { ConfigError } from '../core/faults.ts'
import { outcomes, ServiceError } from '../core/outcome.ts'
import { exitCodes, isTagsmithError, type Terminal } from './terminal.ts'

/** Says on stderr why the process ends, or one text of several has no answer, and with which exit code. What nobody foresaw is thrown on. */
export function explain(error: unknown, { stderr }: Pick<Terminal, 'stderr'>, what = ''): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof ConfigError) {
    stderr.write(`tagsmith cannot start:\n${error.faults.map(fault => `  ${fault}\n`).join('')}`)
    return exitCodes.usage
  }
  if (error instanceof ServiceError) {
    stderr.write(`${what}${error.code}: ${error.message}\n`)
    for (const { pointer, message } of error.faults) stderr.write(`  ${pointer} ${message}\n`)
    return outcomes[error.code].status < 500 ? exitCodes.usage : exitCodes.failure
  }
  if (isTagsmithError(error)) {
    stderr.write(`${what}${error.code}: ${error.message}\n`)
    for (const { pointer, detail } of error.problem?.errors ?? []) stderr.write(`  ${pointer} ${detail}\n`)
    return (error.status ?? 500) < 500 ? exitCodes.usage : exitCodes.failure
  }
  if (error instanceof Error && ('syscall' in error || error.name === 'StoreError')) {
    stderr.write(`${what}${error.message}\n`)
    return exitCodes.usage
  }
  throw error
}
