import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { Dialect, type Expectation } from './dialect.ts'

const folder = new URL('./dialects/', import.meta.url)

type Tree = { [key: string]: unknown }
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Lays one tree over another. A null takes the key away, so that a dialect can drop what it inherits. */
function overlay(base: Tree, top: Tree): Tree {
  const merged: Tree = { ...base }
  for (const [key, value] of Object.entries(top)) {
    const below = merged[key]
    if (value === null) delete merged[key]
    else merged[key] = isTree(below) && isTree(value) ? overlay(below, value) : value
  }
  return merged
}

function readTree(name: string): Tree {
  const tree: unknown = parse(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
  if (!isTree(tree)) throw new Error(`dialect ${name} is not a mapping`)
  const { extends: base, ...own } = tree
  if (typeof base !== 'string') return own
  const { models: _models, ...inherited } = readTree(base)
  return overlay(inherited, own)
}

export const dialectNames = (): string[] =>
  readdirSync(folder)
    .filter(file => file.endsWith('.yaml'))
    .map(file => file.slice(0, -'.yaml'.length))
    .sort()

export function loadDialect(name: string): Dialect {
  if (!dialectNames().includes(name)) throw new Error(`no dialect ${name}; there are: ${dialectNames().join(', ')}`)
  return Dialect.parse(readTree(name))
}

/** The dialect as one model of it speaks; each is laid out once. */
export function createModelDialects(dialect: Dialect): (model: unknown) => Dialect {
  const own = new Map(
    Object.entries(dialect.models).map(([model, tree]) => [
      model,
      Dialect.parse(overlay({ ...dialect, models: {} }, { ...tree, model })),
    ]),
  )
  return model => (typeof model === 'string' ? own.get(model) : undefined) ?? dialect
}

export interface Expected {
  readonly dialect: string
  readonly model: string
  readonly expect: Expectation
}

/** What a client that steps the ladder should meet: each dialect that chats, and each of its models that says so itself. */
export const expectations = (): Expected[] =>
  dialectNames().flatMap(name => {
    const dialect = loadDialect(name)
    if (dialect.decisions) return []
    const modelDialect = createModelDialects(dialect)
    const outspoken = Object.entries(dialect.models).flatMap(([model, tree]) => ('expect' in tree ? [model] : []))
    return [dialect.model, ...outspoken].map(model => ({ dialect: name, model, expect: modelDialect(model).expect }))
  })
