-- migrate: backfill
-- Carries all that project_versions_metadata knows into project_versions, beside the running system, and leaves the old table as it is. Written so that it
-- can run again after a way back (rollback.sql).
--
-- By hand: psql -v ON_ERROR_STOP=1 -v after=null -v batch=2147483647 -f 008_consolidate.sql

-- Backups that are there already are somebody's safety net, or ours from before a way back: set aside, never dropped and never taken for ours. Ours
-- are made in one transaction with this step's record, so whatever bears the name now is not ours. Row-level security without a policy: default
-- privileges may open new tables to roles that may not read these rows.
do $$
declare
  name text;
  aside text;
begin
  foreach name in array array['project_versions_backup', 'project_versions_metadata_backup'] loop
    if to_regclass('public.' || name) is not null then
      aside := name || '_earlier';
      for number in 2 .. 1000 loop
        exit when to_regclass('public.' || aside) is null;
        aside := name || '_earlier_' || number;
      end loop;
      execute format('alter table public.%I rename to %I', name, aside);
      execute format('alter index if exists public.%I rename to %I', name || '_key', aside || '_key');
    end if;
  end loop;
end;
$$;
create table public.project_versions_backup (like public.project_versions);
alter table public.project_versions_backup enable row level security;
create table public.project_versions_metadata_backup (like public.project_versions_metadata);
alter table public.project_versions_metadata_backup enable row level security;

-- Of the columns there were when the backup began: another deployment may add some meanwhile.
create or replace function public.project_versions_back_up_batch(p_table text, p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  columns text;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    into columns
    from pg_attribute a
   where a.attrelid = ('public.' || p_table || '_backup')::regclass and a.attnum > 0 and not a.attisdropped;
  return query execute format(
    'with copied as (
       insert into public.%1$I (%2$s)
       select %2$s from public.%3$I where version_id > $1::%4$s order by version_id limit $2
       returning version_id
     )
     select max(version_id)::text, count(*) from copied',
    p_table || '_backup', columns, p_table, case p_table when 'project_versions' then 'text' else 'bpchar' end
  ) using coalesce(p_after, ''), p_batch;
end;
$$;

-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_back_up_batch('project_versions', :after, :batch);

-- migrate: batched over public.project_versions_metadata
select last_key, rows from public.project_versions_back_up_batch('project_versions_metadata', :after, :batch);

-- Unique, and no constraint: that they are the keys is known, and the comparison below finds a version by its own.
-- migrate: no transaction
create unique index concurrently if not exists project_versions_backup_key on public.project_versions_backup (version_id);

-- migrate: no transaction
create unique index concurrently if not exists project_versions_metadata_backup_key on public.project_versions_metadata_backup (version_id);

-- A batch of projects that the old table has something published of. A project is decided as a whole, under its lock, as everybody else decides about it.
-- migrate: transaction
create or replace function public.project_versions_carry_published_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  projects text[];
  id text;
begin
  select array_agg(page.project_id::text), max(page.project_id)::text
    into projects, last_key
    from (
      select distinct m.project_id
        from public.project_versions_metadata m
       where m.is_published and m.project_id > coalesce(p_after, '')
       order by m.project_id
       limit p_batch
    ) page;
  -- In one order, as batches of metadata do, so that no two wait for each other in a circle.
  perform pg_advisory_xact_lock(locks.key)
     from (select distinct hashtextextended(project, 7310) as key from unnest(projects) project order by key) locks;
  rows := 0;
  for id in
    select m.version_id::text
      from public.project_versions_metadata m
     where m.is_published and m.project_id = any (projects)
     order by m.project_id, m.version_id
  loop
    perform public.project_versions_carry(id);
    rows := rows + 1;
  end loop;
  return next;
end;
$$;

