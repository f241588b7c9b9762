import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The text of each file by its path from the root of the tree. */
export type Tree = ReadonlyMap<string, string>

export function readTree(root: string): Tree {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(path => /\.tsx?$/.test(path))
  return new Map(paths.sort().map(path => [path.replaceAll('\\', '/'), readFileSync(join(root, path), 'utf8')]))
}

/** The files of the tree that a file imports, types included. */
export function importsOf(tree: Tree, path: string): string[] {
  const specifiers = (tree.get(path) ?? '').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)
  const targets = [...specifiers].map(match => posix.join(posix.dirname(path), match[1]!))
  return [...new Set(targets)].filter(target => target !== path)
}

/** The tree without the imports of types, which are gone at run time. */
export const withoutTypes = (tree: Tree): Tree =>
  new Map([...tree].map(([path, text]) => [path, text.replace(/^(?:import|export) type [\w{}*,\s]+ from '.+'$/gm, '')]))

/** Each circle of imports once, as the files on it. */
export function circlesIn(tree: Tree): string[][] {
  const circles: string[][] = []
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start !== -1) circles.push([...path.slice(start), file])
    if (start !== -1 || done.has(file)) return
    for (const imported of importsOf(tree, file)) walk(imported, [...path, file])
    done.add(file)
  }
  for (const file of tree.keys()) walk(file, [])
  return circles
}

/** The longest way from a file to what it imports, and on from there. */
export function longestChain(tree: Tree): string[] {
  const known = new Map<string, string[]>()
  const chainFrom = (file: string): string[] => {
    const found = known.get(file)
    if (found) return found
    known.set(file, [file])
    const chains = importsOf(tree, file).map(chainFrom)
    const chain = [file, ...chains.reduce((left, right) => (right.length > left.length ? right : left), [])]
    known.set(file, chain)
    return chain
  }
  return [...tree.keys()].map(chainFrom).reduce((left, right) => (right.length > left.length ? right : left), [])
}
