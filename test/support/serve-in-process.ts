import { Readable, Writable } from 'node:stream'
import { onTestFinished } from 'vitest'
import { runProgram } from '../../src/cli/program.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { emptyFolder } from './command.ts'

type Close = Parameters<NonNullable<Terminal['closeWithGrace']>>[1]

/** A service that listens, whether in this process or in one of its own. */
export interface RunningService {
  readonly url: string
  readonly child: { kill(signal: NodeJS.Signals): unknown }
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>
  /** Everything it logged. */
  output(): string
}

/**
 * `serve` in this process, on a real port and in the shape of `startServer`, for whatever is not about the process
 * itself: it starts many times as fast. It can be told to stop, not be killed; the end of the test stops it.
 */
export async function serveInProcess(env: Record<string, string> = {}): Promise<RunningService> {
  const lines: string[] = []
  const listening = Promise.withResolvers<string>()
  const closing = Promise.withResolvers<Close>()
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      const address = /listening at (http:\/\/[\d.:]+)/.exec(lines.at(-1)!)?.[1]
      if (address) listening.resolve(address)
      done()
    },
  })
  const ended = runProgram(['serve'], {
    env: { PORT: '0', SHUTDOWN_DELAY_MS: '0', DATA_DIR: emptyFolder(), ...env },
    ...{ stdin: Readable.from([]), stdout: sink, stderr: sink },
    closeWithGrace: (_options, close) => closing.resolve(close),
  })
  const endedEarly = () => listening.reject(new Error(`the service ended before it listened: ${lines.join('')}`))
  ended.then(endedEarly, listening.reject)
  let isStopping = false
  const child = {
    kill(signal: NodeJS.Signals): void {
      if (signal === 'SIGKILL') throw new Error('Only a process of its own can be killed: start it with startServer.')
      if (isStopping) return
      isStopping = true
      void closing.promise.then(close => close({ signal }))
    },
  }
  const url = await listening.promise
  onTestFinished(async () => {
    child.kill('SIGINT')
    await ended
  })
  return { url, child, ended, output: () => lines.join('') }
}
