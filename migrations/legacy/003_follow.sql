-- migrate: where public.project_versions
-- The old system's tables: from here on, until the contract, whatever is written to project_versions_metadata arrives in project_versions in
-- the same transaction. Every file of this folder runs only where the old tables were found, and can run again after a rollback.
-- The preflight has decided for every column of both tables, and left its decisions in version_history.takeover.
--
-- The rules:
--   A version that has no metadata of this system takes all that the old table knows of it. Values it has itself stay; a number is one value.
--   A version that is 'ready' takes what an old writer changes, column by column, unless a generator of this system or a person has
--   described it: an old classification that comes late does not replace either. A person who uses the old system does.
--   Publication, deletion and the comment are a person's decisions: the last one counts, wherever it was made.
--   A version is deployed at the moment the old table has for it, else at its last write: nothing better is known.
--   Deleting a row of the old table takes nothing from the version.
--   The old table is never written to. The contract moves it aside whole, with the columns nobody here knows.

-- What was found that a person may want to look at, and what was decided; `npm run migrate -- verify` explains the kinds.
create table if not exists version_history.takeover_report (
  kind text not null,
  project_id text,
  version_id text,
  detail jsonb not null,
  found_at timestamptz not null default now(),
  constraint takeover_report_once unique nulls not distinct (kind, project_id, version_id)
);
alter table version_history.takeover_report enable row level security;
-- check-integrity: which of the oddities it may find are known. Their details are ids; those of other kinds hold users' texts.
grant select (kind, project_id, version_id, detail) on version_history.takeover_report to project_versions_worker;
drop policy if exists project_versions_check on version_history.takeover_report;
create policy project_versions_check on version_history.takeover_report for select to project_versions_worker
  using (kind in ('equal_numbers', 'several_owners'));
grant select (tables, old_writer_seen_at, reported_at) on version_history.takeover to project_versions_worker;
drop policy if exists project_versions_check on version_history.takeover;
create policy project_versions_check on version_history.takeover for select to project_versions_worker using (true);

-- The old table in the types this system has, whatever types it has itself: a view of it, and the same of one row. And the backup: each
-- version is copied in the transaction that is the first to touch it. The old table needs none: nothing here writes to it.
do $$
declare
  state version_history.takeover;
  columns text;
  word text;
  own_type text;
  defaults text;
begin
  select * into state from version_history.takeover;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    into columns
    from pg_attribute a
   where a.attrelid = 'public.project_versions'::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  if to_regclass('version_history.project_versions_backup') is null then
    create table version_history.project_versions_backup (like public.project_versions);
    alter table version_history.project_versions_backup add primary key (version_id);
    alter table version_history.project_versions_backup enable row level security;
  end if;
  execute format(
    'create or replace view version_history.old_metadata as select %s',
    state.old_row || case when to_regclass('public.project_versions_metadata') is null then ' where false' else ' from public.project_versions_metadata m' end
  );
  -- A value that is its column's default, which existing rows got when the column was added, is no fact where there is an old table.
  select coalesce(string_agg(format('%1$I = nullif(v.%1$I, %2$s)', one ->> 'column', one ->> 'value'), ', '), 'metadata_status = v.metadata_status')
    into defaults
    from jsonb_array_elements(state.defaults) one
   where to_regclass('public.project_versions_metadata') is not null;
  execute format(
    'create or replace function version_history.forget_defaults(p_first text, p_last text) returns void language sql volatile as %L',
    format(
      'update public.project_versions v set %s where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> ''ready''', defaults
    )
  );
  select string_agg(
           coalesce((
             select format('nullif(b.%1$I, %2$s) as %1$I', one ->> 'column', one ->> 'value')
               from jsonb_array_elements(state.defaults) one
              where one ->> 'column' = a.attname and to_regclass('public.project_versions_metadata') is not null
           ), 'b.' || quote_ident(a.attname)), ', ' order by a.attnum)
    into defaults
    from pg_attribute a
   where a.attrelid = 'version_history.project_versions_backup'::regclass and a.attnum > 0 and not a.attisdropped;
  execute format('create or replace view version_history.backed_up as select %s from version_history.project_versions_backup b', defaults);
  execute format('create or replace function version_history.old_key(text) returns %s language sql immutable as %L', state.key_type, 'select ' || state.old_key);
  -- The words of this system in the type that project_versions has for them: an enum type of the old system, or text.
  for word, own_type in
    select a.attname, case when y.typtype = 'e' then y.typnamespace::regnamespace || '.' || quote_ident(y.typname) else 'text' end
      from pg_attribute a
      join pg_type y on y.oid = a.atttypid
     where a.attrelid = 'public.project_versions'::regclass and a.attname in ('change_type', 'breaking_risk')
  loop
    execute format(
      'create or replace function version_history.own_%1$s(text) returns %2$s language sql stable as %3$L', word, own_type, 'select $1::' || own_type
    );
  end loop;
  execute format(
    'create or replace function version_history.own_checksum(m public.project_versions) returns text language sql stable as %L', 'select ' || state.own_checksum
  );
  execute format(
    'create or replace function version_history.back_up(p_first text, p_last text) returns void language sql volatile as %L',
    format(
      'insert into version_history.project_versions_backup (%1$s)
       select %1$s
         from public.project_versions v
        where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> ''ready''
       on conflict (version_id) do nothing', columns
    )
  );
  if to_regclass('public.project_versions_metadata') is not null then
    execute format(
      'create or replace function version_history.old_row(m public.project_versions_metadata) returns version_history.old_metadata language sql stable as %L',
      format('select row(%s)::version_history.old_metadata', state.old_values)
    );
  end if;
