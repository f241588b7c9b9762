import { itemStates } from '../../core/batch/batch.ts'
import { mostSummed } from '../../core/usage.ts'

/**
 * Every statement of a worker first takes a share of its own row in `worker`. Whoever declares a worker dead takes the whole
 * row, so a worker is never declared dead in the middle of a statement, and holds nothing once it is.
 */
export const me = 'me as materialized (select id from worker where id'

/** `ctid = any(array(… limit $2 …))`: any other form lets the planner guess, and scan the table for each claim. */
export const claim = `
  with ${me} = $3 for key share),
  taken as (
    update item set state = ${itemStates.running}, worker = $3, attempts = attempts + 1
    where ctid = any(array(
      select ready.ctid from item ready
      where ready.batch_id = $1 and ready.state = 0 and ready.seq > $4
        and exists (select 1 from me)
        and (select status from batch where id = $1) = 'in_progress'
      order by ready.seq limit $2 for update skip locked))
    returning batch_id, seq, attempts, replies)
  select taken.seq, taken.attempts, taken.replies, document.custom_id as "customId", document.content as document
  from taken join document using (batch_id, seq) order by taken.seq`

export const finish = `
  with ${me} = $2 for key share),
  given as (
    select * from unnest($3::int[], $4::text[], $5::boolean[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[], $10::double precision[], $11::text[])
      as given (seq, custom_id, succeeded, outcome, output, input_tokens, output_tokens, cost_usd, answered_by)),
  done as (
    update item set worker = null, replies = null,
      state = case when given.succeeded then ${itemStates.succeeded} else ${itemStates.failed} end
    from given, me
    where item.batch_id = $1 and item.seq = given.seq and item.state = 1 and item.worker = me.id
    returning given.*),
  kept as (
    insert into result select $1, seq, custom_id, succeeded, outcome, output from done),
  counts as (
    select jsonb_object_agg(outcome, count) as outcomes
    from (select outcome, count(*) as count from done group by outcome) as grouped),
  answers as (
    select coalesce(jsonb_object_agg(answered_by, count), '{}') as answered_by
    from (select answered_by, count(*) as count from done where answered_by is not null group by answered_by) as grouped),
  tally as (
    select count(*) filter (where succeeded) as succeeded, count(*) filter (where not succeeded) as failed,
      sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, coalesce(sum(cost_usd), 0) as cost_usd,
      count(*) filter (where cost_usd is null) as unpriced
    from done having count(*) > 0),
  counted as (
    update batch set
      succeeded = batch.succeeded + tally.succeeded,
      failed = batch.failed + tally.failed,
      input_tokens = least(batch.input_tokens + tally.input_tokens, ${mostSummed}),
      output_tokens = least(batch.output_tokens + tally.output_tokens, ${mostSummed}),
      cost_usd = batch.cost_usd + tally.cost_usd,
      unpriced = batch.unpriced + tally.unpriced,
      outcomes = add_counts(batch.outcomes, counts.outcomes),
      answered_by = add_counts(batch.answered_by, answers.answered_by)
    from tally, counts, answers where batch.id = $1)
  select seq from done order by seq`

export const giveBack = `
  with ${me} = $2 for key share),
  given as (
    select * from unnest($3::int[], $4::double precision[], $5::int[],
        $6::bigint[], $7::bigint[], $8::double precision[], $9::text[])
      as given (seq, delay_ms, refund, input_tokens, output_tokens, cost_usd, replies)),
  back as (
    update item set worker = null, attempts = attempts - given.refund,
      replies = coalesce(given.replies, item.replies),
      state = case when given.delay_ms > 0 then ${itemStates.waiting} else ${itemStates.ready} end,
      ready_at = case when given.delay_ms > 0 then clock_timestamp() + given.delay_ms * interval '1 ms' end
    from given, me
    where item.batch_id = $1 and item.seq = given.seq and item.state = 1 and item.worker = me.id
    returning given.*),
  used as (
    select sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
      coalesce(sum(cost_usd), 0) as cost_usd, count(*) filter (where cost_usd is null) as unpriced
    from back having count(*) > 0)
  update batch set
    input_tokens = least(batch.input_tokens + used.input_tokens, ${mostSummed}),
    output_tokens = least(batch.output_tokens + used.output_tokens, ${mostSummed}),
    cost_usd = batch.cost_usd + used.cost_usd,
    unpriced = batch.unpriced + used.unpriced
  from used where batch.id = $1`

/** Longer than any item waits: one that has more left was told by a clock that has been set since. */
const longestDelay = `interval '10 minutes'`

export const wake = `
  update item set state = ${itemStates.ready}, ready_at = null
  where ctid = any(array(
    select ctid from item where state = 5
      and (ready_at <= clock_timestamp() or ready_at > clock_timestamp() + ${longestDelay}) for update skip locked))`
