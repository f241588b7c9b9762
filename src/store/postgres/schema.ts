import { mostSummed } from '../../core/usage.ts'
import { storeError } from '../store-error.ts'

/** Runs one statement and gives its rows. */
export type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>

/** The schema of the tables, whose names are too plain to share one with an application. */
const ownSchema = 'tagsmith'

/** As the driver takes it; the options of a URL go before, so a URL may name another schema by its `search_path`. */
export const schemaOptions = `-c search_path=${ownSchema}`

export const namesSchema = (url: string): boolean =>
  /search_path/.test(URL.parse(url)?.searchParams.get('options') ?? '')

/** What there was when the tables were made wherever the server puts them, which is `public` unless it was told. */
const formerTables = [
  'migration',
  'batch',
  'document',
  'item',
  'result',
  'worker',
  'cache',
  'usage',
  'submission',
  'feedback',
  'review',
]
const formerFunctions = ['now_ms()', 'add_counts(jsonb, jsonb)', 'settle_batch()']

const former = `
  select namespace.nspname as name from pg_class migration join pg_namespace namespace on namespace.oid = relnamespace
  where relname = 'migration' and nspname in ('public', current_user)
    and exists (select 1 from pg_attribute where attrelid = migration.oid and attname = 'applied_at')
    and exists (
      select 1 from pg_class batch join pg_attribute on attrelid = batch.oid and attname = 'idempotency_key'
      where batch.relname = 'batch' and batch.relnamespace = migration.relnamespace)
  order by nspname = 'public'`

/** Inside the transaction that migrates: makes the schema, and moves into it what an earlier version left elsewhere. */
export async function prepareSchema(query: Query): Promise<void> {
  const [there] = await query('select 1 from pg_namespace where nspname = $1', [ownSchema])
  if (!there) await createSchema(query)
  const [place] = await query<{ current: string | null }>('select current_schema() as current')
  if (place?.current !== ownSchema) {
    const fix = 'name a schema in the URL, as ?options=-c search_path%3Dtagsmith, or let the pooler pass it on'
    throw storeError('store_unreachable', `The connection does not keep the search_path it was opened with: ${fix}.`)
  }
  const [moved] = await query('select 1 from pg_tables where schemaname = $1 and tablename = $2', [ownSchema, 'batch'])
  const [from] = moved ? [] : await query<{ name: string }>(former)
  if (from === undefined) return
  const tables = await query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = $1 and tablename = any($2)',
    [from.name, formerTables],
  )
  for (const { name } of tables) await query(`alter table "${from.name}".${name} set schema ${ownSchema}`)
  for (const name of formerFunctions) await query(`alter function "${from.name}".${name} set schema ${ownSchema}`)
}

async function createSchema(query: Query): Promise<void> {
  try {
    await query(`create schema ${ownSchema}`)
  } catch (error) {
    const message = `The user of the database may not make the schema ${ownSchema}: make it for that user, by "create schema ${ownSchema} authorization" and its name.`
    if ((error as { code?: string }).code !== 'store_read_only') throw error
    throw storeError('store_read_only', message, { cause: error })
  }
}

/** A batch row under the names of the domain. */
export const batchColumns = `batch.id, batch.key, batch.idempotency_key as "idempotencyKey", batch.traceparent, batch.settings,
  batch.delivery, batch.status, batch.pause_reason as "pauseReason", batch.max_cost_usd as "maxCostUsd", batch.max_tokens as "maxTokens", batch.total, batch.succeeded,
  batch.failed, least(batch.input_tokens, ${mostSummed}) as "inputTokens", least(batch.output_tokens, ${mostSummed}) as "outputTokens",
  batch.cost_usd as "costUsd", batch.unpriced, batch.outcomes, batch.answered_by as "answeredBy", batch.created_at as "createdAt",
  batch.started_at as "startedAt", batch.finished_at as "finishedAt"`
