-- migrate: contract
-- migrate: where public.project_versions_metadata
-- Takes away all that followed the old table, and moves the table itself into version_history, whole: with the columns nobody here knows and
-- the rows that belong to no version. Runs only where that is asked for, and refuses when a value is not where it belongs.

-- Says why not, before anything is changed.
create or replace function version_history.check_contract() returns void
language plpgsql
as $$
declare
  state version_history.takeover;
begin
  select * into state from version_history.takeover;
  if state.reported_at is null then
    raise exception 'the metadata is not carried over yet; npm run migrate -- status says how far it is';
  elsif state.reported_at > now() - interval '7 days' then
    raise exception 'the old table is kept for a week after the takeover, until % UTC',
      to_char((state.reported_at + interval '7 days') at time zone 'utc', 'YYYY-MM-DD HH24:MI');
  elsif state.old_writer_seen_at > now() - interval '1 day' then
    raise exception 'something still writes to project_versions_metadata, last at % UTC; replace it, and come back a day after its last write',
      to_char(state.old_writer_seen_at at time zone 'utc', 'YYYY-MM-DD HH24:MI');
  end if;
end;
$$;
select version_history.check_contract()::text as checked;

create or replace function version_history.compare_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  page record;
  wrong text;
begin
  select * into page from version_history.compare_page(p_after, p_batch);
  select string_agg(format('%s of %s version(s), %s for one', c.key, c.value ->> 'lost', c.value ->> 'example'), '; ')
    into wrong
    from jsonb_each(page.columns) c
   where (c.value ->> 'lost')::bigint > 0;
  if wrong is not null then
    raise exception 'values are not what the backups say: %; npm run migrate -- verify counts them all', wrong;
  end if;
  last_key := page.last_key;
  rows := page.versions;
  return next;
end;
$$;

-- migrate: batched over version_history.project_versions_backup
select last_key, rows from version_history.compare_batch(:after::text, :batch);

-- First the lock on the old table, with which nobody writes to it any more; then a last look; then everything in its order.
-- migrate: transaction
drop trigger project_versions_follow on public.project_versions_metadata;
drop trigger project_versions_keep on public.project_versions_metadata;
select version_history.check_contract()::text as checked;
drop function version_history.compare_batch(text, bigint);
drop function version_history.check_contract();
-- Foreign keys to a table that gets no rows any more would refuse every new row of theirs.
do $$
declare
  key record;
begin
  for key in
    select k.conrelid::regclass::text as on_table, k.conname as name, pg_get_constraintdef(k.oid) as definition
      from pg_constraint k
     where k.contype = 'f' and k.confrelid = 'public.project_versions_metadata'::regclass
     order by k.conrelid, k.conname
  loop
    execute format('alter table %s drop constraint %I', key.on_table, key.name);
    insert into version_history.takeover_report (kind, version_id, detail)
    values ('dropped_foreign_key', key.name, jsonb_build_object('table', key.on_table, 'definition', key.definition))
        on conflict do nothing;
  end loop;
end;
$$;
-- The link to the old table goes, unless a view shows it.
do $$
begin
  if exists (
    select from pg_attribute a
     where a.attrelid = 'public.project_versions'::regclass and a.attname = 'version_metadata_id' and not a.attisdropped
       and not exists (
         select from pg_depend d
          where d.classid = 'pg_rewrite'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
       )
  ) then
    alter table public.project_versions drop column version_metadata_id;
  end if;
  perform version_history.end_takeover();
end;
$$;
alter table public.project_versions_metadata set schema version_history;