end;
$$;

-- Carries the metadata of the versions between two ids over, the first and the last included, after they are backed up. p_publish: what the
-- old table has published is published here too; else that is left for whoever calls. Answers how many versions it changed. Only what a
-- version does not have itself is taken; one that is 'ready' is never touched, so doing it twice changes nothing.
--
-- Each update names project_versions once: a version that somebody is changing is waited for, and looked at again as it is then.
-- The old table is looked up by key: with stale statistics the planner may read all of it for each version instead.
-- As its owner: an old writer may have no way to the other table, and none to this one.
create or replace function version_history.carry(p_first text, p_last text, p_publish boolean) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  described bigint := 0;
  others bigint;
begin
  -- For these rows alone: what else the transaction writes moves updated_at.
  perform set_config('version_history.keep_updated_at', 'on', true);
  perform version_history.back_up(p_first, p_last);
  if exists (select from version_history.takeover where defaults <> '[]') then
    perform version_history.forget_defaults(p_first, p_last);
  end if;
  if exists (
    select from version_history.takeover, jsonb_array_elements(decisions) decision
     where decision ->> 'table' = 'public.project_versions' and decision ->> 'column' in ('change_type', 'breaking_risk')
  ) then
    insert into version_history.takeover_report (kind, project_id, version_id, detail)
    select case when v.change_type not in ('major', 'minor', 'patch', 'rollback') then 'unknown_change_type' else 'unknown_breaking_risk' end,
           v.project_id, v.version_id, jsonb_build_object('change_type', v.change_type, 'breaking_risk', v.breaking_risk)
      from public.project_versions v
     where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> 'ready'
       and (v.change_type not in ('major', 'minor', 'patch', 'rollback') or v.breaking_risk not in ('none', 'low', 'medium', 'high'))
        on conflict do nothing;
  end if;

  if to_regclass('public.project_versions_metadata') is not null then
    with carried as (
      update public.project_versions v
         set created_at = coalesce(v.created_at, v.updated_at, o.created_at, now()),
             deployed_at = coalesce(v.deployed_at, o.deployed_at, case when v.status = 'deployed' then coalesce(v.updated_at, v.created_at, o.created_at) end),
             is_published = case
               -- The default of a column added later is no decision; a publication with a moment or a person is.
               when v.is_published or v.published_at is not null or v.published_by_user_id is not null or not p_publish
                 then coalesce(v.is_published, false)
               else coalesce(o.is_published, false)
             end,
             published_at = coalesce(v.published_at, o.published_at),
             published_by_user_id = coalesce(v.published_by_user_id, o.published_by_user_id),
             user_comment = coalesce(v.user_comment, o.user_comment),
             soft_deleted_at = coalesce(v.soft_deleted_at, o.soft_deleted_at),
             major_version = coalesce(v.major_version, o.major_version),
             minor_version = case when v.major_version is null then o.minor_version else coalesce(v.minor_version, 0) end,
             patch_version = case when v.major_version is null then o.patch_version else coalesce(v.patch_version, 0) end,
             prerelease = case when v.major_version is null then o.prerelease else nullif(v.prerelease, '') end,
             version_name = coalesce(v.version_name, o.version_name),
             version_description = coalesce(v.version_description, o.version_description),
             change_type = case
               when v.change_type in ('major', 'minor', 'patch', 'rollback') then v.change_type
               else version_history.own_change_type(o.change_type)
             end,
             breaking_risk = case
               when v.breaking_risk in ('none', 'low', 'medium', 'high') then v.breaking_risk
               else version_history.own_breaking_risk(o.breaking_risk)
             end,
             auto_classified = coalesce(v.auto_classified, o.auto_classified),
             classification_confidence = coalesce(v.classification_confidence, o.classification_confidence),
             classification_reasoning = coalesce(v.classification_reasoning, o.classification_reasoning),
             -- A parent that does not exist would break a foreign key some databases have.
             parent_version_id = coalesce(v.parent_version_id, (
               select parent.version_id from public.project_versions parent where parent.version_id = o.parent_version_id
             )),
             base_version_id = coalesce(v.base_version_id, o.base_version_id),
             from_recommendation_id = coalesce(v.from_recommendation_id, o.from_recommendation_id),
             files_changed = coalesce(v.files_changed, o.files_changed),
             lines_added = coalesce(v.lines_added, o.lines_added),
             lines_removed = coalesce(v.lines_removed, o.lines_removed),
             build_duration_ms = coalesce(v.build_duration_ms, o.build_duration_ms),
             git_commit_sha = coalesce(v.git_commit_sha, o.git_commit_sha),
             git_tag = coalesce(v.git_tag, o.git_tag),
             artifact_checksum = coalesce(v.artifact_checksum, o.artifact_checksum, version_history.own_checksum(v)),
             metadata_status = case when coalesce(v.major_version, o.major_version) is not null then 'ready' else v.metadata_status end,
             metadata_error = case when coalesce(v.major_version, o.major_version) is null then v.metadata_error end
        from version_history.old_metadata o
       where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> 'ready'
         and o.key = version_history.old_key(v.version_id)
         and o.project_id = v.project_id and o.user_id = v.user_id
      returning v.project_id, v.version_id, v.change_type, o.change_type_before, v.breaking_risk, o.breaking_risk_before
    ), reported as (
      insert into version_history.takeover_report (kind, project_id, version_id, detail)
      select 'unknown_change_type', c.project_id, c.version_id, jsonb_build_object('project_versions_metadata', c.change_type_before)
        from carried c
       where c.change_type is null and c.change_type_before is not null
      union all
      select 'unknown_breaking_risk', c.project_id, c.version_id, jsonb_build_object('project_versions_metadata', c.breaking_risk_before)
        from carried c
       where c.breaking_risk is null and c.breaking_risk_before is not null
          on conflict do nothing
    )
    select count(*) into described from carried;
  end if;

  -- Versions that the old table knows nothing of.
  update public.project_versions v
     set created_at = coalesce(v.created_at, v.updated_at, now()),
         deployed_at = coalesce(v.deployed_at, case when v.status = 'deployed' then coalesce(v.updated_at, v.created_at, now()) end),
         is_published = coalesce(v.is_published, false),
         minor_version = case when v.major_version is null then v.minor_version else coalesce(v.minor_version, 0) end,
         patch_version = case when v.major_version is null then v.patch_version else coalesce(v.patch_version, 0) end,
         prerelease = nullif(v.prerelease, ''),
         change_type = case when v.change_type in ('major', 'minor', 'patch', 'rollback') then v.change_type end,
         breaking_risk = case when v.breaking_risk in ('none', 'low', 'medium', 'high') then v.breaking_risk end,
         artifact_checksum = coalesce(v.artifact_checksum, version_history.own_checksum(v)),
         metadata_status = case when v.major_version is not null then 'ready' else v.metadata_status end,
         metadata_error = case when v.major_version is null then v.metadata_error end
   where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> 'ready'
     and (v.created_at is null or (v.status = 'deployed' and v.deployed_at is null) or v.is_published is null or v.major_version is not null
          or v.change_type not in ('major', 'minor', 'patch', 'rollback') or v.breaking_risk not in ('none', 'low', 'medium', 'high')
          or v.prerelease = '' or (v.artifact_checksum is null and version_history.own_checksum(v) is not null));
  get diagnostics others = row_count;
  perform set_config('version_history.keep_updated_at', 'off', true);
  return described + others;
