-- The way back from every state before the old table is dropped: `npm run migrate -- rollback`. No migration: a deployment never runs it.
-- What this system knows goes back to project_versions_metadata, row by row, and out of the new columns, so that the old code finds everything where it
-- looks, and a later deployment begins as the first one did. The columns, the tables and the functions stay: they are in nobody's way, and functions of this
-- system that still run read through the bridge. Users should be back at the old system before.

-- Readers look into the old table from here on, and the next deployment carries everything over again.
do $$
begin
  if to_regclass('public.project_versions_metadata') is null and to_regclass('public.project_versions_consolidation') is not null then
    raise exception 'the old table is dropped: there is no way back; project_versions_metadata_backup has its rows as they were';
  end if;
  if to_regprocedure('public.project_versions_bridge()') is not null then
    perform public.project_versions_bridge();
    update public.project_versions_consolidation set backfilled_at = null;
  end if;
  delete from public.project_versions_migrations
   where name in (
     '001_version_columns.sql', '007_follow_the_old_table.sql', '008_consolidate.sql', '009_drop_the_old_table.sql'
   );
end;
$$;

-- A batch of versions, by key. What the old table has no room for (a longer id, a number without a type) stays, and is listed.
create or replace function public.project_versions_carry_back_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
begin
  perform set_config('project_versions.carries_back', 'on', true), set_config('project_versions.keep_updated_at', 'on', true);
  -- Broken off before anything could be carried over.
  if to_regprocedure('public.project_versions_carry(text)') is null then
    return next;
    return;
  end if;
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
    where v.version_id > coalesce(p_after, '') and v.version_id <= last_key and v.metadata_status = 'ready'
    order by v.version_id
      for no key update;
  with moved as (
    insert into public.project_versions_metadata as m (
      version_id, project_id, user_id, major_version, minor_version, patch_version, prerelease, version_name, version_description,
      change_type, breaking_risk, auto_classified, classification_confidence, classification_reasoning, parent_version_id,
      base_version_id, from_recommendation_id, files_changed, lines_added, lines_removed, build_duration_ms, git_commit_sha,
      git_tag, is_published, published_at, published_by_user_id, user_comment, soft_deleted_at, created_at
    )
    select v.version_id, v.project_id, v.user_id, v.major_version, coalesce(v.minor_version, 0), coalesce(v.patch_version, 0),
           v.prerelease, v.version_name, v.version_description, coalesce(v.change_type, old.change_type), v.breaking_risk, v.auto_classified,
           v.classification_confidence, v.classification_reasoning,
           case when length(v.parent_version_id) <= 26 then v.parent_version_id end,
           v.base_version_id,
           v.from_recommendation_id, v.files_changed, v.lines_added, v.lines_removed, v.build_duration_ms, v.git_commit_sha,
           v.git_tag, v.is_published, v.published_at, v.published_by_user_id, v.user_comment, v.soft_deleted_at, v.created_at
      from public.project_versions v
      left join public.project_versions_metadata old on old.version_id = v.version_id::bpchar
     where v.version_id > coalesce(p_after, '') and v.version_id <= last_key
       and v.metadata_status = 'ready' and v.major_version is not null and coalesce(v.change_type, old.change_type) is not null
       and length(v.version_id) <= 26 and length(v.project_id) <= 255 and length(v.user_id) <= 255
       and coalesce(length(v.version_name), 0) <= 100 and coalesce(length(v.base_version_id), 0) <= 26
       and coalesce(length(v.prerelease), 0) <= 50 and coalesce(length(v.breaking_risk), 0) <= 10
       and coalesce(length(v.git_commit_sha), 0) <= 255 and coalesce(length(v.git_tag), 0) <= 100
       and coalesce(length(v.published_by_user_id), 0) <= 255
        on conflict (version_id) do update
           set major_version = excluded.major_version,
               minor_version = excluded.minor_version,
               patch_version = excluded.patch_version,
               prerelease = excluded.prerelease,
               version_name = excluded.version_name,
               version_description = excluded.version_description,
               change_type = excluded.change_type,
               breaking_risk = excluded.breaking_risk,
               auto_classified = excluded.auto_classified,
               classification_confidence = excluded.classification_confidence,
               classification_reasoning = excluded.classification_reasoning,
               -- What has no version was not carried over, and stays as it was.
               parent_version_id = coalesce(excluded.parent_version_id, m.parent_version_id),
               base_version_id = coalesce(excluded.base_version_id, m.base_version_id),
               from_recommendation_id = excluded.from_recommendation_id,
               files_changed = excluded.files_changed,
               lines_added = excluded.lines_added,
               lines_removed = excluded.lines_removed,
               -- The version's own, where it had one, was never the old table's.
               build_duration_ms = coalesce(m.build_duration_ms, excluded.build_duration_ms),
               git_commit_sha = excluded.git_commit_sha,
               git_tag = excluded.git_tag,
               is_published = excluded.is_published,
               published_at = excluded.published_at,
               published_by_user_id = excluded.published_by_user_id,
               user_comment = excluded.user_comment,
               soft_deleted_at = excluded.soft_deleted_at
         where m.project_id = excluded.project_id and m.user_id = excluded.user_id
    returning m.version_id::text as version_id
  )
  update public.project_versions v
     set major_version = null, minor_version = null, patch_version = null, prerelease = null,
         version_name = null, version_description = null, change_type = null, breaking_risk = null, auto_classified = null,
         classification_confidence = null, classification_reasoning = null, base_version_id = null,
         from_recommendation_id = null, files_changed = null, lines_added = null, lines_removed = null,
         git_commit_sha = null, git_tag = null, is_published = false, published_at = null, published_by_user_id = null,
         user_comment = null, soft_deleted_at = null, metadata_status = 'none', metadata_error = null,
         metadata_generator = null, metadata_ms = null, metadata_attempts = 0, metadata_delivery = null, metadata_requested_at = null,
         metadata_queued_at = null, metadata_requeues = 0
    from moved
   where v.version_id = moved.version_id;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'not_carried_back', v.project_id, v.version_id,
         jsonb_build_object('metadata_status', v.metadata_status, 'is_published', v.is_published)
    from public.project_versions v
   where v.version_id > coalesce(p_after, '') and v.version_id <= last_key
     and (v.metadata_status = 'ready' or v.is_published or v.soft_deleted_at is not null)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;
  return next;
end;
$$;

-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_carry_back_batch(:after, :batch);

-- What has been written meanwhile by functions of this system.
-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_carry_back_batch(:after, :batch);

-- The old table is alone again; whoever was bound by row-level security is bound again.
-- migrate: transaction
drop function public.project_versions_carry_back_batch(text, bigint);
drop trigger if exists project_versions_follow on public.project_versions_metadata;
drop trigger if exists project_versions_keep on public.project_versions_metadata;
drop trigger if exists project_versions_find_metadata on public.project_versions;
do $$
declare
  state record;
begin
  if to_regclass('public.project_versions_consolidation') is null then
    return;
  end if;
  select * into state from public.project_versions_consolidation;
  if state.versions_forced_row_security then
    alter table public.project_versions force row level security;
  end if;
  if state.metadata_forced_row_security then
    alter table public.project_versions_metadata force row level security;
  end if;
end;
$$;
