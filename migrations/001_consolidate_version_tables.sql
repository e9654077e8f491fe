-- Carries what project_versions_metadata knows into project_versions and makes that one table enough. Nothing is dropped but
-- what this file makes for itself: the old table, its foreign keys and both backups stay.
--
-- By hand: psql -v ON_ERROR_STOP=1 -v after=null -v batch=2147483647 -f 001_consolidate_version_tables.sql

-- Backups of an earlier attempt are somebody's safety net: set aside, never dropped and never taken for ours. Ours are
-- made in one transaction with this step's record, so whatever bears the name now is not ours.
do $$
begin
  if to_regclass('public.project_versions_backup') is not null then
    if to_regclass('public.project_versions_backup_earlier') is not null then
      raise exception 'project_versions_backup and project_versions_backup_earlier both exist'
        using hint = 'Rename one of them; neither is overwritten.';
    end if;
    alter table public.project_versions_backup rename to project_versions_backup_earlier;
  end if;
  if to_regclass('public.project_versions_metadata_backup') is not null then
    if to_regclass('public.project_versions_metadata_backup_earlier') is not null then
      raise exception 'project_versions_metadata_backup and project_versions_metadata_backup_earlier both exist'
        using hint = 'Rename one of them; neither is overwritten.';
    end if;
    alter table public.project_versions_metadata_backup rename to project_versions_metadata_backup_earlier;
  end if;
end;
$$;

-- Row-level security that binds even the owner would hide rows from the backup and the backfill. It stays enabled, and its
-- policies stay. The lock is taken only where there is something to change.
do $$
begin
  if (select relforcerowsecurity from pg_class where oid = 'public.project_versions'::regclass) then
    alter table public.project_versions no force row level security;
  end if;
  if (select relforcerowsecurity from pg_class where oid = 'public.project_versions_metadata'::regclass) then
    alter table public.project_versions_metadata no force row level security;
  end if;
end;
$$;

-- What was found that a person may want to look at, and what was decided:
--   orphaned_metadata      the metadata's version does not exist; kept in the old table
--   mismatched_metadata    its project or user is not the version's: somebody else's text, not applied; kept in the old table
--   unknown_change_type    was none of major, minor, patch, rollback; the version has none now
--   several_published      was published beside a later one; the latest published_at stays
--   equal_numbers          versions of one project with the same number; kept
--   several_owners         users who own versions of one project; kept
create table if not exists public.project_versions_consolidation_report (
  kind text not null,
  project_id text,
  version_id text,
  detail jsonb not null,
  found_at timestamptz not null default now(),
  constraint project_versions_consolidation_report_once unique nulls not distinct (kind, project_id, version_id)
);
alter table public.project_versions_consolidation_report enable row level security;

-- A transaction of its own: copying must not hold the locks taken above. 3.8 s for 2 million rows.
-- Row-level security without a policy: default privileges may open new tables to roles that may not read these rows.
-- migrate: transaction
create table public.project_versions_backup as select * from public.project_versions;
alter table public.project_versions_backup enable row level security;
create table public.project_versions_metadata_backup as select * from public.project_versions_metadata;
alter table public.project_versions_metadata_backup enable row level security;

-- Constant defaults: no rewrite, 0.8 ms. Some databases have the first fifteen columns already, with is_published nullable.
-- migrate: transaction
alter table public.project_versions
  add column if not exists is_published boolean not null default false,
  add column if not exists published_at timestamptz,
  add column if not exists published_by_user_id text,
  add column if not exists user_comment text,
  add column if not exists version_name character varying(100),
  add column if not exists version_description text,
  add column if not exists change_type character varying(10),
  add column if not exists major_version integer,
  add column if not exists minor_version integer,
  add column if not exists patch_version integer,
  add column if not exists prerelease text,
  add column if not exists breaking_risk text,
  add column if not exists auto_classified boolean,
  add column if not exists classification_confidence numeric(3,2),
  add column if not exists classification_reasoning text,
  -- Known to the old table alone; lost with it if not carried over. Unknown is null, not 0.
  add column if not exists soft_deleted_at timestamptz,
  add column if not exists files_changed integer,
  add column if not exists lines_added integer,
  add column if not exists lines_removed integer,
  add column if not exists git_commit_sha text,
  add column if not exists git_tag text,
  add column if not exists base_version_id text,
  add column if not exists from_recommendation_id integer,
  -- updated_at moves with every write; this is when the version went live.
  add column if not exists deployed_at timestamptz,
  -- Every row that is there now is 'none': history is not queued, billed and numbered above newer versions by accident.
  add column if not exists metadata_status text not null default 'none',
  add column if not exists metadata_error text;
