-- What the version history is read and written with: indexes that fit the queries, and SQL functions where a lock and a
-- fresh look at the data have to happen in one call. A released function never changes: the functions of the previous
-- deployment still call it. A new version stands beside it (..._v2) and a later step drops the old one.

-- Every version is written three times: its build starts, it ends, its metadata comes. Room in each page keeps the later two where the
-- first is, and vacuum comes before the rows changed since the last one are many: counting 50,000 of a project's 100,000 versions with
-- 2 % of them changed reads 2,384 buffers; in full pages, where a changed row moves away, 5,966 (measured).
alter table public.project_versions set (
  fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02
);

-- A project has one owner. Not knowing that, the planner expects one version of every project, and then one index is like another.
create statistics if not exists public.project_versions_owner (dependencies)
  on project_id, user_id from public.project_versions;

-- A history is read newest first, one owner's at a time. What is included lets counting and skipping stay inside the index; versions change
-- status, so no update of them was heap-only before either. The indexes that fit the views of a history one by one come with 008: until a
-- version's metadata is carried over, no index knows what it is.
-- migrate: no transaction
create index concurrently if not exists project_versions_history
  on public.project_versions (project_id, user_id, created_at desc, version_id desc)
  include (is_published, change_type, status);

-- The highest number of a project, read under the numbering lock.
-- migrate: no transaction
create index concurrently if not exists project_versions_numbers
  on public.project_versions (project_id, major_version desc, minor_version desc, patch_version desc)
  where major_version is not null;

-- Deployed versions that still wait for their metadata, oldest first. Small: a row leaves it as soon as it is ready.
-- migrate: no transaction
create index concurrently if not exists project_versions_awaiting_metadata
  on public.project_versions (deployed_at, version_id)
  where metadata_status = 'pending' and status = 'deployed';

-- What an answer may hold of a version: the prompt, the model's document and where the artifact lies are not in it. A role that may
-- read these columns and no others can run everything the API asks; security_invoker lets row-level security see who asks.
-- PostgreSQL folds the view, and the one below it when that is plain, into the statement around it, so it costs nothing.
create view public.version_rows with (security_invoker = true) as
select v.user_id,
       v.project_id,
       v.version_id,
       v.status,
       v.major_version,
       v.minor_version,
       v.patch_version,
       v.prerelease,
       v.version_name,
       v.version_description,
       v.change_type,
       v.created_at,
       v.deployed_at,
       v.is_published,
       v.published_at,
       v.published_by_user_id,
       v.user_comment,
       v.preview_url,
       v.artifact_url is not null as has_artifact,
       v.metadata_status,
       v.metadata_error,
       v.breaking_risk,
       v.auto_classified,
       v.classification_confidence,
       v.classification_reasoning,
       v.parent_version_id,
       v.soft_deleted_at,
       v.files_changed,
       v.lines_added,
       v.lines_removed,
       v.build_duration_ms
  from public.consolidated_versions v;

-- The versions of one owner's project that a view shows; null is a filter that is off. One select and no settings of its own, so
-- PostgreSQL inlines it: with constant arguments every filter that is off folds away and the index of the view fits.
create function public.shown_versions_v1(
  p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean,
  p_type text, p_status text, p_since timestamptz, p_until timestamptz
) returns setof public.version_rows
language sql stable security invoker
as $$
  select v.*
    from public.version_rows v
   where v.project_id = p_project
     and v.user_id = p_user
     and (p_checkpoints or v.change_type is distinct from 'patch')
     and (p_deleted or v.soft_deleted_at is null)
     and (p_published is null or v.is_published = p_published)
     and (p_type is null or v.change_type = p_type)
     and (p_status is null or v.status = p_status)
     and (p_since is null or v.created_at >= p_since)
     and (p_until is null or v.created_at < p_until)
$$;

-- One version as the API's code reads it. Named columns and clipped texts: the Data API refuses an answer over 1 MiB and
-- documents 64 KB for a row; one hundred rows of the longest texts stay below both. created_us is the microseconds a cursor needs.
create function public.version_item_v1(v public.version_rows) returns json
language sql stable security invoker
return json_build_object(
  'version_id', v.version_id,
  'project_id', v.project_id,
  'status', v.status,
  'major_version', v.major_version,
  'minor_version', v.minor_version,
  'patch_version', v.patch_version,
  'prerelease', v.prerelease,
  'version_name', v.version_name,
  'version_description', left(v.version_description, 500),
  'change_type', v.change_type,
  'created_at', v.created_at,
  'created_us', (extract(epoch from v.created_at) * 1000000)::bigint,
  'deployed_at', v.deployed_at,
  'is_published', v.is_published,
  'published_at', v.published_at,
  'published_by_user_id', v.published_by_user_id,
  'user_comment', left(v.user_comment, 500),
  'preview_url', left(v.preview_url, 2048),
  'has_artifact', v.has_artifact,
  'metadata_status', v.metadata_status,
  'metadata_error', left(v.metadata_error, 300),
  'breaking_risk', v.breaking_risk,
  'auto_classified', v.auto_classified,
  'classification_confidence', v.classification_confidence,
  'parent_version_id', v.parent_version_id,
  'soft_deleted_at', v.soft_deleted_at,
  'files_changed', v.files_changed,
  'lines_added', v.lines_added,
  'lines_removed', v.lines_removed
);

