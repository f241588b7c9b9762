import type { Readable, Writable } from 'node:stream'

/** What a command has of the process it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: Readable
  /** Data only. */
  readonly stdout: Writable
  /** All else. */
  readonly stderr: Writable
}

export const exitCodes = {
  ok: 0,
  /** The service or the model failed; the same command may do better later. */
  failure: 1,
  /** The command, a setting or the input is wrong. */
  usage: 2,
} as const

export interface CommandContext {
  readonly terminal: Terminal
  /** Turns work that ends in an exit code into an action. */
  run<Arguments extends unknown[]>(work: (...args: Arguments) => Promise<number>): (...args: Arguments) => Promise<void>
}