alter table public.project_versions
  alter column is_published set default false,
  alter column metadata_status set default 'pending';

-- An updated_at trigger would stamp every row the backfill touches. Disabling it locks out all writers for as long as each
-- batch lasts; this one runs after it (triggers fire in the order of their names) and puts the old value back, only where
-- the transaction asked for it.
create or replace function public.project_versions_keep_updated_at() returns trigger
language plpgsql
as $$
begin
  new.updated_at := old.updated_at;
  return new;
end;
$$;
create or replace trigger "~project_versions_keep_updated_at"
  before update on public.project_versions
  for each row
  when (current_setting('project_versions.keep_updated_at', true) = 'on')
  execute function public.project_versions_keep_updated_at();

-- One batch of the backfill, by key. Values the new table has win over the old table's, column by column; a number is one
-- value. A row that is 'ready' is never written again, so running this twice changes nothing.
-- Keys are compared as bpchar, whose padding does not count, with the cast on the side where the old table's index serves.
-- The publication columns were added to the old table later and are missing in some databases. Named without a table, they
-- are the old table's where it has them, and else those of "absent", the next scope out: SQL looks in the inner one first.
-- (Reading the row as JSON instead costs 50 us a row, half of all that a row costs.)
create or replace function public.project_versions_consolidate_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
-- A batch is a few thousand look-ups by key. With stale statistics the planner may read all of the old table for each instead.
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  first_key constant text := coalesce(p_after, '');
begin
  select max(page.version_id), count(*)
    into last_key, rows
    from (
      select v.version_id
        from public.project_versions v
       where v.version_id > first_key
       order by v.version_id
       limit p_batch
    ) page;
  if last_key is null then
    return next;
    return;
  end if;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'mismatched_metadata', v.project_id, v.version_id,
         jsonb_build_object('metadata_project_id', m.project_id, 'metadata_user_id', m.user_id,
                            'project_id', v.project_id, 'user_id', v.user_id)
    from public.project_versions v
    join public.project_versions_metadata m on m.version_id = v.version_id::bpchar
   where v.version_id > first_key and v.version_id <= last_key
     and (m.project_id::text <> v.project_id or m.user_id::text <> v.user_id)
      on conflict do nothing;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'unknown_change_type', v.project_id, v.version_id,
         jsonb_build_object('project_versions', v.change_type, 'project_versions_metadata', m.change_type)
    from public.project_versions v
    left join public.project_versions_metadata m
      on m.version_id = v.version_id::bpchar and m.project_id::text = v.project_id and m.user_id::text = v.user_id
   where v.version_id > first_key and v.version_id <= last_key
     and (v.change_type not in ('major', 'minor', 'patch', 'rollback')
          or lower(btrim(m.change_type)) not in ('major', 'minor', 'patch', 'rollback'))
      on conflict do nothing;

  perform set_config('project_versions.keep_updated_at', 'on', true);
  update public.project_versions v
     set created_at = coalesce(v.created_at, v.updated_at, now()),
         deployed_at = case
           when v.status = 'deployed' then coalesce(v.deployed_at, v.updated_at, v.created_at, now())
           else v.deployed_at
         end,
         -- The default of a column added later is no decision; a publication with a moment or a person is.
         is_published = case
           when v.is_published or v.published_at is not null or v.published_by_user_id is not null
             then coalesce(v.is_published, false)
           else coalesce(m.is_published, false)
         end,
         published_at = coalesce(v.published_at, m.published_at),
         published_by_user_id = coalesce(v.published_by_user_id, m.published_by_user_id),
         user_comment = coalesce(v.user_comment, m.user_comment),
         soft_deleted_at = coalesce(v.soft_deleted_at, m.soft_deleted_at),
         major_version = case when v.major_version is null then m.major_version else v.major_version end,
         minor_version = case when v.major_version is null then m.minor_version else coalesce(v.minor_version, 0) end,
         patch_version = case when v.major_version is null then m.patch_version else coalesce(v.patch_version, 0) end,
         prerelease = case when v.major_version is null then nullif(btrim(m.prerelease), '') else nullif(v.prerelease, '') end,
         version_name = coalesce(v.version_name, m.version_name),
         version_description = coalesce(v.version_description, m.version_description),
         change_type = coalesce(
           case when v.change_type in ('major', 'minor', 'patch', 'rollback') then v.change_type end,
           case when lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback')
             then lower(btrim(m.change_type)) end
         ),
         breaking_risk = coalesce(v.breaking_risk, m.breaking_risk),
         auto_classified = coalesce(v.auto_classified, m.auto_classified),
         classification_confidence = coalesce(v.classification_confidence, m.classification_confidence),
         classification_reasoning = coalesce(v.classification_reasoning, m.classification_reasoning),
         base_version_id = coalesce(v.base_version_id, nullif(m.base_version_id::text, '')),
         from_recommendation_id = coalesce(v.from_recommendation_id, m.from_recommendation_id),
         files_changed = coalesce(v.files_changed, m.files_changed),
         lines_added = coalesce(v.lines_added, m.lines_added),
         lines_removed = coalesce(v.lines_removed, m.lines_removed),
         build_duration_ms = coalesce(v.build_duration_ms, m.build_duration_ms),
         git_commit_sha = coalesce(v.git_commit_sha, m.git_commit_sha),
         git_tag = coalesce(v.git_tag, m.git_tag),
         -- A parent that does not exist would break a foreign key some databases have.
         parent_version_id = coalesce(v.parent_version_id, (
           select parent.version_id
             from public.project_versions parent
            where parent.version_id = m.parent_version_id::text
         )),
         metadata_status = case
           when coalesce(v.major_version, m.major_version) is not null then 'ready'
           else v.metadata_status
         end
    from public.project_versions self
    left join lateral (
      select late.*
        from (
          select null::boolean as is_published, null::timestamptz as published_at, null::text as published_by_user_id,
                 null::text as user_comment, null::timestamptz as soft_deleted_at
        ) absent
       cross join lateral (
         select m.version_id, m.major_version, m.minor_version, m.patch_version, m.prerelease, m.version_name,
                m.version_description, m.change_type, m.breaking_risk, m.auto_classified, m.classification_confidence,
                m.classification_reasoning, m.parent_version_id, m.base_version_id, m.from_recommendation_id,
                m.files_changed, m.lines_added, m.lines_removed, m.build_duration_ms, m.git_commit_sha, m.git_tag,
                is_published, published_at, published_by_user_id, user_comment, soft_deleted_at
           from public.project_versions_metadata m
          where m.version_id = self.version_id::bpchar
            and m.project_id::text = self.project_id
            and m.user_id::text = self.user_id
       ) late
    ) m on true
   where self.version_id > first_key and self.version_id <= last_key
     and v.version_id = self.version_id
     -- 'pending': built by the old code while this runs, its metadata may be in the old table by now.
     and v.metadata_status in ('none', 'pending')
     and (m.version_id is not null
          or v.major_version is not null
          or v.created_at is null
          or v.is_published is null
          or (v.status = 'deployed' and v.deployed_at is null)
          or v.change_type not in ('major', 'minor', 'patch', 'rollback'));
  return next;
