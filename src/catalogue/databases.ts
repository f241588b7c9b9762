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

/** What is run once, and what for each answer. */
interface Statements {
  readonly before: string | undefined
  readonly each: string
}

/** The name of a table stands for one that is made where it is missing, with a row for each answer. */
function statementsOf(into: string, json: 'text' | 'jsonb'): Statements {
  if (!/^[\w".]+$/.test(into)) return { before: undefined, each: into }
  return {
    before: `create table if not exists ${into} (id text primary key, tags ${json} not null, names ${json} not null)`,
    each: `insert into ${into} (id, tags, names) values ($id, $tags, $names)
      on conflict (id) do update set tags = excluded.tags, names = excluded.names`,
  }
}

/**
 * Runs a statement for each answer, or writes each to a table: all of them or none.
 * @throws ServiceError what the database says of it
 */
export async function writeInto(source: string, into: string, answers: Iterable<Written>): Promise<void> {
  try {
    if (source.startsWith('sqlite:')) writeSqlite(fileOf(source), statementsOf(into, 'text'), answers)
    else await writePostgres(source, statementsOf(into, 'jsonb'), answers)
  } catch (error) {
    throw inWords('--into', error)
  }
}

const parameters = /\$(id|tags|names)\b/g
const usedIn = (statement: string) =>
  [...new Set([...statement.matchAll(parameters)].map(match => match[1]!))] as (keyof Written)[]

function writeSqlite(file: string, { before, each }: Statements, answers: Iterable<Written>): void {
  const database = new DatabaseSync(file)
  try {
    database.exec('begin immediate')
    if (before !== undefined) database.exec(before)
    const used = usedIn(each)
    const prepared = database.prepare(each)
    for (const answer of answers) prepared.run(Object.fromEntries(used.map(name => [name, whole(answer[name])])))
    database.exec('commit')
  } finally {
    // What was not committed is rolled back.
    database.close()
  }
}

/** A number would be written as one with a fraction: 1.0 in a column of texts. */
const whole = (value: string | number) => (typeof value === 'number' ? BigInt(value) : value)

async function writePostgres(url: string, { before, each }: Statements, answers: Iterable<Written>): Promise<void> {
  const used = usedIn(each)
  const text = each.replace(parameters, (_, name: keyof Written) => `$${used.indexOf(name) + 1}`)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    if (before !== undefined) await client.query(before)
    for (const answer of answers)
      await client.query({ name: 'tagsmith-into', text, values: used.map(name => answer[name]) })
    await client.query('commit')
  } finally {
    await client.end()
  }
}
