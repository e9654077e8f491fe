-- The way back from every state before the contract: `npm run migrate -- rollback`. No migration: a deployment never runs it.
-- What this system knows goes back to project_versions_metadata, row by row, and out of the columns that the takeover has filled, so that the old
-- code finds everything where it looks, and a later deployment begins as the first one did. A row that nobody has written since is again
-- as its backup. The tables and functions of this system stay: they are in nobody's way. Users should be back at the old system before.

-- The rules of project_versions and its unique index are made again by the next deployment, after it has carried everything over again.
-- migrate: transaction
do $$
begin
  if exists (select from version_history.migrations where name = '005_rules_and_indexes.sql') then
    alter table public.project_versions
      drop constraint if exists project_versions_change_type_known,
      drop constraint if exists project_versions_breaking_risk_known,
      drop constraint if exists project_versions_created_at_present,
      drop constraint if exists project_versions_is_published_present,
      alter column created_at drop not null,
      alter column is_published drop not null;
  end if;
  update version_history.takeover set carried_at = null, reported_at = null;
  delete from version_history.migrations where name like 'legacy/0%' or name = '005_rules_and_indexes.sql';
end;
$$;

-- migrate: no transaction
drop index concurrently if exists public.project_versions_one_published;

-- A row goes back as it was, also where it was deployed at no known moment.
-- migrate: transaction
drop trigger if exists project_versions_keep_moments on public.project_versions;

-- A batch of versions, by key. What the old table has no room for (a longer id, a number without a type, a text that is not of its type) stays,
-- and is listed.
-- migrate: transaction
create or replace function version_history.go_back_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  state version_history.takeover;
  version record;
  old_columns constant boolean := to_regclass('public.project_versions_metadata') is not null;
  fits boolean;
  clear text;
  restore text;
begin
  perform set_config('version_history.goes_back', 'on', true), set_config('version_history.keep_updated_at', 'on', true);
  -- Broken off before anything could be carried over.
  if to_regclass('version_history.project_versions_backup') is null or to_regprocedure('version_history.old_key(text)') is null then
    return next;
    return;
  end if;
  select * into state from version_history.takeover;
  select max(page.version_id), count(*)
    into last_key, rows
    from (
      select v.version_id
        from public.project_versions v
       where v.version_id > coalesce(p_after, '')
       order by v.version_id
       limit p_batch
    ) page;

  -- Locked by a statement of its own, so that what follows reads what others have written until then.
  perform
     from public.project_versions v
    where v.version_id > coalesce(p_after, '') and v.version_id <= last_key
    order by v.version_id
      for no key update;

  -- Out of the columns that the old table has a place for; those that had a value before the takeover keep the newer one.
  select format(
           'update public.project_versions v
               set %s, metadata_status = ''none'', metadata_error = null, metadata_generator = null, metadata_ms = null, metadata_attempts = 0,
                   metadata_delivery = null, metadata_requested_at = null, metadata_queued_at = null, metadata_requeues = 0
              from (select $1::text as id) one
              left join version_history.project_versions_backup b on b.version_id = one.id
             where v.version_id = one.id',
           string_agg(case
             when place = 'is_published' then 'is_published = coalesce(b.is_published, false) and v.is_published'
             when place in ('major_version', 'minor_version', 'patch_version', 'prerelease')
               then format('%1$I = case when b.major_version is not null then v.%1$I end', place)
             else format('%1$I = case when b.%1$I is not null then v.%1$I end', place)
           end, ', ')
         )
    into clear
    from unnest(state.places) place;

  -- What was written since, and numbered: row by row, since a value may have no place in the old table's types.
  for version in
    select v.project_id, v.version_id, v.metadata_status, v.is_published
      from public.project_versions v
      left join version_history.project_versions_backup b on b.version_id = v.version_id
     where old_columns and v.version_id > coalesce(p_after, '') and v.version_id <= last_key
       and (v.metadata_status = 'ready' or v.is_published or v.soft_deleted_at is not null)
       and (b.version_id is null or v.updated_at is distinct from b.updated_at)
     order by v.version_id
  loop
    begin
      execute state.write_back using version.version_id;
      execute format(
        'select exists (
           select from public.project_versions v
             join version_history.old_metadata o on o.key = version_history.old_key(v.version_id)
            where v.version_id = $1 and %s)', state.fits
      ) into fits using version.version_id;
      if not fits then
        raise exception 'the old table has no room for it';
      end if;
    exception when others then
      insert into version_history.takeover_report (kind, project_id, version_id, detail)
      values (
        'not_carried_back', version.project_id, version.version_id,
        jsonb_build_object('metadata_status', version.metadata_status, 'is_published', version.is_published, 'sql_state', sqlstate)
      )
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;
      continue;
    end;
    execute clear using version.version_id;
  end loop;

  -- What nobody has written since.
  select string_agg(format('%1$I = b.%1$I', a.attname), ', ')
    into restore
    from pg_attribute a
    join pg_attribute now on now.attrelid = 'public.project_versions'::regclass and now.attname = a.attname and not now.attisdropped and now.attgenerated = ''
   where a.attrelid = 'version_history.project_versions_backup'::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> 'version_id';
  execute format(
    'update public.project_versions v set %s
       from version_history.project_versions_backup b
      where v.version_id > $1 and v.version_id <= $2 and b.version_id = v.version_id and v.updated_at is not distinct from b.updated_at', restore
  ) using coalesce(p_after, ''), last_key;
  return next;
end;
$$;
revoke execute on function version_history.go_back_batch from public;

-- migrate: batched over public.project_versions
select last_key, rows from version_history.go_back_batch(:after::text, :batch);

-- What has been written meanwhile by functions of this system.
-- migrate: batched over public.project_versions
select last_key, rows from version_history.go_back_batch(:after::text, :batch);

-- The old table is alone again; whoever was bound by row-level security is bound again.
-- migrate: transaction
drop function version_history.go_back_batch(text, bigint);
do $$
declare
  state version_history.takeover;
  one record;
begin
  if to_regclass('public.project_versions_metadata') is not null then
    drop trigger if exists project_versions_follow on public.project_versions_metadata;
    drop trigger if exists project_versions_keep on public.project_versions_metadata;
  end if;
  drop trigger if exists project_versions_find_metadata on public.project_versions;
  drop trigger if exists "~project_versions_keep_updated_at" on public.project_versions;
  -- The next takeover makes a backup of its own.
  drop view if exists version_history.backed_up;
  drop table if exists version_history.project_versions_backup;
  select * into state from version_history.takeover;
  for one in select d ->> 'column' as name, d ->> 'value' as value from jsonb_array_elements(state.defaults) d loop
    execute format('alter table public.project_versions alter column %I set default %s', one.name, one.value);
  end loop;
  if state.versions_forced then
    alter table public.project_versions force row level security;
  end if;
  if state.metadata_forced and to_regclass('public.project_versions_metadata') is not null then
    alter table public.project_versions_metadata force row level security;
  end if;
end;
$$;