end;
$$;

-- A trigger of the old system would stamp every row that is carried over. Disabling it locks out all writers for as long as each
-- batch lasts; this one runs after it (triggers fire in the order of their names) and puts the old value back, only where
-- the transaction asked for it. Where there is no such trigger, there is none of these: it would cost a tenth of the time.
create or replace function version_history.keep_updated_at() returns trigger
language plpgsql
as $$
begin
  new.updated_at := old.updated_at;
  return new;
end;
$$;
-- That old writers are still there, noted once a minute at most and by one of them at a time: nobody waits for it.
create or replace function version_history.note_old_writer() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_try_advisory_xact_lock(7313) then
    update version_history.takeover
       set old_writer_seen_at = clock_timestamp()
     where coalesce(old_writer_seen_at, '-infinity') < clock_timestamp() - interval '1 minute';
  end if;
end;
$$;

-- Publishes what the old table publishes, or takes it off. The others are taken off first, so that the unique index never fails an old
-- writer. The caller holds the project's lock.
create or replace function version_history.follow_publication(p_version text, p_old version_history.old_metadata) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  publishes constant boolean := coalesce(p_old.is_published, false);
  version record;
  live text;
begin
  select v.project_id, v.user_id into version from public.project_versions v where v.version_id = p_version;
  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = version.project_id and v.is_published
   order by v.version_id <> p_version
   limit 1;
  if not publishes and live is distinct from p_version then
    return;
  end if;
  update public.project_versions v
     set is_published = false
   where v.project_id = version.project_id and v.is_published and (v.version_id <> p_version or not publishes);
  if publishes then
    update public.project_versions v
       set is_published = true,
           published_at = coalesce(p_old.published_at, clock_timestamp()),
           published_by_user_id = coalesce(p_old.published_by_user_id, v.published_by_user_id),
           user_comment = coalesce(p_old.user_comment, v.user_comment)
     where v.version_id = p_version;
    if live = p_version then
      return;
    end if;
  end if;
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (
    version.project_id, version.user_id, case when publishes then 'published' else 'unpublished' end, p_version, live, p_old.user_comment,
    clock_timestamp()
  );
