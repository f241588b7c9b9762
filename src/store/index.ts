export { openPostgresStore } from './postgres/open.ts'
export { openSqliteStore } from './sqlite/open.ts'
export { createStorageCheck } from './storage-check.ts'
export type { Store } from './store.ts'
