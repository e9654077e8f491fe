-- What project_versions may hold, and the indexes its queries need. On a database of the old system all rows keep the rules by
-- now: legacy/004 has seen to it. That file can run again after a rollback, and so can this one.

-- `not valid` costs nothing; validating reads the table without keeping writers out (363 ms for 2 million rows).
do $$
declare
  rule record;
begin
  for rule in
    select * from (values
      ('project_versions_status_check', $rule$check (status in ('building', 'deployed', 'failed'))$rule$),
      ('chk_artifact_size_limit', $rule$check (artifact_size is null or (artifact_size >= 0 and artifact_size <= 2147483648))$rule$),
      ('chk_artifact_checksum_format', $rule$check (artifact_checksum is null or artifact_checksum ~ '^[a-fA-F0-9]{64}$')$rule$),
      ('project_versions_change_type_known', $rule$check (change_type in ('major', 'minor', 'patch', 'rollback'))$rule$),
      ('project_versions_breaking_risk_known', $rule$check (breaking_risk in ('none', 'low', 'medium', 'high'))$rule$),
      ('project_versions_metadata_status_known', $rule$check (metadata_status in ('none', 'pending', 'ready', 'failed'))$rule$),
      ('project_versions_metadata_generator_known', $rule$check (metadata_generator in ('document', 'model', 'rules'))$rule$),
      ('project_versions_created_at_present', $rule$check (created_at is not null)$rule$),
      ('project_versions_is_published_present', $rule$check (is_published is not null)$rule$)
    ) rules (name, definition)
  loop
    if not exists (
      select from pg_constraint k where k.conrelid = 'public.project_versions'::regclass and k.conname = rule.name
    ) then
      execute format('alter table public.project_versions add constraint %I %s not valid', rule.name, rule.definition);
    end if;
  end loop;
end;
$$;

-- updated_at moves with every write, whoever writes, unless the writer sets it. A version that becomes deployed gets the moment, where the writer
-- has none: code that writes the status alone takes updated_at for it, which moves on.
create or replace function version_history.keep_moments() returns trigger
language plpgsql
as $$
begin
  if new.status = 'deployed' and new.deployed_at is null then
    new.deployed_at := case
      when tg_op = 'UPDATE' and old.status = 'deployed' then coalesce(old.updated_at, old.created_at, clock_timestamp())
      when tg_op = 'UPDATE' then clock_timestamp()
      else coalesce(new.updated_at, new.created_at, clock_timestamp())
    end;
  end if;
  if tg_op = 'UPDATE' and new.updated_at is not distinct from old.updated_at then
    new.updated_at := clock_timestamp();
  end if;
  return new;
end;
$$;
revoke execute on function version_history.keep_moments from public;

-- migrate: long
alter table public.project_versions
  validate constraint project_versions_status_check,
  validate constraint chk_artifact_size_limit,
  validate constraint chk_artifact_checksum_format,
  validate constraint project_versions_change_type_known,
  validate constraint project_versions_breaking_risk_known,
  validate constraint project_versions_metadata_status_known,
  validate constraint project_versions_metadata_generator_known,
  validate constraint project_versions_created_at_present,
  validate constraint project_versions_is_published_present;

-- PostgreSQL believes the valid check, and does not read the table for `set not null`.
-- migrate: transaction
alter table public.project_versions
  alter column created_at set not null,
  alter column is_published set not null;
alter table public.project_versions
  drop constraint project_versions_created_at_present,
  drop constraint project_versions_is_published_present;

-- Every version is written three times: its build starts, it ends, its metadata comes. Room in each page keeps the later two where
-- the first is, and vacuum comes before the rows changed since the last one are many: counting 50,000 of a project's 100,000
-- versions with 2 % of them changed reads 2,384 buffers; in full pages, where a changed row moves away, 5,966 (measured).
alter table public.project_versions set (
  fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02
);

-- One version of a project is published at most.
-- migrate: no transaction
create unique index concurrently if not exists project_versions_one_published
  on public.project_versions (project_id)
  where is_published;

-- The highest number of a project, read under the project's lock.
-- migrate: no transaction
create index concurrently if not exists project_versions_numbers
  on public.project_versions (project_id, major_version desc, minor_version desc, patch_version desc)
  where major_version is not null;

-- Deployed versions without metadata, those longest out of the queue first. Small: a row leaves it as soon as it is ready.
-- migrate: no transaction
create index concurrently if not exists project_versions_metadata_due
  on public.project_versions ((coalesce(metadata_queued_at, deployed_at)), version_id)
  where metadata_status = 'pending' and status = 'deployed';

-- A history is read newest first, one owner's at a time, in four views: with or without checkpoints (patches that are not published),
-- with or without deleted versions. One index for those with checkpoints, one for those without; in each, deleted versions lie
-- apart, and a view that shows them reads two ranges side by side. So a page touches as much as it shows, whatever a project is full of.
-- An expression is read from an index alone only where the columns it is made of are there too, and under row-level security an
-- index serves only operators that cannot fail: hence the columns included, and the form of the key.
-- The first also serves the filters by type and status, whatever the view: they are found inside it.
-- migrate: no transaction
create index concurrently if not exists project_versions_history
  on public.project_versions (
    project_id, user_id, (case when soft_deleted_at is null then 0 else 1 end), created_at desc, version_id desc
  )
  include (soft_deleted_at, change_type, is_published, status);

-- migrate: no transaction
create index concurrently if not exists project_versions_default_view
  on public.project_versions (
    project_id, user_id, (case when soft_deleted_at is null then 0 else 1 end), created_at desc, version_id desc
  )
  include (soft_deleted_at, is_published)
  where change_type is distinct from 'patch' or is_published;

-- migrate: transaction
create or replace trigger project_versions_keep_moments
  before insert or update on public.project_versions
  for each row execute function version_history.keep_moments();

