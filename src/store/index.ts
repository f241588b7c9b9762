export type { Store } from './port.ts'
export { openPostgresStore } from './postgres/open.ts'
export { openSqliteStore } from './sqlite/open.ts'
export { createStorageCheck } from './storage-check.ts'