-- A batch of versions, by key; not those that the old table alone has published.
create or replace function public.project_versions_carry_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  first_key text;
begin
  select min(page.version_id), max(page.version_id), count(*)
    into first_key, last_key, rows
    from (
      select v.version_id
        from public.project_versions v
       where v.version_id > coalesce(p_after, '')
       order by v.version_id
       limit p_batch
    ) page;
  if last_key is null then
    return next;
    return;
  end if;

  perform public.project_versions_carry_range(first_key, last_key, null);
  return next;
end;
$$;

-- Metadata that has no place in the new table: of versions that do not exist, of another project or user, of a type nobody knows. Listed, the first two
-- whole, and left where it is.
create or replace function public.project_versions_list_unplaced_batch(p_after text, p_batch bigint)
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
  select 'orphaned_metadata', m.project_id, m.version_id::text, jsonb_build_object('metadata', to_jsonb(m))
    from public.project_versions_metadata m
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and not exists (select from public.project_versions v where v.version_id = m.version_id::text)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'mismatched_metadata', v.project_id, v.version_id,
         jsonb_build_object('project_id', v.project_id, 'user_id', v.user_id, 'metadata', to_jsonb(m))
    from public.project_versions_metadata m
    join public.project_versions v on v.version_id = m.version_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and (m.project_id::text <> v.project_id or m.user_id::text <> v.user_id)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'unknown_change_type', v.project_id, v.version_id, jsonb_build_object('project_versions_metadata', m.change_type)
    from public.project_versions_metadata m
    join public.project_versions v on v.version_id = m.version_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and lower(btrim(m.change_type)) not in ('major', 'minor', 'patch', 'rollback')
      on conflict do nothing;
  return next;
end;
$$;

-- Every one of them keeps its project's lock until the batch ends.
-- migrate: batched by 50
select last_key, rows from public.project_versions_carry_published_batch(:after, :batch);

-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_carry_batch(:after, :batch);

-- What was published in the old table since and was left: nothing, if the triggers do what they are for.
-- migrate: batched by 50
select last_key, rows from public.project_versions_carry_published_batch(:after, :batch);

-- migrate: batched over public.project_versions_metadata
select last_key, rows from public.project_versions_list_unplaced_batch(:after, :batch);

-- Every version knows what it is now, so the indexes that fit the views of a history serve. One for each of the four views (with or without checkpoints,
-- with or without deleted versions): whatever a project is full of, a page touches as much as it shows and never walks over what it does not. Measured on
-- 500,000 versions: 6 to 8 buffers for 21 rows that lie together, 26 for rows that lie apart, at any depth. Of two indexes that cost the same the planner
-- takes the younger one: the narrower is made later. This one and project_versions_history also serve the filters by type and status, whatever the view.
-- migrate: no transaction
create index concurrently if not exists project_versions_with_checkpoints
  on public.project_versions (project_id, user_id, created_at desc, version_id desc)
  include (is_published, change_type, status)
  where soft_deleted_at is null;

-- migrate: no transaction
create index concurrently if not exists project_versions_with_deleted
  on public.project_versions (project_id, user_id, created_at desc, version_id desc)
  include (is_published)
  where change_type is distinct from 'patch';

-- migrate: no transaction
create index concurrently if not exists project_versions_default_view
  on public.project_versions (project_id, user_id, created_at desc, version_id desc)
  include (is_published)
  where soft_deleted_at is null and change_type is distinct from 'patch';

-- migrate: transaction
select public.project_versions_plain()::text as plain;

-- NOT VALID: checks new rows from here on at no cost (1.5 ms). Validating, in steps of their own, reads the table without locking
-- writers out (363 ms for 2 million rows), and `set not null` then believes the valid check instead of reading it again.
-- migrate: transaction
alter table public.project_versions
  drop constraint if exists project_versions_change_type_known,
  drop constraint if exists project_versions_metadata_status_known,
  drop constraint if exists project_versions_created_at_present,
  drop constraint if exists project_versions_is_published_present;
