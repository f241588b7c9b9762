import type { CachedValue, CacheStore } from '../../core/stores/cache-store.ts'
import type { UsageLedger, UsageTotal } from '../../core/stores/usage-ledger.ts'
import { mostSummed } from '../../core/usage.ts'
import { columnsOf, type Database } from './database.ts'

/** A sum that older versions let grow past what a number holds is read as the most there is. */
const readable = (column: string) => `least(${column}, ${mostSummed})`
const addedUp = (column: string) => `${column} = ${readable(`usage.${column} + excluded.${column}`)}`

const add = `
  insert into usage
    (day, model, key, requests, input_tokens, cached_input_tokens, output_tokens, cost_usd, unpriced, unanswered)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
      $8::double precision[], $9::bigint[], $10::bigint[]) as given (day, model, key)
    order by day, model, key
  on conflict (day, model, key) do update set
    requests = usage.requests + excluded.requests,
    ${addedUp('input_tokens')},
    ${addedUp('cached_input_tokens')},
    ${addedUp('output_tokens')},
    cost_usd = usage.cost_usd + excluded.cost_usd,
    unpriced = usage.unpriced + excluded.unpriced,
    unanswered = usage.unanswered + excluded.unanswered`

// Replicas that trim at once pass over each other's rows.
const deleteExpired = `delete from cache where ctid = any(array(
  select ctid from cache where written_at < $1 limit $2 for update skip locked)) returning 1`
const deleteOldest = `delete from cache where ctid = any(array(
  select ctid from cache order by written_at limit $1 for update skip locked)) returning 1`

/** The two tables that are not about batches: cached answers and usage totals. */
export function createLedgers({ query, transaction }: Database): CacheStore & UsageLedger {
  return {
    readCached: async key => {
      const [row] = await query<CachedValue>('select value, written_at as "writtenAt" from cache where key = $1', [key])
      return row
    },
    writeCached: async entries => {
      await query(
        `insert into cache select key, value, now_ms() from unnest($1::text[], $2::text[]) as given (key, value)
          order by key
          on conflict (key) do update set value = excluded.value, written_at = excluded.written_at`,
        columnsOf(entries, 'key', 'value'),
      )
    },
    trimCache: async ({ writtenBefore, most, limit }) => {
      const expired = (await query(deleteExpired, [writtenBefore, limit])).length
      if (expired > 0) return expired
      const [row] = await query<{ count: number }>('select count(*) as count from cache')
      const surplus = (row?.count ?? 0) - most
      return surplus > 0 ? (await query(deleteOldest, [Math.min(surplus, limit)])).length : 0
    },
    // In a transaction, so that a server which is frozen in between adds nothing when it goes on: it is added again.
    addUsage: totals =>
      transaction(async on => {
        await on(add, [
          ...columnsOf(totals, 'day', 'model', 'key', 'requests', 'inputTokens', 'cachedInputTokens'),
          ...columnsOf(totals, 'outputTokens', 'costUsd', 'unpriced', 'unanswered'),
        ])
      }),
    readUsage: ({ from, to }) =>
      query<UsageTotal>(
        `select day, model, key, requests, ${readable('input_tokens')} as "inputTokens",
            ${readable('cached_input_tokens')} as "cachedInputTokens", ${readable('output_tokens')} as "outputTokens", cost_usd as "costUsd", unpriced,
            unanswered
          from usage where day between $1 and $2 order by day, model, key`,
        [from, to],
      ),
  }
}
