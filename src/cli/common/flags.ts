import { InvalidArgumentError } from 'commander'

/** Of commands that read texts. */
export const charsetOption = [
  '--charset <name>',
  'the charset of the file, such as windows-1251; UTF-8, or what its byte order mark says, when left out',
] as const

export const readList = (value: string): string[] =>
  value
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')

export const textOption = [
  '--text <columns>',
  'what the text is called; several, with commas, are put together',
  readList,
  ['text'] as string[],
] as const

/** A reader of what matches as a number; all else is called no such thing. */
export const readMatching =
  (pattern: RegExp, what: string) =>
  (value: string): number => {
    if (pattern.test(value)) return Number(value)
    throw new InvalidArgumentError(`It is not ${what}.`)
  }

export const readNumber = readMatching(/^\d+(\.\d+)?$/, 'a number')

/** Of an option that may be given again for another. */
export const collect = (value: string, given: readonly string[]): string[] => [...given, value]

/** What stands at the end of the help of a command. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map(line => `  ${line}\n`).join('')}`
