import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type CatalogueItem, readEntries, readFiles, readQuery } from '../../catalogue/index.ts'
import { ServiceError } from '../../core/outcome.ts'
import type { Terminal } from '../terminal.ts'
import type { TagFlags } from './tag-flags.ts'

/** Of the files that a run writes: whole, before they are whole, and what SQLite puts beside its own. */
const ownEndings = ['', '.part', '-wal', '-shm']

/** Tells of a path whether it is one of these files. @throws ServiceError when the folder of one is not there */
export async function ownFiles(files: readonly (string | undefined)[]): Promise<(path: string) => boolean> {
  const written = await Promise.all(files.filter(file => file !== undefined).map(withoutLinks))
  return path => written.some(own => ownEndings.some(ending => path === `${own}${ending}`))
}

/** Of a file that need not be there yet. */
async function withoutLinks(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch(() => {
    throw new ServiceError('invalid_request', `There is no folder ${dirname(path)} for ${basename(path)}.`)
  })
  return join(folder, basename(path))
}

/** The texts of everything that was named, in its order. */
export async function* readSources(
  sources: readonly string[],
  { id, text, charset, include, exclude, idPattern, from, query }: TagFlags,
  { terminal, limit, isOwn }: { terminal: Terminal; limit: number; isOwn: (path: string) => boolean },
): AsyncGenerator<CatalogueItem> {
  const fields = { id, text }
  const isOnly = sources.length === 1
  if (from !== undefined) yield* readQuery(from, { query: query!, fields })
  for (const source of sources) {
    if (source === '-') yield* readEntries(terminal.stdin, { name: 'stdin', fields, charset, limit })
    else yield* readFiles(source, { fields, charset, limit, include, exclude, idPattern, isOnly, isOwn })
  }
}
