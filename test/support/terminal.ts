import { Readable, Writable } from 'node:stream'
import { runProgram } from '../../src/cli/program.ts'
import { emptyFolder } from './command.ts'

export interface ProgramOptions {
  readonly env?: Record<string, string>
  readonly stdin?: string | Uint8Array
  /** Whether what is written goes to a terminal, and what a person types goes in. */
  readonly isTerminal?: boolean
  /** Called with each piece of stderr; what it is given interrupts, as Ctrl-C would. */
  readonly onStderr?: (text: string, interrupt: () => void) => void
}

/** Runs a command in this process, as a terminal would hand it its input and output. */
export async function runInProcess(args: readonly string[], options: ProgramOptions = {}) {
  const { env = {}, stdin = '', isTerminal = false, onStderr } = options
  let interrupt = () => {}
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') =>
    Object.assign(
      new Writable({
        write(chunk, _encoding, done) {
          written[name] += String(chunk)
          if (name === 'stderr') onStderr?.(String(chunk), () => interrupt())
          done()
        },
      }),
      isTerminal ? { isTTY: true, columns: 100 } : {},
    )
  const exitCode = await runProgram(args, {
    // What was measured here by hand, or kept by a service, is no part of a test.
    env: { DATA_DIR: emptyFolder(), ...env },
    stdin: Object.assign(Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)]), isTerminal && { isTTY: true }),
    ...{ stdout: sink('stdout'), stderr: sink('stderr') },
    onInterrupt(listener) {
      const none = () => {}
      interrupt = () => {
        interrupt = none
        listener()
      }
      return () => {
        interrupt = none
      }
    },
  })
  return { exitCode, ...written }
}
