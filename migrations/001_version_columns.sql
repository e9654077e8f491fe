-- What project_versions needs to be enough by itself: the columns that only project_versions_metadata has, and those the new code writes. Nothing is
-- carried over here (008 does that, beside the running system); until it is, consolidated_versions shows each version as it will be.

-- What was found that a person may want to look at, and what was decided; README, "The consolidation", explains the kinds.
create table if not exists public.project_versions_consolidation_report (
  kind text not null,
  project_id text,
  version_id text,
  detail jsonb not null,
  found_at timestamptz not null default now(),
  constraint project_versions_consolidation_report_once unique nulls not distinct (kind, project_id, version_id)
);
alter table public.project_versions_consolidation_report enable row level security;

-- What the consolidation has to remember: what it changed and the way back restores, and what dropping the old table waits for.
create table if not exists public.project_versions_consolidation (
  only_row boolean primary key default true check (only_row),
  versions_forced_row_security boolean not null default false,
  metadata_forced_row_security boolean not null default false,
  old_writer_seen_at timestamptz,
  backfilled_at timestamptz
);
alter table public.project_versions_consolidation enable row level security;
insert into public.project_versions_consolidation default values on conflict do nothing;

-- Row-level security that binds even the owner would hide rows from the backup and the backfill. It stays enabled, and its policies stay. The lock is
-- taken only where there is something to change; the way back binds the owner again.
-- migrate: transaction
do $$
begin
  if (select relforcerowsecurity from pg_class where oid = 'public.project_versions'::regclass) then
    alter table public.project_versions no force row level security;
    update public.project_versions_consolidation set versions_forced_row_security = true;
  end if;
  if (select relforcerowsecurity from pg_class where oid = 'public.project_versions_metadata'::regclass) then
    alter table public.project_versions_metadata no force row level security;
    update public.project_versions_consolidation set metadata_forced_row_security = true;
  end if;
end;
$$;

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

-- The publication columns came to the old table later and are missing in some databases. Empty, they make one shape of all; the old code does not
-- notice them.
-- migrate: transaction
alter table public.project_versions_metadata
  add column if not exists is_published boolean,
  add column if not exists published_at timestamptz,
  add column if not exists published_by_user_id character varying(255),
  add column if not exists user_comment text,
  add column if not exists soft_deleted_at timestamptz;

-- An updated_at trigger would stamp every row the backfill touches. Disabling it locks out all writers for as long as each
-- batch lasts; this one runs after it (triggers fire in the order of their names) and puts the old value back, only where
-- the transaction asked for it.
-- migrate: transaction
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

-- Versions without a moment would be nowhere in a history that is read in the order of moments. They are few, if there are any: found by an index that
-- is only as large as they are many.
-- migrate: no transaction
create index concurrently if not exists project_versions_without_moment
  on public.project_versions (version_id)
  where created_at is null;

-- migrate: transaction
create or replace function public.project_versions_give_moment_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
begin
  perform set_config('project_versions.keep_updated_at', 'on', true);
  with page as (
    select v.version_id
      from public.project_versions v
     where v.created_at is null and v.version_id > coalesce(p_after, '')
     order by v.version_id
     limit p_batch
  ), given as (
    update public.project_versions v
       set created_at = coalesce(v.updated_at, now())
      from page
     where v.version_id = page.version_id
    returning v.version_id
  )
  select max(version_id), count(*) into last_key, rows from given;
  return next;
end;
$$;

-- migrate: batched
select last_key, rows from public.project_versions_give_moment_batch(:after, :batch);

-- migrate: no transaction
drop index concurrently if exists public.project_versions_without_moment;

-- migrate: transaction
drop function public.project_versions_give_moment_batch(text, bigint);

