import { Command, CommanderError } from 'commander'
import { TagsmithError } from '../client/tagsmith-error.ts'
import { ConfigError } from '../domain/config-error.ts'
import { outcomes, ServiceError } from '../domain/outcome.ts'
import { addBatchCommand } from './batch.ts'
import { addClassifyCommand } from './classify.ts'
import { addDoctorCommand } from './doctor.ts'
import { addKeysCommand } from './keys.ts'
import { addServeCommand } from './serve.ts'
import { addTagsCommand } from './tags.ts'
import { exitCodes, type Terminal } from './terminal.ts'
import { readVersion } from './version.ts'

/** Runs one command and answers with the exit code of the process. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = new Command('tagsmith')
    .description('Gives a text at most three tags from a closed list.')
    .version(readVersion())
    .exitOverride()
    .configureOutput({
      writeOut: text => void terminal.stdout.write(text),
      writeErr: text => void terminal.stderr.write(text),
    })
  let exitCode: number = exitCodes.ok
  const run =
    <Arguments extends unknown[]>(work: (...args: Arguments) => Promise<number>) =>
    async (...given: Arguments) => {
      exitCode = await work(...given)
    }
  addServeCommand(program, { terminal, run })
  addClassifyCommand(program, { terminal, run })
  addBatchCommand(program, { terminal, run })
  addDoctorCommand(program, { terminal, run })
  addKeysCommand(program, { terminal, run })
  addTagsCommand(program, { terminal, run })
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return explain(error, terminal)
  }
}

function explain(error: unknown, { stderr }: Terminal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  if (error instanceof ConfigError) {
    stderr.write(`tagsmith cannot start:\n${error.faults.map(fault => `  ${fault}\n`).join('')}`)
    return exitCodes.usage
  }
  if (error instanceof ServiceError) {
    stderr.write(`${error.code}: ${error.message}\n`)
    for (const { pointer, message } of error.faults) stderr.write(`  ${pointer} ${message}\n`)
    return outcomes[error.code].status < 500 ? exitCodes.usage : exitCodes.failure
  }
  if (error instanceof TagsmithError) {
    stderr.write(`${error.code}: ${error.message}\n`)
    for (const { pointer, detail } of error.problem?.errors ?? []) stderr.write(`  ${pointer} ${detail}\n`)
    return (error.status ?? 500) < 500 ? exitCodes.usage : exitCodes.failure
  }
  if (error instanceof Error && ('syscall' in error || error.name === 'StoreError')) {
    stderr.write(`${error.message}\n`)
    return exitCodes.usage
  }
  throw error
}