-- The version of that id, as it is now: a function that has just written it answers what it wrote.
create function public.read_item_v1(p_version text) returns json
language sql stable security invoker
return (select public.version_item_v1(v) from public.version_rows v where v.version_id = p_version);

-- One page of a history: a row a version, then one row {found, total, resume_us, resume_id}. Not one document: the Data API's
-- documentation limits a row to 64 KB, and a hundred versions weigh more. A page goes on after the key (p_after_us, p_after_id) of the
-- row before it, or after p_offset rows, which are skipped inside the index. total is null unless asked for: counting is what
-- costs. found is false when the project does not exist or is somebody else's; nobody can tell which. p_since_us counts, p_until_us
-- does not.
-- force_custom_plan: with a generic plan the optional filters keep every index from fitting.
create function public.list_versions_v1(
  p_project text, p_user text, p_limit bigint, p_offset bigint, p_after_us bigint, p_after_id text,
  p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text,
  p_since_us bigint, p_until_us bigint, p_text text, p_total boolean
) returns setof json
language plpgsql stable security invoker
set plan_cache_mode = force_custom_plan
as $$
declare
  -- How many versions a search looks at in one request: their texts are in the table, not in an index. 2,000 take 10 ms.
  search_rows constant bigint := 2000;
  since timestamptz := timestamptz 'epoch' + p_since_us * interval '1 microsecond';
  until timestamptz := timestamptz 'epoch' + p_until_us * interval '1 microsecond';
  -- Everything before "until" comes after the key (until, ''): an upper bound beside the key would have the scan start at the top.
  after_at timestamptz := coalesce(until, 'infinity');
  after_id text := '';
  shown bigint;
  total bigint;
  known boolean := true;
  resume record;