-- A version as it will be: what it has itself, and for the rest what the old table knows of it. Values the new table has win, column by column; a number
-- is one value. The columns answers are made of and no more; row-level security sees who asks.
-- The old table is looked at by its key and only for versions that are not 'ready'. Keys are compared as bpchar, whose padding does not count, with the
-- cast on the side where the old table's index serves. `offset 0` keeps the look-up one look-up a version: counting a project's versions the planner would
-- else read the whole old table.
-- migrate: transaction
create or replace view public.project_versions_bridged with (security_invoker = true) as
select v.user_id,
       v.project_id,
       v.version_id,
       v.status,
       v.preview_url,
       v.artifact_url,
       v.created_at,
       v.metadata_error,
       case
         when v.status = 'deployed' then coalesce(v.deployed_at, v.updated_at, v.created_at)
         else v.deployed_at
       end as deployed_at,
       -- The default of a column added later is no decision; a publication with a moment or a person is.
       case
         when v.is_published or v.published_at is not null or v.published_by_user_id is not null or m.version_id is null
           then coalesce(v.is_published, false)
         else coalesce(m.is_published, false)
       end as is_published,
       coalesce(v.published_at, m.published_at) as published_at,
       coalesce(v.published_by_user_id, m.published_by_user_id)::text as published_by_user_id,
       coalesce(v.user_comment, m.user_comment)::text as user_comment,
       coalesce(v.soft_deleted_at, m.soft_deleted_at) as soft_deleted_at,
       coalesce(v.major_version, m.major_version) as major_version,
       case when v.major_version is null then m.minor_version else coalesce(v.minor_version, 0) end as minor_version,
       case when v.major_version is null then m.patch_version else coalesce(v.patch_version, 0) end as patch_version,
       case
         when v.major_version is null then nullif(btrim(m.prerelease), '')
         else nullif(v.prerelease, '')
       end::text as prerelease,
       coalesce(v.version_name, m.version_name)::text as version_name,
       coalesce(v.version_description, m.version_description)::text as version_description,
       coalesce(
         case when v.change_type in ('major', 'minor', 'patch', 'rollback') then v.change_type end,
         case
           when lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback') then lower(btrim(m.change_type))
         end
       )::text as change_type,
       coalesce(v.breaking_risk, m.breaking_risk)::text as breaking_risk,
       coalesce(v.auto_classified, m.auto_classified) as auto_classified,
       coalesce(v.classification_confidence, m.classification_confidence)::numeric as classification_confidence,
       coalesce(v.classification_reasoning, m.classification_reasoning)::text as classification_reasoning,
       -- A parent that does not exist would break a foreign key some databases have.
       coalesce(v.parent_version_id, (
         select parent.version_id
           from public.project_versions parent
          where parent.version_id = m.parent_version_id::text
       )) as parent_version_id,
       coalesce(v.files_changed, m.files_changed) as files_changed,
       coalesce(v.lines_added, m.lines_added) as lines_added,
       coalesce(v.lines_removed, m.lines_removed) as lines_removed,
       coalesce(v.build_duration_ms, m.build_duration_ms) as build_duration_ms,
       case
         when v.metadata_status <> 'failed' and coalesce(v.major_version, m.major_version) is not null then 'ready'
         when m.major_version is not null then 'ready'
         else v.metadata_status
       end as metadata_status,
       -- Whether carrying it over would change the row.
       v.metadata_status <> 'ready' and (
         m.version_id is not null
         or v.major_version is not null
         or v.is_published is null
         or (v.status = 'deployed' and v.deployed_at is null)
         or v.change_type not in ('major', 'minor', 'patch', 'rollback')
       ) as outdated
  from public.project_versions v
  left join lateral (
    select old.version_id, old.is_published, old.published_at, old.published_by_user_id, old.user_comment, old.soft_deleted_at,
           old.major_version, old.minor_version, old.patch_version, old.prerelease, old.version_name, old.version_description,
           old.change_type, old.breaking_risk, old.auto_classified, old.classification_confidence, old.classification_reasoning,
           old.parent_version_id, old.files_changed, old.lines_added, old.lines_removed, old.build_duration_ms
      from public.project_versions_metadata old
     where v.metadata_status <> 'ready'
       and old.version_id = v.version_id::bpchar
       and old.project_id::text = v.project_id
       and old.user_id::text = v.user_id
    offset 0
  ) m on true;

-- What everybody reads, in types that do not depend on how wide somebody has made a column: versions as they will be, until all are carried over (008); then as they are, at no cost.
create or replace function public.project_versions_bridge() returns void
language plpgsql
as $$
begin
  create or replace view public.consolidated_versions with (security_invoker = true) as
  select b.* from public.project_versions_bridged b;
end;
$$;
create or replace function public.project_versions_plain() returns void
language plpgsql
as $$
begin
  create or replace view public.consolidated_versions with (security_invoker = true) as
  select v.user_id,
         v.project_id,
         v.version_id,
         v.status,
         v.preview_url,
         v.artifact_url,
         v.created_at,
         v.metadata_error,
         v.deployed_at,
         v.is_published,
         v.published_at,
         v.published_by_user_id::text as published_by_user_id,
         v.user_comment::text as user_comment,
         v.soft_deleted_at,
         v.major_version,
         v.minor_version,
         v.patch_version,
         v.prerelease::text as prerelease,
         v.version_name::text as version_name,
         v.version_description::text as version_description,
         v.change_type::text as change_type,
         v.breaking_risk::text as breaking_risk,
         v.auto_classified,
         v.classification_confidence::numeric as classification_confidence,
         v.classification_reasoning::text as classification_reasoning,
         v.parent_version_id,
         v.files_changed,
         v.lines_added,
         v.lines_removed,
         v.build_duration_ms,
         v.metadata_status,
         false as outdated
    from public.project_versions v;
end;
$$;
revoke execute on function public.project_versions_keep_updated_at, public.project_versions_bridge, public.project_versions_plain from public;
select public.project_versions_bridge()::text as bridged;
