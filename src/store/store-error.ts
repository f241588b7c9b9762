export type StoreErrorCode =
  | 'store_locked'
  | 'store_full'
  | 'store_read_only'
  | 'store_unreachable'
  | 'store_too_new'
  | 'store_damaged'

export type StoreError = Error & { readonly code: StoreErrorCode }

/** An error whose message is fit to be shown: it names no document and no password. */
export const storeError = (code: StoreErrorCode, message: string, options?: ErrorOptions): StoreError =>
  Object.assign(new Error(message, options), { name: 'StoreError', code })

/** The numbers of the migrations that are left. @throws StoreError when a newer version has made the tables */
export function migrationsAfter(version: number, all: readonly string[]): (readonly [number: number, sql: string])[] {
  if (version > all.length)
    throw storeError(
      'store_too_new',
      `The database is at version ${version}, this tagsmith knows up to ${all.length}: run the newer tagsmith.`,
    )
  return all.slice(version).map((sql, index) => [version + index + 1, sql])
}