end;
$$;

-- Metadata of versions that do not exist: listed, and left where it is.
create or replace function public.project_versions_orphans_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  first_key constant bpchar := coalesce(p_after, '');
begin
  select max(page.version_id)::text, count(*)
    into last_key, rows
    from (
      select m.version_id
        from public.project_versions_metadata m
       where m.version_id > first_key
       order by m.version_id
       limit p_batch
    ) page;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'orphaned_metadata', m.project_id, m.version_id::text,
         jsonb_build_object('user_id', m.user_id, 'version_name', m.version_name, 'change_type', m.change_type)
    from public.project_versions_metadata m
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and not exists (select from public.project_versions v where v.version_id = m.version_id::text)
      on conflict do nothing;
  return next;
end;
$$;

-- One published version a project: the latest published_at stays, a deleted one only when there is no other. When and by whom
-- the others were published is kept.
create or replace function public.project_versions_unpublish_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  projects text[];
begin
  select array_agg(page.project_id)
    into projects
    from (
      select v.project_id
        from public.project_versions v
       where v.is_published and v.project_id > coalesce(p_after, '')
       group by v.project_id
      having count(*) > 1
       order by v.project_id
       limit p_batch
    ) page;
  select max(project_id) into last_key from unnest(projects) project_id;

  perform set_config('project_versions.keep_updated_at', 'on', true);
  with ranked as (
    select v.version_id,
           first_value(v.version_id) over latest as kept
      from public.project_versions v
     where v.project_id = any (projects) and v.is_published
    window latest as (
      partition by v.project_id
      order by v.soft_deleted_at is not null, v.published_at desc nulls last, v.created_at desc, v.version_id desc
    )
  ), unpublished as (
    update public.project_versions v
       set is_published = false
      from ranked
     where ranked.version_id = v.version_id and ranked.version_id <> ranked.kept
    returning v.project_id, v.version_id, v.published_at, ranked.kept
  )
  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'several_published', u.project_id, u.version_id,
         jsonb_build_object('stays_published', u.kept, 'published_at', u.published_at)
    from unpublished u
      on conflict do nothing;
  get diagnostics rows = row_count;
  return next;
