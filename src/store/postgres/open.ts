import type { Store } from '../store.ts'
import { createBatchRows, createDeletion } from './batches.ts'
import { openDatabase, type PostgresOptions } from './database.ts'
import { createFeedbackRows } from './feedback.ts'
import { createItemRows } from './items.ts'
import { createLeases } from './leases.ts'
import { createLedgers } from './ledgers.ts'
import { createReviewRows } from './reviews.ts'
import { createSubmissions } from './submissions.ts'

/** Opens the store on a PostgreSQL server that any number of replicas share. */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const database = await openDatabase(options)
  const { release, ...leaseMethods } = createLeases(database, { leaseMs: options.leaseMs ?? 15_000 })
  return {
    ...createBatchRows(database),
    ...createItemRows(database),
    ...leaseMethods,
    ...createSubmissions(database, release),
    ...createDeletion(database),
    ...createLedgers(database),
    ...createFeedbackRows(database),
    ...createReviewRows(database),
    ping: async () => {
      await database.query('select 1')
    },
    close: database.close,
  }
}