end;
$$;

create or replace function version_history.follow_metadata() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
declare
  before version_history.old_metadata;
  after version_history.old_metadata;
  version public.project_versions;
  carried boolean := false;
  follows boolean;
  renumbers boolean;
  counts boolean;
  publication boolean;
begin
  -- A rollback writes to the old table too.
  if current_setting('version_history.goes_back', true) = 'on' then
    return coalesce(new, old);
  end if;
  perform version_history.note_old_writer();
  if tg_op = 'DELETE' then
    before := version_history.old_row(old);
    perform version_history.carry(before.version_id, before.version_id, exists (select from version_history.takeover where carried_at is null));
    return old;
  end if;

  after := version_history.old_row(new);
  if tg_op = 'INSERT' then
    -- Whoever inserts the version of this id at the same moment shares the same lock: one of the two sees the other's row.
    perform pg_advisory_xact_lock(7312, hashtext(after.version_id) & 1023);
  else
    before := version_history.old_row(old);
  end if;
  -- Publishing what the old table took for published all along is publishing: here another one may be.
  publication := coalesce(after.is_published, false) <> coalesce(before.is_published, false)
    or (after.is_published and after.published_at is distinct from before.published_at);
  if publication then
    -- Before any row of the project's: everybody takes the lock first.
    perform pg_advisory_xact_lock(hashtextextended(after.project_id, 7310));
  end if;

  -- Locked, so that whoever carries it over at this moment reads what is written here, or is waited for. By key alone: without statistics the
  -- planner may look for the project instead, and read all of it.
  select v.* into version from public.project_versions v where v.version_id = after.version_id for no key update;
  if version.project_id is distinct from after.project_id or version.user_id is distinct from after.user_id then
    return new;
  end if;
  if version.metadata_status <> 'ready' then
    perform version_history.carry(
      version.version_id, version.version_id, not publication and exists (select from version_history.takeover where carried_at is null)
    );
    select v.* into version from public.project_versions v where v.version_id = version.version_id;
    carried := true;
  end if;
  -- Described by a generator of this system, or by a person: only a person replaces it.
  follows := (version.metadata_generator is null and version.auto_classified is distinct from false)
    or after.auto_classified is not distinct from false;
  renumbers := follows and (after.major_version, after.minor_version, after.patch_version, after.prerelease)
    is distinct from (before.major_version, before.minor_version, before.patch_version, before.prerelease);
  -- A row that is inserted anew for a version that is ready says no more of its statistics than its defaults.
  counts := tg_op = 'UPDATE';
  if counts or not carried then
    update public.project_versions v
       set major_version = case when renumbers then after.major_version else v.major_version end,
           minor_version = case when renumbers then after.minor_version else v.minor_version end,
           patch_version = case when renumbers then after.patch_version else v.patch_version end,
           prerelease = case when renumbers then after.prerelease else v.prerelease end,
           version_name = case
             when follows and after.version_name is distinct from before.version_name then after.version_name
             else v.version_name
           end,
           version_description = case
             when follows and after.version_description is distinct from before.version_description then after.version_description
             else v.version_description
           end,
           change_type = case
             when follows and after.change_type is distinct from before.change_type and after.change_type is not null
               then version_history.own_change_type(after.change_type)
             else v.change_type
           end,
           breaking_risk = case
             when follows and after.breaking_risk is distinct from before.breaking_risk
               and (after.breaking_risk is not null or after.breaking_risk_before is null)
               then version_history.own_breaking_risk(after.breaking_risk)
             else v.breaking_risk
           end,
           auto_classified = case
             when follows and after.auto_classified is distinct from before.auto_classified then after.auto_classified
             else v.auto_classified
           end,
           classification_confidence = case
             when follows and after.classification_confidence is distinct from before.classification_confidence
               then after.classification_confidence
             else v.classification_confidence
           end,
           classification_reasoning = case
             when follows and after.classification_reasoning is distinct from before.classification_reasoning
               then after.classification_reasoning
             else v.classification_reasoning
           end,
           files_changed = case
             when counts and after.files_changed is distinct from before.files_changed then after.files_changed
             else coalesce(v.files_changed, after.files_changed)
           end,
           lines_added = case
             when counts and after.lines_added is distinct from before.lines_added then after.lines_added
             else coalesce(v.lines_added, after.lines_added)
           end,
           lines_removed = case
             when counts and after.lines_removed is distinct from before.lines_removed then after.lines_removed
             else coalesce(v.lines_removed, after.lines_removed)
           end,
           -- The pipeline's own word, where there is one.
           build_duration_ms = coalesce(v.build_duration_ms, after.build_duration_ms),
           deployed_at = case
             when after.deployed_at is distinct from before.deployed_at then coalesce(after.deployed_at, v.deployed_at)
             else v.deployed_at
           end,
           artifact_checksum = coalesce(v.artifact_checksum, after.artifact_checksum),
           base_version_id = case
             when after.base_version_id is distinct from before.base_version_id then coalesce(after.base_version_id, v.base_version_id)
             else v.base_version_id
           end,
           parent_version_id = case
             when after.parent_version_id is distinct from before.parent_version_id then coalesce((
               select parent.version_id from public.project_versions parent where parent.version_id = after.parent_version_id
             ), v.parent_version_id)
             else v.parent_version_id
           end,
           git_commit_sha = case
             when after.git_commit_sha is distinct from before.git_commit_sha then after.git_commit_sha
             else v.git_commit_sha
           end,
           git_tag = case when after.git_tag is distinct from before.git_tag then after.git_tag else v.git_tag end,
           from_recommendation_id = case
             when after.from_recommendation_id is distinct from before.from_recommendation_id then after.from_recommendation_id
             else v.from_recommendation_id
           end,
           user_comment = case
             when after.user_comment is distinct from before.user_comment then after.user_comment
             else v.user_comment
           end,
           soft_deleted_at = case
             when after.soft_deleted_at is distinct from before.soft_deleted_at then after.soft_deleted_at
             else v.soft_deleted_at
           end,
           -- The trigger that moves it comes when all versions are carried over.
           updated_at = clock_timestamp()
     where v.version_id = version.version_id;
  end if;
  if publication then
    perform version_history.follow_publication(version.version_id, after);
  end if;
  return new;
