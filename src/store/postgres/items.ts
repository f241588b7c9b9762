import { type Batch, type ItemResult, itemStates } from '../../core/batch/batch.ts'
import type { BatchStore } from '../../core/stores/batch-store.ts'
import { columnsOf, type Database } from './database.ts'
import { batchColumns } from './schema.ts'

const append = `
  with open as (
    select id from batch where id = $1 and status = 'validating' and deleted_at is null for update),
  given as (
    select * from unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[])
      as given (seq, custom_id, content, outcome, output)),
  added as (
    insert into item (batch_id, seq, state)
      select open.id, seq, case when outcome is null then ${itemStates.ready} else ${itemStates.rejected} end
      from given, open
      on conflict do nothing returning seq),
  documents as (
    insert into document
      select $1, seq, custom_id, content from given join added using (seq) where outcome is null),
  results as (
    insert into result
      select $1, seq, custom_id, false, outcome, output from given join added using (seq) where outcome is not null),
  counts as (
    select outcome, count(*) as count from given join added using (seq) where outcome is not null group by outcome)
  update batch set
    total = total + (select count(*) from added),
    failed = failed + (select coalesce(sum(count), 0) from counts),
    outcomes = add_counts(outcomes, (select coalesce(jsonb_object_agg(outcome, count), '{}') from counts))
  from open where batch.id = open.id
  returning ${batchColumns}`

const others = `
  select exists (
    select 1 from unnest($2::int[], $3::text[]) as given (seq, content)
      join item on item.batch_id = $1 and item.seq = given.seq
      left join document on document.batch_id = $1 and document.seq = given.seq
    where document.content is distinct from given.content) as others`

const retry = `
  with open as (
    select id from batch
    where id = $1 and status in ('in_progress', 'paused', 'completed') and deleted_at is null for update),
  again as (
    update item set state = ${itemStates.ready}, attempts = 0, replies = null
    where ctid = any(array(
      select failed.ctid from item failed
      where failed.batch_id = $1 and failed.state = 3 and exists (select 1 from open)
        and ($3::text[] is null or exists (
          select 1 from result
          where result.batch_id = $1 and result.seq = failed.seq and result.outcome = any($3)))
      order by failed.seq limit $2 for update))
    returning seq),
  gone as (
    delete from result using again where result.batch_id = $1 and result.seq = again.seq returning outcome),
  counts as (
    select outcome, count(*) as count from gone group by outcome),
  reopened as (
    update batch set
      status = case when status = 'paused' then 'paused' else 'in_progress' end,
      failed = failed - (select sum(count) from counts),
      outcomes = add_counts(outcomes, (select jsonb_object_agg(outcome, -count) from counts))
    from open where batch.id = open.id and exists (select 1 from counts))
  select count(*) from again`

export function createItemRows({ query }: Database) {
  return {
    appendItems: async (batchId, items) => {
      const columns = columnsOf(items, 'seq', 'customId', 'document', 'outcome', 'output')
      return (await query<Batch>(append, [batchId, ...columns]))[0]
    },
    holdsOthers: async (batchId, items) => {
      const [row] = await query<{ others: boolean }>(others, [batchId, ...columnsOf(items, 'seq', 'document')])
      return row?.others ?? false
    },
    retryFailed: async (batchId, limit, outcomes) => {
      const [row] = await query<{ count: number }>(retry, [batchId, limit, outcomes ?? null])
      return row?.count ?? 0
    },
    readDocument: async (batchId, seq) => {
      const rows = await query<{ content: string }>('select content from document where batch_id = $1 and seq = $2', [
        batchId,
        seq,
      ])
      return rows[0]?.content
    },
    readResults: (batchId, { after, limit, outcomes, succeeded }) =>
      query<ItemResult>(
        `select seq, custom_id as "customId", succeeded, outcome, output from result
          where batch_id = $1 and seq > $2 and ($3::boolean is null or succeeded = $3)
            and ($4::text[] is null or outcome = any($4))
          order by seq limit $5`,
        [batchId, after, succeeded ?? null, outcomes ?? null, limit],
      ),
  } satisfies Partial<BatchStore>
}
