import { Buffer, isUtf8 } from 'node:buffer'
import { glob, open, readdir, readFile, realpath, stat } from 'node:fs/promises'
import { basename, extname, matchesGlob, sep } from 'node:path'
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
  /** Whether a path, without links in it, is of what the run itself writes. */
  readonly isOwn: (path: string) => boolean
  /** Whether it is the only source. The ids of several hold the names of their folders, so that two READMEs stay two. */
  readonly isOnly: boolean
}

/** Files that hold many texts, where they are named themselves; in a folder each file is one text. */
const tables: Record<string, typeof readEntries> = {
  '.ndjson': readEntries,
  '.jsonl': readEntries,
  '.json': readEntries,
  '.csv': readTable,
  '.tsv': readTable,
}

const workbooks = new Set(['.xlsx', '.xls', '.ods', '.numbers'])

/**
 * The texts of files, folders and globs, a folder in the order of its names. Links in it are not followed, and what begins
 * with a dot or is called node_modules is left out.
 * @throws ServiceError when there is no such file
 */
export async function* readFiles(source: string, options: FileOptions): AsyncGenerator<CatalogueItem> {
  const stats = await stat(source).catch(() => undefined)
  if (stats === undefined) {
    const matches = /[*?[{]/.test(source) ? (await Array.fromAsync(glob(source))).sort() : []
    if (matches.length === 0) throw new ServiceError('invalid_request', `There is no file or folder ${source}.`)
    for (const match of matches) yield* readFiles(match, { ...options, isOnly: false })
    return
  }
  const name = source.split(sep).join('/')
  const prefix = options.isOnly ? '' : `${name.replace(/\/+$/, '')}/`
  if (stats.isDirectory())
    return yield* readAhead(filesIn(Buffer.from(await realpath(source)), '', { ...options, prefix }))
  const ending = extname(source).toLowerCase()
  if (workbooks.has(ending))
    throw new ServiceError('invalid_request', `${source} is a workbook: save it as CSV (UTF-8).`)
  const readRows = tables[ending]
  if (!readRows) return yield await readDocument(Buffer.from(source), name, options)
  const handle = await open(source).catch(error => {
    throw new ServiceError('invalid_request', `${source} cannot be read (${error.code}).`)
  })
  yield* readRows(handle.createReadStream({ highWaterMark: 262_144 }), { ...options, name: basename(source) })
}

interface FolderOptions extends FileOptions {
  /** What goes before the path inside the folder. */
  readonly prefix: string
}

type Reading = () => Promise<CatalogueItem>
const readAtOnce = 16

/** In their order, a few of them read before it is their turn. */
async function* readAhead(files: AsyncIterable<Reading>): AsyncGenerator<CatalogueItem> {
  const begun: Promise<CatalogueItem>[] = []
  for await (const read of files) {
    const reading = read()
    // Whoever waits for it is told; until then nobody does.
    reading.catch(() => undefined)
    if (begun.push(reading) === readAtOnce) yield await begun.shift()!
  }
  for (const reading of begun) yield await reading
}

/** Names are bytes, as some of them are no UTF-8; `inside` is the path from the top of the folder, for people. */
async function* filesIn(folder: Buffer, inside: string, options: FolderOptions): AsyncGenerator<Reading> {
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' }).catch(error => {
    // Of the folder that was named itself nothing would be left.
    if (inside === '') throw new ServiceError('invalid_request', `${folder} cannot be read (${error.code}).`)
    return failedItem(error, `${options.prefix}${inside}/`)
  })
  if (!Array.isArray(entries)) return yield async () => entries
  const named = entries.map(entry => ({ entry, name: nameOf(entry.name) }))
  for (const { entry, name } of named.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    if (name.startsWith('.') || name === 'node_modules') continue
    const path = Buffer.concat([folder, Buffer.from(sep), entry.name])
    const deeper = inside === '' ? name : `${inside}/${name}`
    if (options.exclude.some(pattern => matchesGlob(deeper, pattern))) continue
    if (entry.isDirectory()) yield* filesIn(path, deeper, options)
    else if (entry.isFile() && isIncluded(deeper, options.include) && !options.isOwn(String(path)))
      yield () => readDocument(path, `${options.prefix}${deeper}`, options)
  }
}

/** Bytes that are no UTF-8 are written out, so that two names stay two ids: `caf\xe9.md`. */
function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, byte => `\\x${byte.charCodeAt(0).toString(16)}`)
}

const isIncluded = (path: string, include: readonly string[]): boolean =>
  include.length === 0 || include.some(pattern => matchesGlob(path, pattern))

async function readDocument(
  path: Buffer,
  name: string,
  { charset, limit, idPattern }: FileOptions,
): Promise<CatalogueItem> {
  const id = idPattern?.exec(name)?.[1] ?? name
  try {
    const { size } = await stat(path)
    if (size > limit) throw new ServiceError('too_large', `${name} is longer than BODY_LIMIT, which is ${limit} bytes.`)
    return { place: name, id, text: markdownOf(decodeText(await readFile(path), { what: name, charset }), name) }
  } catch (error) {
    return failedItem(error, name, id)
  }
}