end;
$$;

-- Metadata may have come before its version. The lock is one of 1,024 and not one a version, as a transaction of a hundred thousand versions
-- would use up the room that all have for locks together; and shared, so that versions never wait for versions.
create or replace function version_history.find_metadata() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  carrying boolean;
  metadata version_history.old_metadata;
begin
  perform pg_advisory_xact_lock_shared(7312, hashtext(new.version_id) & 1023);
  -- An old writer who is changing it at this moment is waited for, and one who comes after this sees the version.
  perform from public.project_versions_metadata m where m.version_id = version_history.old_key(new.version_id) for share;
  if not found then
    return null;
  end if;
  select t.carried_at is null into carrying from version_history.takeover t;
  perform version_history.carry(new.version_id, new.version_id, carrying);
  if carrying then
    return null;
  end if;
  select o.* into metadata
    from version_history.old_metadata o
   where o.key = version_history.old_key(new.version_id) and o.project_id = new.project_id and o.user_id = new.user_id and o.is_published;
  if found then
    perform pg_advisory_xact_lock(hashtextextended(new.project_id, 7310));
    perform version_history.follow_publication(new.version_id, metadata);
  end if;
  return null;
end;
$$;
revoke execute on all functions in schema version_history from public;

-- Unknown is null: a column of metadata that is there already may be null from here on, and has no default.
-- migrate: transaction
do $$
declare
  name text;
