-- migrate: contract
-- Takes away the old table and all that followed it. Runs only where that is asked for, and refuses when anything would be lost. The backups and the report
-- stay: they are whoever's who looks after the data.

-- Says why not, before anything is changed.
create or replace function public.project_versions_may_contract() returns void
language plpgsql
as $$
declare
  state public.project_versions_consolidation;
  dependent text;
begin
  select * into state from public.project_versions_consolidation;
  if state.backfilled_at is null then
    raise exception 'the metadata is not carried over yet; npm run migrate -- status says how far it is';
  elsif state.backfilled_at > now() - interval '7 days' then
    raise exception 'the old table is kept for a week after the consolidation, until % UTC',
      to_char((state.backfilled_at + interval '7 days') at time zone 'utc', 'YYYY-MM-DD HH24:MI');
  elsif state.old_writer_seen_at > now() - interval '1 day' then
    raise exception 'something still writes to project_versions_metadata, last at % UTC; replace it, and come back a day after its last write',
      to_char(state.old_writer_seen_at at time zone 'utc', 'YYYY-MM-DD HH24:MI');
  end if;
  -- In the backup, as far as it was there when that was made, and nowhere else.
  select string_agg(a.attname, ', ' order by a.attnum)
    into dependent
    from pg_attribute a
   where a.attrelid = 'public.project_versions_metadata'::regclass and a.attnum > 0 and not a.attisdropped
     and a.attname <> all (array[
       'version_id', 'project_id', 'user_id', 'major_version', 'minor_version', 'patch_version', 'prerelease', 'version_name',
       'version_description', 'change_type', 'breaking_risk', 'auto_classified', 'classification_confidence',
       'classification_reasoning', 'parent_version_id', 'base_version_id', 'from_recommendation_id', 'files_changed',
       'lines_added', 'lines_removed', 'build_duration_ms', 'git_commit_sha', 'git_tag', 'is_published', 'published_at',
       'published_by_user_id', 'user_comment', 'soft_deleted_at', 'created_at', 'updated_at'
     ]);
  if dependent is not null then
    raise exception 'project_versions_metadata has columns that are carried nowhere: %; keep what they hold, drop them, and come back', dependent;
  end if;
  select string_agg(distinct r.ev_class::regclass::text, ', ')
    into dependent
    from pg_depend d
    join pg_rewrite r on r.oid = d.objid
   where d.classid = 'pg_rewrite'::regclass
     and d.refclassid = 'pg_class'::regclass
     and (d.refobjid = 'public.project_versions_metadata'::regclass
          or (d.refobjid = 'public.project_versions'::regclass and d.refobjsubid = (
            select a.attnum from pg_attribute a
             where a.attrelid = 'public.project_versions'::regclass and a.attname = 'version_metadata_id' and not a.attisdropped)))
     and r.ev_class <> 'public.project_versions_bridged'::regclass;
  if dependent is not null then
    raise exception 'these views read the old table or version_metadata_id: %; drop them, or have them read project_versions', dependent;
  end if;
end;
$$;
select public.project_versions_may_contract()::text as may_contract;

-- What has no place in the new table and came since: into the report, whole.
-- migrate: batched over public.project_versions_metadata
select last_key, rows from public.project_versions_list_unplaced_batch(:after, :batch);

-- migrate: transaction
create or replace function public.project_versions_account_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  page record;
begin
  select * into page from public.project_versions_unaccounted(p_after, p_batch);
  if page.unaccounted > 0 then
    raise exception 'the old table has what the new one has not: % of a batch of % rows, % for one; npm run migrate -- verify counts them all',
      page.unaccounted, page.rows, page.example;
  end if;
  last_key := page.last_key;
  rows := page.rows;
  return next;
end;
$$;

-- migrate: batched over public.project_versions_metadata
select last_key, rows from public.project_versions_account_batch(:after, :batch);

-- First the lock on the old table, with which nobody writes to it any more; then a last look; then everything in its order.
-- migrate: transaction
drop trigger project_versions_follow on public.project_versions_metadata;
drop trigger project_versions_keep on public.project_versions_metadata;
select public.project_versions_may_contract()::text as may_contract;
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
    insert into public.project_versions_consolidation_report (kind, version_id, detail)
    values ('dropped_foreign_key', key.name, jsonb_build_object('table', key.on_table, 'definition', key.definition))
        on conflict do nothing;
  end loop;
end;
$$;
drop trigger project_versions_find_metadata on public.project_versions;
drop trigger "~project_versions_keep_updated_at" on public.project_versions;
alter table public.project_versions drop column if exists version_metadata_id;
create or replace function public.lock_version_v1(p_project text, p_version text) returns void
language sql volatile security invoker
return public.lock_project_v1(p_project);
drop function public.project_versions_carry_for(text, text);
drop function public.project_versions_carry(text);
drop function public.project_versions_carry_range(text, text, text);
drop function public.project_versions_find_metadata();
drop function public.project_versions_follow_metadata();
drop function public.project_versions_follow_publication(public.project_versions, public.project_versions_metadata);
drop function public.project_versions_saw_old_writer();
drop function public.project_versions_keep_updated_at();
drop function public.project_versions_unaccounted(text, bigint);
drop function public.project_versions_account_batch(text, bigint);
drop function public.project_versions_list_unplaced_batch(text, bigint);
drop function public.project_versions_may_contract();
drop function public.project_versions_bridge();
drop function public.project_versions_plain();
drop view public.project_versions_bridged;
drop table public.project_versions_metadata;
