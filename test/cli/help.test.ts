import { expect, test } from 'vitest'
import { runInProcess } from '../support/terminal.ts'

const help = async (path: readonly string[]) => (await runInProcess([...path, '--help'])).stdout

/** Every command that does something, by its words. */
async function commandsUnder(path: readonly string[]): Promise<string[][]> {
  const listed = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(await help(path))?.[1]
  if (listed === undefined) return [[...path]]
  const names = [...listed.matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name!).filter(name => name !== 'help')
  return (await Promise.all(names.map(name => commandsUnder([...path, name])))).flat()
}

test('every command has one page of help with examples, whose flags there are', async () => {
  const commands = await commandsUnder([])
  expect(commands.length).toBeGreaterThan(15)
  for (const path of commands) {
    const pages = await Promise.all([...path.keys(), path.length].map(length => help(path.slice(0, length))))
    const page = pages.at(-1)!
    const [, shown = ''] = /\nExamples:\n([\s\S]*?)(\n\n|\n$|$)/.exec(page) ?? []
    const words = path.join(' ')
    expect([words, shown.includes(path.at(-1)!)]).toEqual([words, true])
    for (const [flag] of shown.matchAll(/(?<= )--[a-z][a-z-]*/g))
      expect([words, flag, pages.some(text => text.includes(`  ${flag}`))]).toEqual([words, flag, true])
  }
})

test.each([
  [['tag', 'x', '--too', 'y'], 'tagsmith tag --help'],
  [['batch', 'submit'], 'tagsmith batch submit --help'],
  [['classfy', 'x'], 'Did you mean classify?'],
])('%j is told where to look', async (args, words) => {
  expect(await runInProcess(args)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(words) })
})
