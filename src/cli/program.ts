import { Command } from 'commander'
import { addBatchCommand } from './batch/batch.ts'
import { addClassifyCommand } from './classify.ts'
import { addCompletionCommand } from './completion.ts'
import { addDoctorCommand } from './doctor.ts'
import { explain } from './explain.ts'
import { addKeysCommand } from './keys.ts'
import { addCalibrateCommand } from './quality/calibrate.ts'
import { addEvaluateCommand } from './quality/evaluate.ts'
import { addFeedbackCommand } from './quality/feedback.ts'
import { addServeCommand } from './serve.ts'
import { addTagCommand } from './tag/tag.ts'
import { addTagsCommand } from './tags.ts'
import { exitCodes, readVersion, type Terminal } from './terminal.ts'

/** In the order of the help. */
const commands = [
  addServeCommand,
  addTagCommand,
  addClassifyCommand,
  addBatchCommand,
  addFeedbackCommand,
  addCalibrateCommand,
  addEvaluateCommand,
  addDoctorCommand,
  addKeysCommand,
  addTagsCommand,
  addCompletionCommand,
]

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
  for (const addCommand of commands) addCommand(program, { terminal, run })
  pointToHelp(program, 'tagsmith')
  try {
    await program.parseAsync(args, { from: 'user' })
    return exitCode
  } catch (error) {
    return explain(error, terminal)
  }
}

/** Whoever mistyped a command is told where its flags are listed. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`"${path} --help" shows how it is used`)
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`)
}