alter table public.project_versions
  add constraint project_versions_change_type_known
    check (change_type in ('major', 'minor', 'patch', 'rollback')) not valid,
  add constraint project_versions_metadata_status_known
    check (metadata_status in ('none', 'pending', 'ready', 'failed')) not valid,
  add constraint project_versions_created_at_present check (created_at is not null) not valid,
  add constraint project_versions_is_published_present check (is_published is not null) not valid;

-- migrate: long
alter table public.project_versions validate constraint project_versions_change_type_known;
-- migrate: long
alter table public.project_versions validate constraint project_versions_metadata_status_known;
-- migrate: long
alter table public.project_versions validate constraint project_versions_created_at_present;
-- migrate: long
alter table public.project_versions validate constraint project_versions_is_published_present;

-- migrate: transaction
alter table public.project_versions
  alter column created_at set not null,
  alter column is_published set not null;
alter table public.project_versions
  drop constraint project_versions_created_at_present,
  drop constraint project_versions_is_published_present;

-- Was everything conserved? Of each column: what the two backups have (the versions' own value first, else the old table's), and what is there now; how often
-- there is a value, and a sum of hashes over the values, of versions that nobody has written since. `lost`: versions whose value is another one, though
-- nothing explains it. A number is compared as one value.
-- migrate: transaction
create table if not exists public.project_versions_consolidation_counts (
  column_name text primary key,
  versions bigint not null,
  expected bigint not null,
  found bigint not null,
  checksum_expected numeric not null,
  checksum_found numeric not null,
  lost bigint not null,
  example text
);
alter table public.project_versions_consolidation_counts enable row level security;
do $$
begin
  delete from public.project_versions_consolidation_counts;
end;
$$;

