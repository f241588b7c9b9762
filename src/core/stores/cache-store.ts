import type { MaybePromise } from '../time/promises.ts'

export interface CachedValue {
  readonly value: string
  /** Milliseconds since 1970. */
  readonly writtenAt: number
}

/** What of the cache goes: what was written before, and of the rest the oldest beyond so many. */
export interface CacheBounds {
  readonly writtenBefore: number
  readonly most: number
  readonly limit: number
}

/** Validated answers by the hash of everything they depend on. */
export interface CacheStore {
  readCached(key: string): MaybePromise<CachedValue | undefined>
  writeCached(entries: readonly { key: string; value: string }[]): Promise<void>
  /** Removes up to `limit` entries and says how many; 0 when the cache is within its bounds. */
  trimCache(bounds: CacheBounds): Promise<number>
}
