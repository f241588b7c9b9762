import { CommanderError } from 'commander'
import type { TagsmithError } from '../client/index.ts'
import { ConfigError } from '../core/faults.ts'
import { outcomes, ServiceError } from '../core/outcome.ts'
import { exitCodes, isTagsmithError, type Terminal } from './terminal.ts'

/** What to type next, by what went wrong. */
const nextSteps: Readonly<Record<string, string>> = {
  unreachable: '"tagsmith serve" starts one; --url or TAGSMITH_URL says where one is',
  unauthorized: 'put the key of the service into TAGSMITH_API_KEY; "tagsmith keys new NAME" makes one',
  forbidden: '"tagsmith keys new NAME --scopes classify,batch" makes a key that opens both',
  unknown_batch: '"tagsmith batch list" names those there are',
  upstream_auth: '"tagsmith doctor" tells what the endpoint says',
  upstream_config: '"tagsmith doctor" tells what the endpoint says',
  upstream_unavailable: '"tagsmith doctor" tells whether the endpoint answers',
}

/** Says on stderr why the process ends, or one text of several has no answer, and with which exit code. What nobody foresaw is thrown on. */
export function explain(error: unknown, { stderr }: Pick<Terminal, 'stderr'>, what = ''): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof ConfigError) {
    stderr.write(`tagsmith cannot start:\n${error.faults.map(fault => `  ${fault}\n`).join('')}`)
    return exitCodes.usage
  }
  if (error instanceof ServiceError || isTagsmithError(error)) {
    stderr.write(`${what}${error.code}: ${error.message}\n`)
    for (const [pointer, words] of faultsIn(error)) stderr.write(`  ${pointer} ${words}\n`)
    const next = nextSteps[error.code]
    if (next !== undefined) stderr.write(`  ${next}\n`)
    return isFailure(error) ? exitCodes.failure : exitCodes.usage
  }
  if (error instanceof Error && ('syscall' in error || error.name === 'StoreError')) {
    stderr.write(`${what}${error.message}\n`)
    return exitCodes.usage
  }
  throw error
}

type Told = ServiceError | TagsmithError

const faultsIn = (error: Told) =>
  error instanceof ServiceError
    ? error.faults.map(({ pointer, message }) => [pointer, message])
    : (error.problem?.errors ?? []).map(({ pointer, detail }) => [pointer, detail])

/** Whether it was the service or the model that failed, and not what was asked. */
const isFailure = (error: Told): boolean =>
  error instanceof ServiceError ? outcomes[error.code].status >= 500 : error.retryable || (error.status ?? 500) >= 500
