import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrationsAfter, type StoreErrorCode, storeError } from '../store-error.ts'
import { migrations } from './migrations.ts'

export interface SqliteOptions {
  readonly directory: string
  /** The file may not grow past this; the disk's own end is found without it. */
  readonly maxBytes?: number
  /** How long a worker may be silent before its items are given to others. */
  readonly leaseMs?: number
}

/** One open file: its statements, and a way to write that either happens whole or not at all. */
export interface Database {
  readonly connection: DatabaseSync
  write<T>(work: () => T): T
  /** The same, but a power cut may take it back. It costs no wait for the disk. */
  writeBehind<T>(work: () => T): T
}

const codeOfResult: Record<number, [StoreErrorCode, string]> = {
  5: ['store_locked', 'is in use by another process; a data directory serves one process at a time'],
  8: ['store_read_only', 'cannot be written to'],
  10: ['store_damaged', 'could not be read or written: the disk reported an error'],
  11: ['store_damaged', 'is damaged'],
  13: ['store_full', 'is full: the disk, or the limit set for it, has no room left'],
  14: ['store_read_only', 'cannot be opened or created'],
  26: ['store_damaged', 'holds a file that is not a tagsmith database'],
}

/** SQLite's own error in words that name the directory and not the statement; any other error as it is. */
function explain(error: unknown, directory: string): unknown {
  const { errcode, code } = error as { errcode?: number; code?: string }
  if (errcode === undefined && ['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST', 'ENOENT'].includes(code ?? ''))
    return storeError('store_read_only', `The data directory ${directory} cannot be written to (${code}).`, {
      cause: error,
    })
  const known = codeOfResult[(errcode ?? 0) & 0xff]
  return known ? storeError(known[0], `The data directory ${directory} ${known[1]}.`, { cause: error }) : error
}

const waits = 'pragma synchronous = full'
const waitsNot = 'pragma synchronous = normal'
/** The keys of known answers are spread over all pages of their index: enough of it stays in memory. */
const cacheKb = 4_000

/** Opens the file, takes the lock nobody else can hold, and brings the schema up to date. */
export function openDatabase({ directory, maxBytes }: SqliteOptions): Database {
  let connection: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.W_OK)
    const file = join(directory, 'tagsmith.sqlite')
    keepPrivate(file)
    const opened = new DatabaseSync(file)
    connection = opened
    // Exclusive before WAL: the index then lives in memory, and the kernel drops the lock when the process dies.
    opened.exec(`pragma locking_mode = exclusive; pragma journal_mode = wal; ${waits}`)
    opened.exec(`pragma cache_size = -${cacheKb}`)
    if (maxBytes !== undefined) opened.exec(`pragma max_page_count = ${Math.floor(maxBytes / 4096)}`)
    const write = <T>(work: () => T): T => writeWhole(opened, { work, directory })
    const database: Database = {
      connection: opened,
      write,
      writeBehind(work) {
        opened.exec(waitsNot)
        try {
          return write(work)
        } finally {
          opened.exec(waits)
        }
      },
    }
    database.write(() => migrate(opened))
    return database
  } catch (error) {
    connection?.close()
    throw explain(error, directory)
  }
}

/** Documents are for the user of the service alone. What SQLite puts beside the file gets the mode of the file. */
function keepPrivate(file: string): void {
  closeSync(openSync(file, 'a', 0o600))
  for (const path of [file, `${file}-wal`]) {
    try {
      if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    } catch {
      // It is not there, or belongs to another user who lets this one in.
    }
  }
}

function writeWhole<T>(connection: DatabaseSync, { work, directory }: { work: () => T; directory: string }): T {
  try {
    connection.exec('begin immediate')
    const value = work()
    connection.exec('commit')
    return value
  } catch (error) {
    // SQLite has already rolled back when the disk is full; a second rollback would hide the cause.
    if (connection.isTransaction) connection.exec('rollback')
    throw explain(error, directory)
  }
}

function migrate(connection: DatabaseSync): void {
  connection.exec('create table if not exists migration (version integer primary key, applied_at integer not null)')
  const { version } = connection.prepare('select coalesce(max(version), 0) as version from migration').get() as {
    version: number
  }
  const record = connection.prepare('insert into migration values (?, ?)')
  for (const [number, statements] of migrationsAfter(version, migrations)) {
    connection.exec(statements)
    record.run(number, Date.now())
  }
}