end;
$$;

-- migrate: batched
select last_key, rows from public.project_versions_consolidate_batch(:after, :batch);

-- migrate: batched
select last_key, rows from public.project_versions_orphans_batch(:after, :batch);

-- If two versions of a project are published while the index is built, it fails and the runner comes back to this step.
-- migrate: batched
select last_key, rows from public.project_versions_unpublish_batch(:after, :batch);

-- migrate: concurrently
create unique index concurrently if not exists project_versions_one_published
  on public.project_versions (project_id)
  where is_published;

-- NOT VALID: checks new rows from here on at no cost (1.5 ms). Validating, in the next step, reads the table without locking
-- writers out (363 ms for 2 million rows), and `set not null` then believes the valid check instead of reading it again.
alter table public.project_versions
  add constraint project_versions_change_type_known
    check (change_type in ('major', 'minor', 'patch', 'rollback')) not valid,
  add constraint project_versions_metadata_status_known
    check (metadata_status in ('none', 'pending', 'ready', 'failed')) not valid,
  add constraint project_versions_created_at_present check (created_at is not null) not valid,
  add constraint project_versions_is_published_present check (is_published is not null) not valid;

-- migrate: transaction
alter table public.project_versions
  validate constraint project_versions_change_type_known,
  validate constraint project_versions_metadata_status_known,
  validate constraint project_versions_created_at_present,
  validate constraint project_versions_is_published_present;

-- migrate: transaction
alter table public.project_versions
  alter column created_at set not null,
  alter column is_published set not null;
alter table public.project_versions
  drop constraint project_versions_created_at_present,
  drop constraint project_versions_is_published_present;

-- migrate: transaction
insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
select 'equal_numbers', v.project_id, min(v.version_id),
       jsonb_build_object(
         'number', jsonb_build_array(v.major_version, v.minor_version, v.patch_version, v.prerelease),
         'versions', jsonb_agg(v.version_id order by v.created_at, v.version_id)
       )
  from public.project_versions v
 where v.major_version is not null
 group by v.project_id, v.major_version, v.minor_version, v.patch_version, v.prerelease
having count(*) > 1
    on conflict do nothing;
insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
select 'several_owners', v.project_id, null,
       jsonb_build_object('owners', jsonb_agg(distinct v.user_id))
  from public.project_versions v
 group by v.project_id
having min(v.user_id) <> max(v.user_id)
    on conflict do nothing;

-- What was made for this file alone.
-- migrate: transaction
drop trigger "~project_versions_keep_updated_at" on public.project_versions;
drop function public.project_versions_keep_updated_at();
drop function public.project_versions_consolidate_batch(text, bigint);
drop function public.project_versions_orphans_batch(text, bigint);
drop function public.project_versions_unpublish_batch(text, bigint);
