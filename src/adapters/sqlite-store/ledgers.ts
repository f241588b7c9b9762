import type { CachedValue, ResultCache, UsageLedger, UsageTotal } from '../../services/ports/store.ts'
import type { Database } from './database.ts'

/** The two tables that are not about batches: cached answers and usage totals. */
export function createLedgers({ connection, write, writeBehind }: Database): ResultCache & UsageLedger {
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
  const addTotal = connection.prepare(`insert into usage
    (day, model, key, requests, input_tokens, cached_input_tokens, output_tokens, cost_usd, unpriced)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict do update set requests = requests + excluded.requests,
      input_tokens = input_tokens + excluded.input_tokens,
      cached_input_tokens = cached_input_tokens + excluded.cached_input_tokens,
      output_tokens = output_tokens + excluded.output_tokens, cost_usd = cost_usd + excluded.cost_usd,
      unpriced = unpriced + excluded.unpriced`)
  const selectTotals = connection.prepare(`select day, model, key, requests, input_tokens as inputTokens,
    cached_input_tokens as cachedInputTokens, output_tokens as outputTokens, cost_usd as costUsd, unpriced from usage
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
        const expired = Number(deleteExpired.run(writtenBefore, limit).changes)
        const surplus = expired > 0 ? 0 : (countCached.get()?.count as number) - most
        return surplus > 0 ? Number(deleteOldest.run(Math.min(surplus, limit)).changes) : expired
      }),
    addUsage: async totals =>
      write(() => {
        for (const total of totals)
          addTotal.run(
            ...[total.day, total.model, total.key, total.requests, total.inputTokens, total.cachedInputTokens],
            ...[total.outputTokens, total.costUsd, total.unpriced],
          )
      }),
    readUsage: async ({ from, to }) => selectTotals.all(from, to) as unknown as UsageTotal[],
  }
}
