-- migrate: backfill
-- migrate: where public.project_versions
-- Lists what a person may want to look at, beside the running system. Where there is no old table, the takeover ends here.

-- Metadata that has no place in project_versions: of versions that do not exist, of another project or user. It stays where it is, and is
-- kept with the old table.
create or replace function version_history.report_unplaced_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
  if to_regclass('public.project_versions_metadata') is null then
    return next;
    return;
  end if;
  -- The last key of a full page, else the last there is: found inside the index.
  rows := p_batch;
  select o.key::text into last_key
    from version_history.old_metadata o
   where p_after is null or o.key > version_history.old_key(p_after)
   order by o.key
  offset p_batch - 1 limit 1;
  if not found then
    select o.key::text into last_key
      from version_history.old_metadata o
     where p_after is null or o.key > version_history.old_key(p_after)
     order by o.key desc
     limit 1;
    select count(*) into rows from version_history.old_metadata o where p_after is null or o.key > version_history.old_key(p_after);
  end if;

  insert into version_history.takeover_report (kind, project_id, version_id, detail)
  select case when v.version_id is null then 'orphaned_metadata' else 'mismatched_metadata' end,
         coalesce(v.project_id, o.project_id), o.version_id,
         jsonb_build_object('project_id', o.project_id, 'user_id', o.user_id)
    from version_history.old_metadata o
    left join public.project_versions v on v.version_id = o.version_id
   where (p_after is null or o.key > version_history.old_key(p_after)) and o.key <= version_history.old_key(last_key)
     and (v.version_id is null or o.project_id <> v.project_id or o.user_id <> v.user_id)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;
  return next;
end;
$$;

-- Of projects, by key: numbers that several versions have, and users who own versions of one project. A page ends with a project.
create or replace function version_history.report_projects_batch(p_after text, p_batch bigint)
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
  with numbers as materialized (
    select v.project_id, v.major_version, v.minor_version, v.patch_version, v.prerelease,
           count(*) as versions, min(v.user_id) as first_owner, max(v.user_id) as last_owner
      from public.project_versions v
     where v.project_id > coalesce(p_after, '') and v.project_id <= last_key
     group by v.project_id, v.major_version, v.minor_version, v.patch_version, v.prerelease
  ), equal_numbers as (
    insert into version_history.takeover_report (kind, project_id, version_id, detail)
    select 'equal_numbers', v.project_id, min(v.version_id),
           jsonb_build_object(
             'number', jsonb_build_array(v.major_version, v.minor_version, v.patch_version, v.prerelease),
             'versions', jsonb_agg(v.version_id order by v.created_at, v.version_id)
           )
      from numbers n
      join public.project_versions v
        on v.project_id = n.project_id and v.major_version = n.major_version and v.minor_version = n.minor_version
       and v.patch_version = n.patch_version and v.prerelease is not distinct from n.prerelease
     where n.versions > 1 and n.major_version is not null
     group by v.project_id, v.major_version, v.minor_version, v.patch_version, v.prerelease
        on conflict (kind, project_id, version_id) do update set detail = excluded.detail
  ), several_owners as (
    insert into version_history.takeover_report (kind, project_id, version_id, detail)
    select 'several_owners', several.project_id, null, (
             select jsonb_build_object('owners', jsonb_agg(distinct v.user_id)) from public.project_versions v where v.project_id = several.project_id
           )
      from (
        select n.project_id from numbers n group by n.project_id having min(n.first_owner) <> max(n.last_owner)
      ) several
        on conflict (kind, project_id, version_id) do update set detail = excluded.detail
  )
  select coalesce(sum(n.versions), 0) into rows from numbers n;
  return next;
end;
$$;

