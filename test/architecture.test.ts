import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

const source = resolve(import.meta.dirname, '../src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .sort()
const textOf = (file: string) => readFileSync(join(source, file), 'utf8')

/** What a floor may import of the project, beside itself. */
const floors: Record<string, readonly string[]> = {
  domain: [],
  services: ['domain'],
  adapters: ['domain', 'services'],
  http: ['domain', 'services'],
  client: ['domain'],
  cli: ['domain', 'services', 'http', 'client', 'compose.ts', 'config.ts'],
  'config.ts': ['domain'],
  'compose.ts': ['domain', 'services', 'adapters', 'config.ts'],
  'main.ts': ['cli'],
}

const floorOf = (path: string) => path.split('/')[0]!

function importsIn(file: string, text: string): string[] {
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1]!)
  return specifiers
    .filter(specifier => specifier.startsWith('.'))
    .map(specifier => relative(source, resolve(source, file, '..', specifier)))
}

test('every file stands on a floor', () => {
  expect([...new Set(files.map(floorOf))].filter(floor => floors[floor] === undefined)).toEqual([])
})

describe.each(files)('%s', file => {
  test('imports downwards only', () => {
    const floor = floorOf(file)
    const wrong = importsIn(file, textOf(file)).filter(
      path => floorOf(path) !== floor && !floors[floor]?.includes(floorOf(path)),
    )
    expect(wrong).toEqual([])
  })

  test('is at most 200 lines long', () => {
    expect(textOf(file).split('\n').length - 1).toBeLessThanOrEqual(200)
  })

  test('leaves the process to main', () => {
    const usesProcess = /\bprocess\.(env|argv|stdin|stdout|stderr|exit)/.test(textOf(file))
    expect(usesProcess).toBe(file === 'main.ts')
  })

  test('does no input or output on the ground floor', () => {
    const io = /from '(node:(fs|net|http|https|child_process|timers)[^']*|fastify|openai|pino|undici|pg)'/.test(
      textOf(file),
    )
    expect(io && floorOf(file) === 'domain').toBe(false)
  })
})

test('no file is reached again from what it imports', () => {
  const circles: string[] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const imported of importsIn(file, textOf(file))) walk(imported, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  expect(circles).toEqual([])
})

test('a forbidden import is noticed', () => {
  expect(
    importsIn(
      'http/app.ts',
      "import { x } from '../adapters/x.ts'\nimport '../adapters/y.ts'\nawait import('../cli/z.ts')",
    ),
  ).toEqual(['adapters/x.ts', 'adapters/y.ts', 'cli/z.ts'])
})
