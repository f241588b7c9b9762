import { glob, lstat, open, readdir, readFile } from 'node:fs/promises'
import { basename, extname, join, matchesGlob, relative, sep } from 'node:path'
import { decodeText } from '../core/bytes/decode.ts'
import { ServiceError } from '../core/outcome.ts'
import { markdownOf } from '../documents/index.ts'
import { type CatalogueItem, type Fields, failedItem } from './item.ts'
import { readEntries, readTable } from './rows.ts'

export interface FileOptions {
  readonly fields: Fields
  readonly charset: string | undefined
  /** The longest text, in bytes. */
  readonly limit: number
  /** Globs over the path inside a folder; every file when there is none. */
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** What of a path is the id, by its first group; the whole path when left out. */
  readonly idPattern: RegExp | undefined
}

/** Files that hold many texts, where they are named themselves; in a folder each file is one text. */
const tables: Record<string, typeof readEntries> = {
  '.ndjson': readEntries,
  '.jsonl': readEntries,
  '.json': readEntries,
  '.csv': readTable,
  '.tsv': readTable,
}

/**
 * The texts of files, folders and globs, a folder in the order of its names. Links are not followed, and what begins
 * with a dot or is called node_modules is left out.
 * @throws ServiceError when there is no such file
 */
export async function* readFiles(source: string, options: FileOptions): AsyncGenerator<CatalogueItem> {
  const stats = await lstat(source).catch(() => undefined)
  if (stats === undefined) {
    const matches = /[*?[{]/.test(source) ? (await Array.fromAsync(glob(source))).sort() : []
    if (matches.length === 0) throw new ServiceError('invalid_request', `There is no file or folder ${source}.`)
    for (const match of matches) yield* readFiles(match, options)
    return
  }
  if (stats.isDirectory()) {
    for await (const path of filesIn(source, source, options))
      yield await readDocument(path, relative(source, path).split(sep).join('/'), options)
    return
  }
  const readRows = tables[extname(source).toLowerCase()]
  if (!readRows) return yield await readDocument(source, source.split(sep).join('/'), options)
  const handle = await open(source).catch(error => {
    throw new ServiceError('invalid_request', `${source} cannot be read (${error.code}).`)
  })
  yield* readRows(handle.createReadStream({ highWaterMark: 262_144 }), { ...options, name: basename(source) })
}

async function* filesIn(root: string, folder: string, options: FileOptions): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const path = join(folder, entry.name)
    const inside = relative(root, path).split(sep).join('/')
    if (options.exclude.some(pattern => matchesGlob(inside, pattern))) continue
    if (entry.isDirectory()) yield* filesIn(root, path, options)
    else if (entry.isFile() && isIncluded(inside, options.include)) yield path
  }
}

const isIncluded = (path: string, include: readonly string[]): boolean =>
  include.length === 0 || include.some(pattern => matchesGlob(path, pattern))

async function readDocument(
  path: string,
  name: string,
  { charset, limit, idPattern }: FileOptions,
): Promise<CatalogueItem> {
  const id = idPattern?.exec(name)?.[1] ?? name
  try {
    const { size } = await lstat(path)
    if (size > limit) throw new ServiceError('too_large', `${name} is longer than BODY_LIMIT, which is ${limit} bytes.`)
    return { place: name, id, text: markdownOf(decodeText(await readFile(path), { what: name, charset }), name) }
  } catch (error) {
    return failedItem(error, name, id)
  }
}