-- Was everything conserved? Of versions after p_after, by key, that are backed up: of each column, how many have a value in the backup or else in
-- the old table, how many have one now, and how many have lost it, with one of them. What nobody has
-- written since must be the same value; of what was written since, a value must be there, except in columns that a user empties.
-- Read by `npm run migrate -- verify`, and by the contract. Changes nothing.
create or replace function version_history.compare_page(p_after text, p_limit bigint)
returns table (last_key text, versions bigint, columns jsonb)
language plpgsql stable
set timezone = 'UTC'
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
begin
  select max(page.version_id)
    into last_key
    from (
      select b.version_id
        from version_history.project_versions_backup b
       where b.version_id > coalesce(p_after, '')
       order by b.version_id
       limit p_limit
    ) page;
  return query
    with compared as (
      select b.version_id, c.name, c.expected, c.found,
             case
               when v.updated_at is not distinct from b.updated_at then c.expected is distinct from c.found
               else c.expected is not null and c.found is null
                 and c.name not in ('published_at', 'published_by_user_id', 'user_comment', 'soft_deleted_at')
             end as lost
        from version_history.backed_up b
        join public.project_versions v on v.version_id = b.version_id
        left join version_history.old_metadata o
          on o.key = version_history.old_key(b.version_id) and o.project_id = b.project_id and o.user_id = b.user_id
       cross join lateral (
         values
           ('what it was before',
             (b.project_id, b.user_id, b.prompt, b.status, b.preview_url, b.artifact_url, b.framework)::text,
             (v.project_id, v.user_id, v.prompt, v.status, v.preview_url, v.artifact_url, v.framework)::text),
           ('number',
             case when b.major_version is not null
               then concat_ws('.', b.major_version, coalesce(b.minor_version, 0), coalesce(b.patch_version, 0), nullif(b.prerelease, ''))
               when o.major_version is not null
               then concat_ws('.', o.major_version, o.minor_version, o.patch_version, o.prerelease)
             end,
             case when v.major_version is not null then concat_ws('.', v.major_version, v.minor_version, v.patch_version, v.prerelease) end),
           ('version_name', coalesce(b.version_name, o.version_name), v.version_name),
           ('version_description', coalesce(b.version_description, o.version_description), v.version_description),
           ('change_type',
             coalesce(case when b.change_type in ('major', 'minor', 'patch', 'rollback') then b.change_type::text end, o.change_type),
             v.change_type::text),
           ('breaking_risk',
             coalesce(case when b.breaking_risk in ('none', 'low', 'medium', 'high') then b.breaking_risk::text end, o.breaking_risk),
             v.breaking_risk::text),
           ('auto_classified', coalesce(b.auto_classified, o.auto_classified)::text, v.auto_classified::text),
           ('classification_confidence',
             trim_scale(coalesce(b.classification_confidence::numeric, o.classification_confidence))::text, trim_scale(v.classification_confidence::numeric)::text),
           ('classification_reasoning', coalesce(b.classification_reasoning, o.classification_reasoning), v.classification_reasoning),
           ('created_at', coalesce(b.created_at, b.updated_at, o.created_at, v.created_at)::timestamptz::text, v.created_at::timestamptz::text),
           ('deployed_at',
             coalesce(b.deployed_at, o.deployed_at, case when b.status = 'deployed' then coalesce(b.updated_at, b.created_at, o.created_at, v.deployed_at) end)::timestamptz::text,
             v.deployed_at::timestamptz::text),
           ('parent_version_id',
             coalesce(b.parent_version_id, (
               select parent.version_id from public.project_versions parent where parent.version_id = o.parent_version_id
             )), v.parent_version_id),
           ('published_at', coalesce(b.published_at, o.published_at)::timestamptz::text, v.published_at::timestamptz::text),
           ('published_by_user_id', coalesce(b.published_by_user_id, o.published_by_user_id), v.published_by_user_id),
           ('user_comment', coalesce(b.user_comment, o.user_comment), v.user_comment),
           ('soft_deleted_at', coalesce(b.soft_deleted_at, o.soft_deleted_at)::timestamptz::text, v.soft_deleted_at::timestamptz::text),
           ('files_changed', coalesce(b.files_changed, o.files_changed)::text, v.files_changed::text),
           ('lines_added', coalesce(b.lines_added, o.lines_added)::text, v.lines_added::text),
           ('lines_removed', coalesce(b.lines_removed, o.lines_removed)::text, v.lines_removed::text),
           ('build_duration_ms', coalesce(b.build_duration_ms, o.build_duration_ms)::text, v.build_duration_ms::text),
           ('git_commit_sha', coalesce(b.git_commit_sha, o.git_commit_sha), v.git_commit_sha),
           ('git_tag', coalesce(b.git_tag, o.git_tag), v.git_tag),
           ('base_version_id', coalesce(b.base_version_id, o.base_version_id), v.base_version_id),
           ('from_recommendation_id', coalesce(b.from_recommendation_id, o.from_recommendation_id)::text, v.from_recommendation_id::text),
           ('artifact_checksum', coalesce(b.artifact_checksum, o.artifact_checksum, v.artifact_checksum), v.artifact_checksum)
       ) c (name, expected, found)
       where b.version_id > coalesce(p_after, '') and b.version_id <= compare_page.last_key
    ), counted as (
      select c.name, count(*) as versions, count(c.expected) as expected, count(c.found) as found,
             count(*) filter (where c.lost) as lost,
             min(c.version_id) filter (where c.lost) as example
        from compared c
       group by c.name
    )
    select compare_page.last_key, coalesce(max(c.versions), 0), coalesce(jsonb_object_agg(c.name, jsonb_build_object(
             'versions', c.versions, 'expected', c.expected, 'found', c.found, 'lost', c.lost, 'example', c.example
           )), '{}')
      from counted c;
end;
$$;
revoke execute on function
  version_history.report_unplaced_batch, version_history.report_projects_batch, version_history.compare_page
from public;

-- migrate: batched over public.project_versions_metadata
select last_key, rows from version_history.report_unplaced_batch(:after::text, :batch);

-- migrate: batched over public.project_versions
select last_key, rows from version_history.report_projects_batch(:after::text, :batch);

-- Takes away what the takeover has made, but not what it has kept: the backups, the report, its own row. Called once nobody
-- writes to the old table any more.
-- migrate: transaction
create or replace function version_history.end_takeover() returns void
language plpgsql
as $$
begin
  drop trigger if exists project_versions_find_metadata on public.project_versions;
  drop trigger if exists "~project_versions_keep_updated_at" on public.project_versions;
  drop function version_history.carry(text, text, boolean);
  drop function version_history.compare_page(text, bigint);
  drop function version_history.find_metadata();
  drop function version_history.follow_metadata();
  drop function version_history.follow_publication(text, version_history.old_metadata);
  drop function version_history.note_old_writer();
  drop function version_history.keep_updated_at();
  drop function version_history.back_up(text, text);
  drop function version_history.forget_defaults(text, text);
  drop function version_history.own_change_type(text);
  drop function version_history.own_breaking_risk(text);
  drop function version_history.own_checksum(public.project_versions);
  drop function version_history.old_key(text);
  if to_regclass('public.project_versions_metadata') is not null then
    drop function version_history.old_row(public.project_versions_metadata);
  end if;
  drop view version_history.old_metadata;
  drop view version_history.backed_up;
  drop function version_history.end_takeover();
end;
$$;
revoke execute on function version_history.end_takeover from public;
drop function version_history.report_unplaced_batch(text, bigint);
drop function version_history.report_projects_batch(text, bigint);
do $$
begin
  update version_history.takeover set reported_at = clock_timestamp();
  if to_regclass('public.project_versions_metadata') is null then
    perform version_history.end_takeover();
  end if;
end;
$$;
