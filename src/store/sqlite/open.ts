import type { Store } from '../store.ts'
import { createBatchRows, createDeletion } from './batches.ts'
import { openDatabase, type SqliteOptions } from './database.ts'
import { createFeedbackRows } from './feedback.ts'
import { createItemRows } from './items.ts'
import { createLeases } from './leases.ts'
import { createLedgers } from './ledgers.ts'
import { createReviewRows } from './reviews.ts'
import { createSubmissions } from './submissions.ts'

/** Opens the store in a directory of this machine, for this process alone. */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const database = openDatabase(options)
  const { change, settle, batchRows } = createBatchRows(database)
  const leaseMs = options.leaseMs ?? 15_000
  const { release, releaseAll, ...leaseMethods } = createLeases(database, { settle, leaseMs })
  releaseAll()
  return {
    ...batchRows,
    ...leaseMethods,
    ...createItemRows(database, change),
    ...createSubmissions(database, release),
    ...createDeletion(database),
    ...createLedgers(database),
    ...createFeedbackRows(database),
    ...createReviewRows(database),
    ping: async () => {
      database.connection.prepare('select 1').get()
    },
    close: async () => database.connection.close(),
  }
}
