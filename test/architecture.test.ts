import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { circlesIn, importsOf, readTree, type Tree } from './support/import-graph.ts'

/** From the top to the bottom: a room imports of those below it alone. */
const rooms = [
  'main.ts',
  'cli',
  'compose-batches.ts',
  'compose.ts',
  'compose-endpoints.ts',
  'config.ts',
  'http',
  'page',
  'client',
  'catalogue',
  'store',
  'doctor',
  'quality',
  'batches',
  'classify',
  'answers',
  'accounting',
  'endpoints',
  'prompts',
  'ranker',
  'documents',
  'observability',
  'settings',
  'core',
]
/**
 * Rooms whose files are imported one by one: nouns and settings have no inside, and an old Node can load no more than one
 * file of `cli`.
 */
const withoutDoor = new Set(['core', 'cli', 'settings'])
/** Only who composes knows which store there is. */
const importersOfStore = new Set(['compose.ts', 'store'])
const mostLines = 250
const mostFiles = 15

const roomOf = (path: string) => path.split('/')[0]!
const isOutside = (path: string, imported: string) => roomOf(path) !== roomOf(imported)
const edgesOf = (tree: Tree) => [...tree.keys()].flatMap(path => importsOf(tree, path).map(to => [path, to] as const))
const written = ([path, to]: readonly [string, string]) => `${path} → ${to}`

interface Rule {
  readonly name: string
  readonly faultsIn: (tree: Tree) => readonly string[]
  /** A tree that breaks the rule, and what is said of it. */
  readonly broken: Readonly<Record<string, string>>
  readonly said: readonly string[]
}

const rules: readonly Rule[] = [
  {
    name: 'imports run down the list of rooms, and who composes alone knows the store',
    faultsIn: tree => [
      ...[...tree.keys()].filter(path => !rooms.includes(roomOf(path))),
      ...edgesOf(tree)
        .filter(
          ([path, to]) =>
            rooms.indexOf(roomOf(to)) < rooms.indexOf(roomOf(path)) ||
            (roomOf(to) === 'store' && !importersOfStore.has(roomOf(path))),
        )
        .map(written),
    ],
    broken: {
      'core/tag.ts': "import { read } from '../prompts/index.ts'",
      'http/app.ts': "import type { Store } from '../store/index.ts'",
      'services/new.ts': '',
    },
    said: ['services/new.ts', 'core/tag.ts → prompts/index.ts', 'http/app.ts → store/index.ts'],
  },
  {
    name: 'another room is entered by its index.ts',
    faultsIn: tree =>
      edgesOf(tree)
        .filter(([path, to]) => isOutside(path, to) && to.includes('/') && !withoutDoor.has(roomOf(to)))
        .filter(([, to]) => to !== `${roomOf(to)}/index.ts`)
        .map(written),
    broken: { 'http/app.ts': "const { ask } = await import('../endpoints/openai/ask.ts')" },
    said: ['http/app.ts → endpoints/openai/ask.ts'],
  },
  {
    name: 'no file is reached again from what it imports',
    faultsIn: tree => circlesIn(tree).map(circle => circle.join(' → ')),
    broken: {
      'core/a.ts': "import { b } from './b.ts'",
      'core/b.ts': "import type { C } from './c.ts'",
      'core/c.ts': "export * from './a.ts'",
    },
    said: ['core/a.ts → core/b.ts → core/c.ts → core/a.ts'],
  },
  {
    name: 'main alone knows the process, and core does no input or output',
    faultsIn: tree =>
      [...tree]
        .filter(
          ([path, text]) =>
            (path !== 'main.ts' && /\bprocess\.(env|argv|stdin|stdout|stderr|exit)/.test(text)) ||
            (roomOf(path) === 'core' &&
              /from '(node:(fs|net|http|https|child_process|timers)[^']*|fastify|openai|pino|undici|pg)'/.test(text)),
        )
        .map(([path]) => path),
    broken: {
      'cli/serve.ts': 'const { PORT } = process.env',
      'core/tag.ts': "import { readFile } from 'node:fs/promises'",
    },
    said: ['cli/serve.ts', 'core/tag.ts'],
  },
  {
    name: `a file has at most ${mostLines} lines, and a folder at most ${mostFiles} files`,
    faultsIn: tree => [
      ...[...tree].filter(([, text]) => text.split('\n').length - 1 > mostLines).map(([path]) => path),
      ...[...Map.groupBy(tree.keys(), path => path.split('/').slice(0, -1).join('/'))]
        .filter(([, files]) => files.length > mostFiles)
        .map(([folder]) => folder),
    ],
    broken: {
      'core/long.ts': '\n'.repeat(mostLines + 1),
      ...Object.fromEntries(Array.from({ length: mostFiles + 1 }, (_, place) => [`http/${place}.ts`, ''])),
    },
    said: ['core/long.ts', 'http'],
  },
]

const source = readTree(resolve(import.meta.dirname, '../src'))

test.each(rules)('$name', ({ faultsIn, broken, said }) => {
  expect(faultsIn(source)).toEqual([])
  expect(faultsIn(new Map(Object.entries(broken)))).toEqual(said)
})
