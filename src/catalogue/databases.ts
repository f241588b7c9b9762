import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import Cursor from 'pg-cursor'
import { ServiceError } from '../core/outcome.ts'
import { type CatalogueItem, type Fields, itemOf } from './item.ts'

const rowsAtOnce = 500
const fileOf = (source: string) => source.replace(/^sqlite:(\/\/)?/, '')

/** What went wrong, without the address, which may hold a password. */
function inWords(what: string, error: unknown): ServiceError {
  const { message } = error as Error
  return new ServiceError('invalid_request', `${what}: ${message || (error as { code?: string }).code}`)
}

/** The rows of a query, a few hundred at a time. @throws ServiceError what the database says of the query */
export async function* readQuery(
  source: string,
  { query, fields }: { readonly query: string; readonly fields: Fields },
): AsyncGenerator<CatalogueItem> {
  const isSqlite = source.startsWith('sqlite:')
  let number = 0
  try {
    for await (const row of isSqlite ? sqliteRows(fileOf(source), query) : postgresRows(source, query)) {
      number += 1
      if (number === 1) checkColumns(Object.keys(row), fields)
      yield itemOf(row, `row ${number}`, fields)
    }
  } catch (error) {
    throw error instanceof ServiceError ? error : inWords('--query', error)
  }
}

function checkColumns(columns: readonly string[], { id, text }: Fields): void {
  const missing = [id, ...text].find(name => !columns.includes(name))
  if (missing === undefined) return
  const message = `--query gives no column ${missing}, only ${columns.join(', ')}; name them with --id and --text.`
  throw new ServiceError('invalid_request', message)
}

type Row = Record<string, unknown>

function* sqliteRows(file: string, query: string): Generator<Row> {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    yield* database.prepare(query).iterate() as Iterable<Row>
  } finally {
    database.close()
  }
}

async function* postgresRows(url: string, query: string): AsyncGenerator<Row> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const cursor = client.query(new Cursor<Row>(query))
    for (;;) {
      const rows = await cursor.read(rowsAtOnce)
      if (rows.length === 0) return
      yield* rows
    }
  } finally {
    await client.end()
  }
}

/** One answer as the statement of `--into` may use it, by these names after a `$`. */
export interface Written {
  readonly id: string | number
  /** The ids and the names of the tags, as JSON. */
  readonly tags: string
  readonly names: string
}

/** Runs a statement for each answer, all of them or none. @throws ServiceError what the database says of it */
export async function writeInto(source: string, statement: string, answers: Iterable<Written>): Promise<void> {
  try {
    if (source.startsWith('sqlite:')) writeSqlite(fileOf(source), statement, answers)
    else await writePostgres(source, statement, answers)
  } catch (error) {
    throw inWords('--into', error)
  }
}

const parameters = /\$(id|tags|names)\b/g
const usedIn = (statement: string) =>
  [...new Set([...statement.matchAll(parameters)].map(match => match[1]!))] as (keyof Written)[]

function writeSqlite(file: string, statement: string, answers: Iterable<Written>): void {
  const database = new DatabaseSync(file)
  try {
    database.exec('begin immediate')
    const used = usedIn(statement)
    const prepared = database.prepare(statement)
    for (const answer of answers) prepared.run(Object.fromEntries(used.map(name => [name, answer[name]])))
    database.exec('commit')
  } finally {
    // What was not committed is rolled back.
    database.close()
  }
}

async function writePostgres(url: string, statement: string, answers: Iterable<Written>): Promise<void> {
  const used = usedIn(statement)
  const text = statement.replace(parameters, (_, name: keyof Written) => `$${used.indexOf(name) + 1}`)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    for (const answer of answers)
      await client.query({ name: 'tagsmith-into', text, values: used.map(name => answer[name]) })
    await client.query('commit')
  } finally {
    await client.end()
  }
}