begin
  for name in
    select decision ->> 'column'
      from version_history.takeover, jsonb_array_elements(decisions) decision
     where decision ->> 'note' like 'without a default%'
  loop
    execute format('alter table public.project_versions alter column %1$I drop not null, alter column %1$I drop default', name);
  end loop;
  insert into version_history.takeover_report (kind, version_id, detail)
  select 'unlogged_table', decision ->> 'table', '{}'
    from version_history.takeover, jsonb_array_elements(decisions) decision
   where decision ->> 'type' = 'unlogged'
      on conflict do nothing;
end;
$$;
do $$
begin
  if exists (
    select from pg_trigger t
     where t.tgrelid = 'public.project_versions'::regclass and not t.tgisinternal and t.tgtype & 19 = 19
       and t.tgname <> 'project_versions_keep_moments'
  ) then
    create or replace trigger "~project_versions_keep_updated_at"
      before update on public.project_versions
      for each row
      when (current_setting('version_history.keep_updated_at', true) = 'on')
      execute function version_history.keep_updated_at();
  end if;
end;
$$;

-- Old writers publish one version of a project and take off the others, which this index finds.
-- migrate: no transaction
create index concurrently if not exists project_versions_published
  on public.project_versions (project_id)
  where is_published;

-- migrate: transaction
do $$
begin
  if to_regclass('public.project_versions_metadata') is null then
    return;
  end if;
  create or replace trigger project_versions_follow
    after insert or update on public.project_versions_metadata
    for each row execute function version_history.follow_metadata();
  create or replace trigger project_versions_keep
    before delete on public.project_versions_metadata
    for each row execute function version_history.follow_metadata();
end;
$$;

-- migrate: transaction
do $$
begin
  if to_regclass('public.project_versions_metadata') is not null then
    create or replace trigger project_versions_find_metadata
      after insert on public.project_versions
      for each row
      when (new.metadata_status <> 'ready')
      execute function version_history.find_metadata();
  end if;
end;
$$;