create or replace function public.project_versions_compare_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
  select max(page.version_id), count(*)
    into last_key, rows
    from (
      select b.version_id
        from public.project_versions_backup b
       where b.version_id > coalesce(p_after, '')
       order by b.version_id
       limit p_batch
    ) page;

  insert into public.project_versions_consolidation_counts as counts
  select c.name, count(*), count(c.expected), count(c.found),
         coalesce(sum(hashtextextended(c.expected, 0)::numeric), 0), coalesce(sum(hashtextextended(c.found, 0)::numeric), 0),
         count(*) filter (where c.expected is distinct from c.found),
         min(b.version_id) filter (where c.expected is distinct from c.found)
    from public.project_versions_backup b
    join public.project_versions v on v.version_id = b.version_id
     -- Written since: by the running system, whose words are newer.
     and v.updated_at is not distinct from b.updated_at
    left join lateral (
      select old.*
        from public.project_versions_metadata_backup old
       where b.metadata_status <> 'ready'
         and old.version_id = b.version_id::bpchar and old.project_id::text = b.project_id and old.user_id::text = b.user_id
      offset 0
    ) m on true
   cross join lateral (
     values
       ('what it was before', md5((b.project_id, b.user_id, b.prompt, b.status, b.preview_url, b.artifact_url, b.framework)::text),
         md5((v.project_id, v.user_id, v.prompt, v.status, v.preview_url, v.artifact_url, v.framework)::text)),
       ('number',
         case
           when b.major_version is not null then concat_ws('.', b.major_version, coalesce(b.minor_version, 0), coalesce(b.patch_version, 0), nullif(b.prerelease, ''))
           when m.major_version is not null then concat_ws('.', m.major_version, m.minor_version, m.patch_version, nullif(btrim(m.prerelease), ''))
         end,
         case when v.major_version is not null then concat_ws('.', v.major_version, v.minor_version, v.patch_version, v.prerelease) end),
       ('version_name', coalesce(b.version_name, m.version_name), v.version_name),
       ('version_description', coalesce(b.version_description, m.version_description), v.version_description),
       ('change_type',
         coalesce(case when b.change_type in ('major', 'minor', 'patch', 'rollback') then b.change_type end,
                  case when lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback') then lower(btrim(m.change_type)) end),
         v.change_type),
       ('breaking_risk', coalesce(b.breaking_risk, m.breaking_risk), v.breaking_risk),
       ('auto_classified', coalesce(b.auto_classified, m.auto_classified)::text, v.auto_classified::text),
       ('classification_confidence', coalesce(b.classification_confidence, m.classification_confidence)::text, v.classification_confidence::text),
       ('classification_reasoning', coalesce(b.classification_reasoning, m.classification_reasoning), v.classification_reasoning),
       ('is_published',
         (case
            when b.is_published or b.published_at is not null or b.published_by_user_id is not null or m.version_id is null
              then coalesce(b.is_published, false)
            else coalesce(m.is_published, false)
          end and not exists (
            select from public.project_versions_consolidation_report r
             where r.kind = 'several_published' and r.project_id = b.project_id and r.version_id = b.version_id
          ))::text,
         v.is_published::text),
       ('deployed_at',
         (case when b.status = 'deployed' then coalesce(b.deployed_at, b.updated_at, b.created_at) else b.deployed_at end)::text,
         v.deployed_at::text),
       ('parent_version_id',
         coalesce(b.parent_version_id, (
           select parent.version_id from public.project_versions parent where parent.version_id = m.parent_version_id::text
         )), v.parent_version_id),
       ('published_at', coalesce(b.published_at, m.published_at)::text, v.published_at::text),
       ('published_by_user_id', coalesce(b.published_by_user_id, m.published_by_user_id), v.published_by_user_id),
       ('user_comment', coalesce(b.user_comment, m.user_comment), v.user_comment),
       ('soft_deleted_at', coalesce(b.soft_deleted_at, m.soft_deleted_at)::text, v.soft_deleted_at::text),
       ('files_changed', coalesce(b.files_changed, m.files_changed)::text, v.files_changed::text),
       ('lines_added', coalesce(b.lines_added, m.lines_added)::text, v.lines_added::text),
       ('lines_removed', coalesce(b.lines_removed, m.lines_removed)::text, v.lines_removed::text),
       ('build_duration_ms', coalesce(b.build_duration_ms, m.build_duration_ms)::text, v.build_duration_ms::text),
       ('git_commit_sha', coalesce(b.git_commit_sha, m.git_commit_sha), v.git_commit_sha),
       ('git_tag', coalesce(b.git_tag, m.git_tag), v.git_tag),
       ('base_version_id', coalesce(b.base_version_id, nullif(m.base_version_id::text, '')), v.base_version_id),
       ('from_recommendation_id', coalesce(b.from_recommendation_id, m.from_recommendation_id)::text, v.from_recommendation_id::text)
   ) c (name, expected, found)
   where b.version_id > coalesce(p_after, '') and b.version_id <= last_key
   group by c.name
      on conflict (column_name) do update
         set versions = counts.versions + excluded.versions,
             expected = counts.expected + excluded.expected,
             found = counts.found + excluded.found,
             checksum_expected = counts.checksum_expected + excluded.checksum_expected,
             checksum_found = counts.checksum_found + excluded.checksum_found,
             lost = counts.lost + excluded.lost,
             example = coalesce(counts.example, excluded.example);
  return next;
end;
$$;

-- Of projects, by key: numbers that several versions have, and users who own versions of one project. A page ends with a project.
create or replace function public.project_versions_look_at_projects_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
begin
  select max(page.project_id)
    into last_key
    from (
      select v.project_id
        from public.project_versions v
       where v.project_id > coalesce(p_after, '')
       order by v.project_id
       limit p_batch
    ) page;
  select count(*) into rows from public.project_versions v where v.project_id > coalesce(p_after, '') and v.project_id <= last_key;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'equal_numbers', v.project_id, min(v.version_id),
         jsonb_build_object(
           'number', jsonb_build_array(v.major_version, v.minor_version, v.patch_version, v.prerelease),
           'versions', jsonb_agg(v.version_id order by v.created_at, v.version_id)
         )
    from public.project_versions v
   where v.project_id > coalesce(p_after, '') and v.project_id <= last_key and v.major_version is not null
   group by v.project_id, v.major_version, v.minor_version, v.patch_version, v.prerelease
  having count(*) > 1
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'several_owners', v.project_id, null, jsonb_build_object('owners', jsonb_agg(distinct v.user_id))
    from public.project_versions v
   where v.project_id > coalesce(p_after, '') and v.project_id <= last_key
   group by v.project_id
  having min(v.user_id) <> max(v.user_id)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;
  return next;
end;
$$;

-- What the old table has and the new one has not: read by `npm run migrate -- verify`, and by the step that drops the old table. Of a page of its rows: how
-- many are accounted for nowhere, and one of them. A value is accounted for when the version has one, of its own or a newer one; a row that belongs to no
-- version when the report has it whole.
create or replace function public.project_versions_unaccounted(p_after text, p_batch bigint)
returns table (last_key text, rows bigint, unaccounted bigint, example text)
language plpgsql stable
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  first_key constant bpchar := coalesce(p_after, '');
begin
  select max(page.version_id)::text, count(*)
    into last_key, rows
    from (
      select m.version_id from public.project_versions_metadata m where m.version_id > first_key order by m.version_id limit p_batch
    ) page;
  select count(*), min(m.version_id)::text
    into unaccounted, example
    from public.project_versions_metadata m
    left join public.project_versions v
      on v.version_id = m.version_id::text and v.project_id = m.project_id::text and v.user_id = m.user_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and case
       when v.version_id is null then not exists (
         select from public.project_versions_consolidation_report r
          where r.kind in ('orphaned_metadata', 'mismatched_metadata') and r.version_id = m.version_id::text
            and r.project_id in (m.project_id, (select owner.project_id from public.project_versions owner where owner.version_id = m.version_id::text))
            and r.detail -> 'metadata' = to_jsonb(m)
       )
       else v.major_version is null
         or (m.version_name is not null and v.version_name is null)
         or (m.version_description is not null and v.version_description is null)
         or (m.change_type is not null and v.change_type is null
             and lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback'))
         or (m.breaking_risk is not null and v.breaking_risk is null)
         or (m.auto_classified is not null and v.auto_classified is null)
         or (m.classification_confidence is not null and v.classification_confidence is null)
         or (m.classification_reasoning is not null and v.classification_reasoning is null)
         or (m.is_published and not v.is_published and v.published_at is null)
         or (m.published_at is not null and v.published_at is null)
         or (m.published_by_user_id is not null and v.published_by_user_id is null)
         or (m.user_comment is not null and v.user_comment is null)
         or (m.files_changed is not null and v.files_changed is null)
         or (m.lines_added is not null and v.lines_added is null)
         or (m.lines_removed is not null and v.lines_removed is null)
         or (m.build_duration_ms is not null and v.build_duration_ms is null)
         or (m.git_commit_sha is not null and v.git_commit_sha is null)
         or (m.git_tag is not null and v.git_tag is null)
         or (nullif(m.base_version_id::text, '') is not null and v.base_version_id is null)
         or (m.from_recommendation_id is not null and v.from_recommendation_id is null)
     end;
  return next;
end;
$$;
revoke execute on function public.project_versions_unaccounted, public.project_versions_list_unplaced_batch from public;

-- migrate: batched over public.project_versions_backup
select last_key, rows from public.project_versions_compare_batch(:after, :batch);

-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_look_at_projects_batch(:after, :batch);

-- What was made for this file alone. The orphans are listed once more before the old table is dropped.
-- migrate: transaction
drop function public.project_versions_back_up_batch(text, text, bigint);
drop function public.project_versions_carry_published_batch(text, bigint);
drop function public.project_versions_carry_batch(text, bigint);
drop function public.project_versions_compare_batch(text, bigint);
drop function public.project_versions_look_at_projects_batch(text, bigint);
do $$
begin
  update public.project_versions_consolidation set backfilled_at = clock_timestamp();
end;
$$;
