import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import type { Logger } from 'pino'
import type { TagsmithError } from '../client/index.ts'

/** What a command has of the process it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** Data only. */
  readonly stdout: Writable
  /** All else. */
  readonly stderr: Writable
  /** Calls the listener in place of what Ctrl-C does by itself, once. Gives back how to stop that. */
  readonly onInterrupt?: (listener: () => void) => () => void
  /** How a service learns that it is to end, in place of the signals and errors of the process and the exit after them. */
  readonly closeWithGrace?: (options: GraceOptions, close: (why: StopReason) => Promise<void>) => unknown
}

interface GraceOptions {
  readonly delay: number
  readonly logger: Logger
}

interface StopReason {
  readonly err?: Error
  readonly signal?: string
}

export const exitCodes = {
  ok: 0,
  /** The service or the model failed; the same command may do better later. */
  failure: 1,
  /** The command, a setting or the input is wrong. */
  usage: 2,
  /** A person left with Ctrl-C; what a shell says of a process that the signal ends. */
  interrupted: 130,
} as const

export interface CommandContext {
  readonly terminal: Terminal
  /** Turns work that ends in an exit code into an action. */
  run<Arguments extends unknown[]>(work: (...args: Arguments) => Promise<number>): (...args: Arguments) => Promise<void>
}

/** Whether a person is at the other end. */
export const isTerminal = (stream: Readable | Writable): boolean => 'isTTY' in stream && stream.isTTY === true

/** What the client throws, told by its name: loading the client takes longer than showing a page of help. */
export const isTagsmithError = (error: unknown): error is TagsmithError =>
  error instanceof Error && error.name === 'TagsmithError'

/** The version of the package, which lies beside both `src` and `dist`. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
