/** In order; the number of each is its place, from 1. What has been released is never edited. */
export const migrations: readonly string[] = [
  `
  create table batch (
    id text primary key,
    key text not null,
    idempotency_key text,
    settings text not null,
    status text not null,
    pause_reason text,
    max_cost_usd real,
    max_tokens integer,
    total integer not null default 0,
    succeeded integer not null default 0,
    failed integer not null default 0,
    input_tokens integer not null default 0,
    output_tokens integer not null default 0,
    cost_usd real not null default 0,
    unpriced integer not null default 0,
    outcomes text not null default '{}',
    created_at integer not null,
    started_at integer,
    finished_at integer,
    deleted_at integer,
    unique (key, idempotency_key)
  );
  create index batch_listing on batch (created_at, id);
  create index batch_status on batch (status, created_at);

  create table document (
    batch_id text not null,
    seq integer not null,
    custom_id text not null,
    content text not null,
    primary key (batch_id, seq)
  ) without rowid;

  create table item (
    batch_id text not null,
    seq integer not null,
    state integer not null,
    attempts integer not null default 0,
    worker text,
    ready_at integer,
    primary key (batch_id, seq)
  ) without rowid;
  create index item_ready on item (batch_id, seq) where state = 0;
  create index item_running on item (worker, batch_id) where state = 1;
  create index item_running_of_batch on item (batch_id) where state = 1;
  create index item_failed on item (batch_id, seq) where state = 3;
  create index item_waiting on item (ready_at) where state = 5;

  create table result (
    batch_id text not null,
    seq integer not null,
    custom_id text not null,
    succeeded integer not null,
    outcome text not null,
    output text not null,
    primary key (batch_id, seq)
  ) without rowid;

  create table worker (id text primary key, seen integer not null) without rowid;

  create table cache (key text primary key, value text not null, written_at integer not null) without rowid;
  create index cache_written on cache (written_at);

  create table usage (
    day text not null,
    model text not null,
    key text not null,
    calls integer not null,
    input_tokens integer not null,
    output_tokens integer not null,
    cost_usd real not null,
    unpriced integer not null,
    primary key (day, model, key)
  ) without rowid;
  `,
  `
  -- With a row id, new answers go to the end of the table and only their keys to random pages: half the work.
  drop table cache;
  create table cache (key text not null unique, value text not null, written_at integer not null);
  create index cache_written on cache (written_at);
  `,
  `
  alter table usage rename column calls to requests;
  alter table usage add column cached_input_tokens integer not null default 0;
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
    reserved_tokens integer not null default 0,
    reserved_usd real,
    created_at integer not null,
    changed_at integer not null
  ) without rowid;
  create index submission_of_batch on submission (batch_id);
  `,
  `
  -- Row ids tell what is oldest.
  drop index cache_written;
  `,
  `
  alter table usage add column unanswered integer not null default 0;
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
    changed_at integer not null,
    primary key (key, scope, text_hash, reviewer)
  );
  create index feedback_document on feedback (key, document_id);
  create index feedback_text on feedback (text_hash);
  `,
  `
  alter table batch add column answered_by text not null default '{}';
  `,
  `
  create table review (
    batch_id text not null,
    seq integer not null,
    reviewer text not null,
    state text not null,
    expires_at integer,
    primary key (batch_id, seq)
  ) without rowid;
  `,
]