begin
  perform set_config('app.user_id', p_user, true);

  if p_after_us is not null then
    after_at := timestamptz 'epoch' + p_after_us * interval '1 microsecond';
    after_id := p_after_id;
  elsif p_offset > 0 then
    select v.created_at, v.version_id
      into after_at, after_id
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, until) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset p_offset - 1;
  end if;

  if p_text is not null then
    return query
    select public.version_item_v1(v)
      from (select walked.*
              from public.shown_versions_v1(
                     p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, null) walked
             where (walked.created_at, walked.version_id) < (after_at, after_id)
             order by walked.created_at desc, walked.version_id desc
             limit search_rows) v
     where (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (strpos(lower(v.version_name), lower(p_text)) > 0
            or strpos(lower(v.version_description), lower(p_text)) > 0)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  elsif p_type is not null or p_status is not null then
    -- Found inside the index, fetched by id: a type may be as rare as one in the whole project.
    return query
    select public.version_item_v1(v)
      from (select found.version_id
              from public.shown_versions_v1(
                     p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, null) found
             where (found.created_at, found.version_id) < (after_at, after_id)
             order by found.created_at desc, found.version_id desc
             limit p_limit) page
      join public.version_rows v on v.version_id = page.version_id
     order by v.created_at desc, v.version_id desc;
  else
    return query
    select public.version_item_v1(v)
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, null, null, since, null) v
     where (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  end if;
  get diagnostics shown = row_count;

  -- Where a search goes on that has not filled its page: after the last version it looked at.
  if p_text is not null and shown < p_limit then
    select (extract(epoch from v.created_at) * 1000000)::bigint as us, v.version_id as id
      into resume
      from public.shown_versions_v1(p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, null) v
     where (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit 1 offset search_rows - 1;
  else
    select null::bigint as us, null::text as id into resume;
  end if;

  if p_total then
    select count(*)
      into total
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, until);
  end if;

  -- In order, because of a project with a fifth of all versions the planner expects to meet one soon wherever it starts to read.
  if shown = 0 then
    perform
       from public.version_rows v
      where v.project_id = p_project and v.user_id = p_user
      order by v.created_at desc, v.version_id desc
      limit 1;
    known := found;
  end if;
  return next json_build_object(
    'found', known,
    'total', total,
    'resume_us', resume.us,
    'resume_id', resume.id
  );
end;
$$;

-- The one lock of a project: taken by whoever numbers a version or creates a project's first one.
create function public.lock_project_v1(p_project text) returns void
language sql volatile security invoker
return pg_advisory_xact_lock(hashtextextended(p_project, 7310));

-- The same, taken by whoever changes one version and looks at its project's others: what is published, the highest number. As long as
-- metadata is being carried over, it also brings along what decides these (007).
create function public.lock_version_v1(p_project text, p_version text) returns void
language sql volatile security invoker
return public.lock_project_v1(p_project);

-- Records that a build has started; the version is visible from here on. p_build has the row's columns as keys.
-- Answers {outcome, version}: created; repeated (the same build was recorded before: a retry after an answer that got
-- lost); version_exists (the id is another build's); owned_by_another (a project has one owner, whoever came first);
-- unknown_parent (the parent is no version of this project and owner; some databases have a foreign key as well).
create function public.create_version_v1(p_build jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  build public.project_versions := jsonb_populate_record(null::public.project_versions, p_build);
  recorded public.project_versions;
begin
  perform public.lock_project_v1(build.project_id);

  select v.* into recorded from public.project_versions v where v.version_id = build.version_id;
  if found then
    return json_build_object(
      'outcome',
      case
        when (recorded.project_id, recorded.user_id, recorded.prompt)
          = (build.project_id, build.user_id, build.prompt) then 'repeated'
        else 'version_exists'
      end,
      'version', public.read_item_v1(recorded.version_id)
    );
  end if;

  -- A legacy project may have several owners; each of them goes on as one.
  if exists (select from public.project_versions v where v.project_id = build.project_id)
    and not exists (
      select from public.project_versions v where v.project_id = build.project_id and v.user_id = build.user_id
    )
  then
    return json_build_object('outcome', 'owned_by_another');
  end if;

  if build.parent_version_id is not null and not exists (
    select from public.project_versions v
     where v.version_id = build.parent_version_id
       and v.project_id = build.project_id and v.user_id = build.user_id
  ) then
    return json_build_object('outcome', 'unknown_parent');
  end if;

  insert into public.project_versions (
    project_id, version_id, user_id, status, metadata_status, created_at, updated_at,
    prompt, enhanced_prompt, prompt_metadata, framework, parent_version_id, base_snapshot_id,
    node_version, pnpm_version, ai_session_id, ai_session_created_at
  ) values (
    build.project_id, build.version_id, build.user_id, 'building', 'pending', coalesce(build.created_at, now()), now(),
    build.prompt, build.enhanced_prompt, build.prompt_metadata, build.framework, build.parent_version_id,
    build.base_snapshot_id, build.node_version, build.pnpm_version, build.ai_session_id,
    case when build.ai_session_id is not null then now() at time zone 'utc' end
  )
  on conflict (version_id) do nothing
  returning * into recorded;
  -- Only the same id under another project, at the same moment, gets here without a row.
  if recorded.version_id is null then
    return json_build_object('outcome', 'version_exists');
  end if;
  return json_build_object('outcome', 'created', 'version', public.read_item_v1(recorded.version_id));
end;
$$;

-- Records how a build ended. p_report has the row's columns as keys, status first of all (deployed or failed).
-- Answers {outcome, version}: recorded; repeated (this very report was recorded before); not_found;
-- already_ended (the build ended otherwise, or with other facts).
create function public.record_build_end_v1(p_project text, p_version text, p_report jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  report public.project_versions := jsonb_populate_record(null::public.project_versions, p_report);
  recorded public.project_versions;
begin
  select v.* into recorded
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project
     for update;
  if not found then
    return json_build_object('outcome', 'not_found');
  end if;

  -- A report without a moment of its own is repeated with another one: the moment is not part of what it says.
  if recorded.status <> 'building' then
    return json_build_object(
      'outcome',
      case when to_jsonb(recorded) @> (p_report - 'deployed_at') then 'repeated' else 'already_ended' end,
      'version', public.read_item_v1(recorded.version_id)
    );
  end if;

  update public.project_versions v
     set status = report.status,
         -- A build that began before this column existed and deploys after it awaits metadata like any other.
         metadata_status = case
           when report.status = 'failed' then 'none'
           when v.metadata_status = 'none' and v.change_type is null then 'pending'
           else v.metadata_status
         end,
         deployed_at = case when report.status = 'deployed' then coalesce(report.deployed_at, now()) end,
         preview_url = coalesce(report.preview_url, v.preview_url),
         artifact_url = coalesce(report.artifact_url, v.artifact_url),
         artifact_size = coalesce(report.artifact_size, v.artifact_size),
         artifact_checksum = coalesce(report.artifact_checksum, v.artifact_checksum),
         cf_deployment_id = coalesce(report.cf_deployment_id, v.cf_deployment_id),
         build_duration_ms = coalesce(report.build_duration_ms, v.build_duration_ms),
         install_duration_ms = coalesce(report.install_duration_ms, v.install_duration_ms),
         deploy_duration_ms = coalesce(report.deploy_duration_ms, v.deploy_duration_ms),
         output_size_bytes = coalesce(report.output_size_bytes, v.output_size_bytes),
         files_changed = coalesce(report.files_changed, v.files_changed),
         lines_added = coalesce(report.lines_added, v.lines_added),
         lines_removed = coalesce(report.lines_removed, v.lines_removed),
         git_commit_sha = coalesce(report.git_commit_sha, v.git_commit_sha),
         git_tag = coalesce(report.git_tag, v.git_tag),
         updated_at = now()
   where v.version_id = p_version
  returning v.* into recorded;
  return json_build_object('outcome', 'recorded', 'version', public.read_item_v1(recorded.version_id));
end;
$$;
