import pg from 'pg'
import { migrationsAfter, type StoreErrorCode, storeError } from '../store-error.ts'
import { migrations } from './migrations.ts'
import { namesSchema, prepareSchema, type Query, schemaOptions } from './schema.ts'

export interface PostgresOptions {
  readonly url: string
  readonly connections?: number
  /** How long a worker may be silent before its items are given to others. */
  readonly leaseMs?: number
  /** The most time for a statement, and for a connection to run it on. A server that is frozen takes any. */
  readonly statementMs?: number
}

export interface Database {
  readonly query: Query
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const int8 = 20
/** What a migration does to large tables takes its time. */
const migrationMs = 3_600_000
const migrationLock = 7_406_199_114

const meanings: readonly [RegExp, StoreErrorCode, string][] = [
  [/^53100$/, 'store_full', 'is full: its disk has no room left'],
  [/^(25006|42501)$/, 'store_read_only', 'does not let this user write'],
  [/^28/, 'store_unreachable', 'refused the user or the password'],
  [/^3D000$/, 'store_unreachable', 'does not exist on that server'],
  [/^57014$/, 'store_unreachable', 'did not answer in time'],
  [/^(08|57P|53300)/, 'store_unreachable', 'is not accepting connections'],
  [/^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST|ENET|EPIPE|ENOENT)/, 'store_unreachable', 'cannot be reached'],
  [/^(XX001|XX002|58030)$/, 'store_damaged', 'reports damage or a disk error'],
]

/** The driver's error in words without the password, and without the rows PostgreSQL likes to quote. */
function explain(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error.name === 'StoreError') return error
  for (const quoting of ['detail', 'where', 'internalQuery']) Reflect.deleteProperty(error, quoting)
  const code = 'code' in error ? String(error.code) : ''
  const known = meanings.find(([pattern]) => pattern.test(code))
  if (known) return storeError(known[1], `The database ${place} ${known[2]} (${code}).`, { cause: error })
  if (/^(timeout (exceeded|expired)|Query read timeout)/.test(error.message))
    return storeError('store_unreachable', `The database ${place} did not answer in time.`, { cause: error })
  if (/^(Connection terminated|Client (has encountered|was closed))/.test(error.message))
    return storeError('store_unreachable', `The connection to the database ${place} was lost.`, { cause: error })
  return error
}

type ColumnOf<Row> = Row extends unknown ? keyof Row : never

/** Rows as `unnest` takes them: all values of one column after the other. */
export const columnsOf = <Row extends object>(rows: readonly Row[], ...columns: readonly ColumnOf<Row>[]) =>
  columns.map(column => rows.map(row => (row as Partial<Record<ColumnOf<Row>, unknown>>)[column] ?? null))

/** PostgreSQL keeps no NUL in a text: it is replaced, as a decoder replaces what is no character. */
function withoutNul(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\uFFFD') : value
  return Array.isArray(value) ? value.map(withoutNul) : value
}

function placeOf(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw storeError(
      'store_unreachable',
      'The database URL is not of the form postgres://user:password@host:port/name.',
    )
  return `${parsed.host || 'of this machine'}${parsed.pathname}`
}

/** Connects, and brings the schema up to date while no other replica does. */
export async function openDatabase({ url, connections = 10, statementMs = 5_000 }: PostgresOptions): Promise<Database> {
  const place = placeOf(url)
  const pool = new pg.Pool({
    connectionString: url,
    options: schemaOptions,
    max: connections,
    connectionTimeoutMillis: statementMs,
    query_timeout: statementMs,
    // What nobody waits for any more, as for a lock, the server gives up as well. Not every pooler takes it as an option.
    onConnect: async client => {
      await client.query(`set statement_timeout = ${statementMs}`)
    },
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  // An idle connection that breaks is replaced by the next query; unheard, its error would end the process.
  pool.on('error', () => {})

  const queryOn =
    (client: Pick<pg.ClientBase, 'query'>, limit?: { readonly query_timeout: number }): Query =>
    async <Row extends object>(text: string, values: readonly unknown[] = []) => {
      try {
        return (await client.query<Row>({ text, values: values.map(withoutNul), ...limit })).rows
      } catch (error) {
        throw explain(error, place)
      }
    }

  async function transaction<T>(
    work: (query: Query) => Promise<T>,
    limit?: { readonly query_timeout: number },
  ): Promise<T> {
    const client = await pool.connect().catch(error => {
      throw explain(error, place)
    })
    const query = queryOn(client, limit)
    let failure: Error | undefined
    try {
      await query('begin')
      const value = await work(query)
      await query('commit')
      return value
    } catch (error) {
      failure = error as Error
      throw error
    } finally {
      // A connection that failed in a transaction is closed, and the server rolls back.
      client.release(failure)
    }
  }

  const database = { query: queryOn(pool as unknown as pg.ClientBase), transaction, close: () => pool.end() }
  try {
    await transaction(query => migrate(query, namesSchema(url)), { query_timeout: migrationMs })
    return database
  } catch (error) {
    await pool.end()
    throw error
  }
}

async function migrate(query: Query, isPlaced: boolean): Promise<void> {
  await query(`set local statement_timeout = ${migrationMs}`)
  await query('select pg_advisory_xact_lock($1)', [migrationLock])
  if (!isPlaced) await prepareSchema(query)
  await query('create table if not exists migration (version integer primary key, applied_at timestamptz not null)')
  const [row] = await query<{ version: number }>('select coalesce(max(version), 0) as version from migration')
  for (const [number, statements] of migrationsAfter(row?.version ?? 0, migrations)) {
    await query(statements)
    await query('insert into migration values ($1, clock_timestamp())', [number])
  }
}
