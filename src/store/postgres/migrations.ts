/** In order; the number of each is its place, from 1. What has been released is never edited. */
export const migrations: readonly string[] = [
  `
  create table batch (
    id text primary key,
    key text not null,
    idempotency_key text,
    settings text not null,
    status text not null default 'validating',
    pause_reason text,
    max_cost_usd double precision,
    max_tokens bigint,
    total integer not null default 0,
    succeeded integer not null default 0,
    failed integer not null default 0,
    input_tokens bigint not null default 0,
    output_tokens bigint not null default 0,
    cost_usd double precision not null default 0,
    unpriced integer not null default 0,
    outcomes jsonb not null default '{}',
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    deleted_at bigint,
    unique (key, idempotency_key)
  ) with (fillfactor = 50);
  create index batch_listing on batch (created_at, id);
  create index batch_status on batch (status, created_at);

  create table document (
    batch_id text not null,
    seq integer not null,
    custom_id text not null,
    content text not null,
    primary key (batch_id, seq)
  );

  create table item (
    batch_id text not null,
    seq integer not null,
    state smallint not null,
    attempts integer not null default 0,
    worker text,
    ready_at timestamptz,
    primary key (batch_id, seq)
  ) with (fillfactor = 80);
  create index item_ready on item (batch_id, seq) where state = 0;
  create index item_running on item (worker) where state = 1;
  create index item_running_of_batch on item (batch_id) where state = 1;
  create index item_failed on item (batch_id, seq) where state = 3;
  create index item_waiting on item (ready_at) where state = 5;

  create table result (
    batch_id text not null,
    seq integer not null,
    custom_id text not null,
    succeeded boolean not null,
    outcome text not null,
    output text not null,
    primary key (batch_id, seq)
  );

  create table worker (id text primary key, seen timestamptz not null);

  create table cache (key text primary key, value text not null, written_at bigint not null);
  create index cache_written on cache (written_at);

  create table usage (
    day text not null,
    model text not null,
    key text not null,
    calls bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cost_usd double precision not null,
    unpriced bigint not null,
    primary key (day, model, key)
  );

  create function now_ms() returns bigint language sql volatile
    as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;

  create function add_counts(counts jsonb, more jsonb) returns jsonb language sql immutable as $$
    select coalesce(jsonb_object_agg(name, total), '{}') from (
      select key as name, sum(value::bigint) as total
      from (select * from jsonb_each_text(counts) union all select * from jsonb_each_text(more)) as pairs
      group by key) as sums
    where total <> 0
  $$;

  -- The domain's statusAfter, here because only the row lock knows the counters two replicas move at once.
  create function settle_batch() returns trigger language plpgsql as $$
  begin
    if new.status in ('in_progress', 'paused') then
      if new.succeeded + new.failed >= new.total then
        new.status := 'completed';
      elsif new.cost_usd >= new.max_cost_usd or new.input_tokens + new.output_tokens >= new.max_tokens then
        new.status := 'paused';
      end if;
    elsif new.status = 'cancelling'
      and not exists (select 1 from item where batch_id = new.id and state = 1) then
      new.status := 'cancelled';
    end if;
    new.pause_reason := case when new.status = 'paused' then coalesce(new.pause_reason, 'spend_cap') end;
    new.finished_at :=
      case when new.status in ('completed', 'cancelled') then coalesce(new.finished_at, now_ms()) end;
    return new;
  end $$;
  create trigger settle before update on batch for each row execute function settle_batch();
  `,
  `
  alter table usage rename column calls to requests;
  alter table usage add column cached_input_tokens bigint not null default 0;
  `,
  `
  alter table batch add column traceparent text;
  `,
  `
  alter table batch add column delivery text not null default 'live';
  alter table item add column replies text;
  create table submission (
    id text primary key,
    batch_id text not null,
    owner text not null,
    endpoint text not null,
    asked text not null default '{}',
    input_file text,
    provider_batch text,
    reserved_tokens bigint not null default 0,
    reserved_usd double precision,
    created_at bigint not null default now_ms(),
    changed_at bigint not null default now_ms()
  );
  create index submission_of_batch on submission (batch_id);
  `,
  `
  alter table usage add column unanswered bigint not null default 0;
  `,
  `
  create table feedback (
    key text not null,
    scope text not null,
    text_hash text not null,
    reviewer text not null,
    document_id text,
    prompt text not null,
    tag_list text not null,
    verdict text not null,
    excerpt text not null,
    content text,
    changed_at bigint not null,
    primary key (key, scope, text_hash, reviewer)
  );
  create index feedback_document on feedback (key, document_id);
  create index feedback_text on feedback (text_hash);
  `,
  `
  alter table batch add column answered_by jsonb not null default '{}';
  `,
  `
  create table review (
    batch_id text not null,
    seq integer not null,
    reviewer text not null,
    state text not null,
    expires_at bigint,
    primary key (batch_id, seq)
  );
  `,
]
