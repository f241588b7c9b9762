import type { CachedValue, CacheStore } from '../../core/stores/cache-store.ts'
import type { UsageLedger, UsageTotal } from '../../core/stores/usage-ledger.ts'
import { mostSummed } from '../../core/usage.ts'
import type { Database } from './database.ts'

/** A sum that older versions let grow past what a number holds is read as the most there is. */
const readable = (column: string) => `min(${column}, ${mostSummed})`
const addedUp = (column: string) => `min(${column} + excluded.${column}, ${mostSummed})`

/** The two tables that are not about batches: cached answers and usage totals. */
export function createLedgers({ connection, write, writeBehind }: Database): CacheStore & UsageLedger {
  const selectCached = connection.prepare('select value, written_at as writtenAt from cache where key = ?')
  // An answer that is written again goes to the end, so that row ids are in the order of time.
  const insertCached = connection.prepare(`insert into cache values (?, ?, ?) on conflict do update set
    rowid = (select max(rowid) + 1 from cache), value = excluded.value, written_at = excluded.written_at`)
  const oldest = 'select rowid, written_at from cache order by rowid limit ?'
  const deleteExpired = connection.prepare(
    `delete from cache where rowid in (select rowid from (${oldest}) where written_at < ?)`,
  )
  // Counting would read the whole table; what was written again since is counted twice, and leaves sooner.
  const deleteSurplus = connection.prepare(
    `delete from cache where rowid in (select rowid from (${oldest}) where rowid <= (select max(rowid) from cache) - ?)`,
  )
  const addTotal = connection.prepare(`insert into usage
    (day, model, key, requests, input_tokens, cached_input_tokens, output_tokens, cost_usd, unpriced, unanswered)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict do update set requests = requests + excluded.requests,
      input_tokens = ${addedUp('input_tokens')}, cached_input_tokens = ${addedUp('cached_input_tokens')},
      output_tokens = ${addedUp('output_tokens')}, cost_usd = cost_usd + excluded.cost_usd,
      unpriced = unpriced + excluded.unpriced, unanswered = unanswered + excluded.unanswered`)
  const selectTotals = connection.prepare(`select day, model, key, requests, ${readable('input_tokens')} as inputTokens,
    ${readable('cached_input_tokens')} as cachedInputTokens, ${readable('output_tokens')} as outputTokens,
    cost_usd as costUsd, unpriced, unanswered from usage
    where day between ? and ? order by day, model, key`)

  return {
    readCached: key => selectCached.get(key) as CachedValue | undefined,
    writeCached: async entries =>
      writeBehind(() => {
        const now = Date.now()
        for (const { key, value } of entries) insertCached.run(key, value, now)
      }),
    trimCache: async ({ writtenBefore, most, limit }) =>
      writeBehind(() => {
        const expired = Number(deleteExpired.run(limit, writtenBefore).changes)
        return expired > 0 ? expired : Number(deleteSurplus.run(limit, most).changes)
      }),
    addUsage: async totals =>
      write(() => {
        for (const total of totals)
          addTotal.run(
            ...[total.day, total.model, total.key, total.requests, total.inputTokens, total.cachedInputTokens],
            ...[total.outputTokens, total.costUsd, total.unpriced, total.unanswered],
          )
      }),
    readUsage: async ({ from, to }) => selectTotals.all(from, to) as unknown as UsageTotal[],
  }
}
