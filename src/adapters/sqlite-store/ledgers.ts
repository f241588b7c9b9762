import type { CachedValue, ResultCache, UsageLedger, UsageTotal } from '../../services/ports/store.ts'
import type { Database } from './database.ts'

/** The two tables that are not about batches: cached answers and usage totals. */
export function createLedgers({ connection, write }: Database): ResultCache & UsageLedger {
  const selectCached = connection.prepare('select value, written_at as writtenAt from cache where key = ?')
  const insertCached = connection.prepare(`insert into cache values (?, ?, ?)
    on conflict do update set value = excluded.value, written_at = excluded.written_at`)
  const countCached = connection.prepare('select count(*) as count from cache')
  const deleteExpired = connection.prepare(
    'delete from cache where rowid in (select rowid from cache where written_at < ? limit ?)',
  )
  const deleteOldest = connection.prepare(
    'delete from cache where rowid in (select rowid from cache order by written_at limit ?)',
  )
  const addTotal = connection.prepare(`insert into usage values (?, ?, ?, ?, ?, ?, ?, ?)
    on conflict do update set calls = calls + excluded.calls, input_tokens = input_tokens + excluded.input_tokens,
      output_tokens = output_tokens + excluded.output_tokens, cost_usd = cost_usd + excluded.cost_usd,
      unpriced = unpriced + excluded.unpriced`)
  const selectTotals = connection.prepare(`select day, model, key, calls, input_tokens as inputTokens,
    output_tokens as outputTokens, cost_usd as costUsd, unpriced from usage
    where day between ? and ? order by day, model, key`)

  return {
    readCached: async key => selectCached.get(key) as CachedValue | undefined,
    writeCached: async entries =>
      write(() => {
        for (const { key, value } of entries) insertCached.run(key, value, Date.now())
      }),
    trimCache: async ({ writtenBefore, most, limit }) =>
      write(() => {
        const expired = Number(deleteExpired.run(writtenBefore, limit).changes)
        const surplus = expired > 0 ? 0 : (countCached.get()?.count as number) - most
        return surplus > 0 ? Number(deleteOldest.run(Math.min(surplus, limit)).changes) : expired
      }),
    addUsage: async totals =>
      write(() => {
        for (const { day, model, key, calls, inputTokens, outputTokens, costUsd, unpriced } of totals)
          addTotal.run(day, model, key, calls, inputTokens, outputTokens, costUsd, unpriced)
      }),
    readUsage: async ({ from, to }) => selectTotals.all(from, to) as unknown as UsageTotal[],
  }
}
