-- Versions are listed and read, and builds record their start and their end. The statements of the functions go here: SQL functions
-- where a lock and a fresh look at the data have to happen in one call. Names are qualified, whatever the search_path is.
--
-- From here on a function that is released never changes: the functions of the previous deployment still call it. A new one stands
-- beside it, and a later step drops the old one.

-- What an answer may hold of a version: the prompt, the model's document and where the artifact lies are not in it. A role that may
-- read these columns and no others can run everything the API asks; security_invoker lets row-level security see who asks.
-- PostgreSQL folds the view into the statement around it, so it costs nothing. Texts are text, however an old table declares them.
-- deleted is a key of the two indexes of the history and milestone the predicate of one, word for word.
create view version_history.versions with (security_invoker = true) as
select v.user_id,
       v.project_id,
       v.version_id,
       v.status::text as status,
       v.major_version,
       v.minor_version,
       v.patch_version,
       v.prerelease::text as prerelease,
       v.version_name::text as version_name,
       v.version_description::text as version_description,
       v.change_type::text as change_type,
       v.created_at,
       v.deployed_at,
       v.is_published,
       v.published_at,
       v.published_by_user_id::text as published_by_user_id,
       v.user_comment::text as user_comment,
       v.preview_url::text as preview_url,
       v.artifact_url is not null as has_artifact,
       v.metadata_status,
       v.metadata_error,
       v.breaking_risk::text as breaking_risk,
       v.auto_classified,
       v.classification_confidence::numeric as classification_confidence,
       v.classification_reasoning::text as classification_reasoning,
       v.parent_version_id::text as parent_version_id,
       v.soft_deleted_at,
       v.files_changed,
       v.lines_added,
       v.lines_removed,
       case when v.soft_deleted_at is null then 0 else 1 end as deleted,
       v.change_type is distinct from 'patch' or v.is_published as milestone
  from public.project_versions v;
grant select on version_history.versions to project_versions_api, project_versions_worker;

-- The first p_limit versions after a key that a view of a history shows, newest first; null is a filter that is off. One select and no
-- settings of its own, so PostgreSQL inlines it: with constant arguments every filter and every range that is off folds away. Each range is
-- read in its order and no further than it is asked for, and the two are merged.
create function version_history.shown_versions(
  p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_since timestamptz,
  p_after_at timestamptz, p_after_id text, p_limit bigint
) returns setof version_history.versions
language sql stable security invoker
as $$
  (select v.*
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 0
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
  union all
  (select v.*
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 1 and p_deleted
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
   order by created_at desc, version_id desc
   limit p_limit
$$;

-- The keys of such versions alone, which are found inside an index, also by type and status.
create function version_history.shown_keys(
  p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text,
  p_since timestamptz, p_after_at timestamptz, p_after_id text, p_limit bigint
) returns table (created_at timestamptz, version_id text)
language sql stable security invoker
as $$
  (select v.created_at, v.version_id
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 0
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_type is null or v.change_type = p_type)
      and (p_status is null or v.status = p_status)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
  union all
  (select v.created_at, v.version_id
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 1 and p_deleted
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_type is null or v.change_type = p_type)
      and (p_status is null or v.status = p_status)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
   order by created_at desc, version_id desc
   limit p_limit
$$;

-- One version as the API's code reads it. Named columns and clipped texts: the Data API documents 64 KB for a row. created_us is the
-- microseconds a cursor needs.
create function version_history.version_item(v version_history.versions) returns json
language sql stable security invoker
return json_build_object(
  'version_id', v.version_id,
  'project_id', v.project_id,
  'status', v.status,
  'major_version', v.major_version,
  'minor_version', v.minor_version,
  'patch_version', v.patch_version,
  'prerelease', v.prerelease,
  'version_name', left(v.version_name, 500),
  'version_description', left(v.version_description, 500),
  'change_type', v.change_type,
  'created_at', v.created_at::timestamptz,
  'created_us', (extract(epoch from v.created_at) * 1000000)::bigint,
  'deployed_at', v.deployed_at::timestamptz,
  'is_published', v.is_published,
  'published_at', v.published_at::timestamptz,
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
  'soft_deleted_at', v.soft_deleted_at::timestamptz,
  'files_changed', v.files_changed,
  'lines_added', v.lines_added,
  'lines_removed', v.lines_removed
);

-- What a write answers: its outcome, and the version as it is now.
create function version_history.written_version(p_outcome text, p_version text) returns json
language sql stable security invoker
return json_build_object('outcome', p_outcome, 'version', (
  select version_history.version_item(v) from version_history.versions v where v.version_id = p_version
));

-- A page of a history in any view, with any filter; null is a filter that is off. Answers as list_versions does. A page goes on after the key
-- (p_after_us, p_after_id) of the row before it, or after p_offset rows, which are skipped inside the index. resume_us and resume_id also
-- say where a search goes on that has not filled its page. p_since_us counts, p_until_us does not.
-- force_custom_plan: with a generic plan the optional filters keep every index from fitting. cursor_tuple_fraction: the cursor is read to its
-- end; the planner expects a tenth, and then walks the history for what few versions have.
create function version_history.list_filtered_versions(
  p_project text, p_user text, p_limit bigint, p_offset bigint, p_after_us bigint, p_after_id text,
  p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text,
  p_since_us bigint, p_until_us bigint, p_text text, p_total boolean
) returns setof json
language plpgsql stable security invoker
set plan_cache_mode = force_custom_plan
set cursor_tuple_fraction = 1
as $$
declare
  -- How many versions a search looks at in one request: their texts are in the table, not in an index. 2,000 take 10 ms.
  search_rows constant bigint := 2000;
  since timestamptz := timestamptz 'epoch' + p_since_us * interval '1 microsecond';
  until timestamptz := timestamptz 'epoch' + p_until_us * interval '1 microsecond';
  -- Everything before "until" comes after the key (until, ''): an upper bound beside the key would have the scan start at the top.
  after_at timestamptz := coalesce(until, 'infinity');
  after_id text := '';
  page refcursor;
  item json;
  last json;
  bytes bigint := 0;
  shown bigint := 0;
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
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, after_at, after_id, p_offset) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset p_offset - 1;
  end if;

  if p_text is not null then
    open page for
    select version_history.version_item(v)
      from version_history.shown_versions(
             p_project, p_user, p_checkpoints, p_deleted, null, since, after_at, after_id, search_rows) v
     where (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (strpos(lower(v.version_name), lower(p_text)) > 0
            or strpos(lower(v.version_description), lower(p_text)) > 0)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  elsif p_type is not null or p_status is not null then
    -- Found inside the index, fetched by id: a type may be as rare as one in the whole project.
    open page for
    select version_history.version_item(v)
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, after_at, after_id, p_limit) key
      join version_history.versions v on v.version_id = key.version_id
     order by v.created_at desc, v.version_id desc;
  else
    open page for
    select version_history.version_item(v)
      from version_history.shown_versions(
             p_project, p_user, p_checkpoints, p_deleted, p_published, since, after_at, after_id, p_limit) v
     order by v.created_at desc, v.version_id desc;
  end if;
  loop
    fetch page into item;
    exit when not found;
    return next item;
    shown := shown + 1;
    last := item;
    bytes := bytes + octet_length(to_json(item::text)::text);
    exit when bytes > 900000;
  end loop;
  close page;

  if bytes > 900000 then
    select (last ->> 'created_us')::bigint as us, last ->> 'version_id' as id into resume;
  -- Where a search goes on that has not filled its page: after the last version it looked at.
  elsif p_text is not null and shown < p_limit then
    select (extract(epoch from v.created_at) * 1000000)::bigint as us, v.version_id as id
      into resume
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, after_at, after_id, search_rows) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset search_rows - 1;
  else
    select null::bigint as us, null::text as id into resume;
  end if;

  if p_total then
    select count(*)
      into total
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user
       and v.deleted = any (case when p_deleted then array[0, 1] else array[0] end)
       and (p_checkpoints or v.milestone)
       and (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (since is null or v.created_at >= since)
       and (until is null or v.created_at < until);
  end if;

  -- In order, because of a project with a fifth of all versions the planner expects to meet one soon wherever it starts to read.
  if shown = 0 then
    perform
       from version_history.versions v
      where v.project_id = p_project and v.user_id = p_user
      order by v.deleted, v.created_at desc, v.version_id desc
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

-- One page of a history in its default view: a row a version, then one row {found, total, resume_us, resume_id}. Not one document: the Data
-- API's documentation limits a row to 64 KB, and a hundred versions weigh more. A page goes on after the key (p_after_us, p_after_id) of
-- the row before it. A page ends early before the Data API would refuse it for its 1 MiB of JSON, in which a control character of an old
-- text takes seven bytes; resume_us and resume_id are then the key of its last row. total is null unless asked for: counting is what costs. found is false when the project does not exist or is
-- somebody else's; nobody can tell which.
-- Nearly every request is this one. It is planned once a session: planning takes longer than reading a page (1.0 ms a page instead of
-- 2.4, measured). The settings leave the planner one way, down project_versions_default_view, whatever it believes of the tenant.
create function version_history.list_versions(
  p_project text, p_user text, p_limit bigint, p_after_us bigint, p_after_id text, p_total boolean
) returns setof json
language plpgsql stable security invoker
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
as $$
declare
  after_at timestamptz := coalesce(timestamptz 'epoch' + p_after_us * interval '1 microsecond', 'infinity');
  after_id text := coalesce(p_after_id, '');
  item json;
  bytes bigint := 0;
  known boolean := true;
  total bigint;
begin
  perform set_config('app.user_id', p_user, true);
  for item in
    select version_history.version_item(v)
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user and v.deleted = 0 and v.milestone
       and (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit p_limit
  loop
    return next item;
    bytes := bytes + octet_length(to_json(item::text)::text);
    exit when bytes > 900000;
  end loop;
  if bytes = 0 then
    known := exists (select from version_history.versions v where v.project_id = p_project and v.user_id = p_user);
  end if;
  if p_total then
    select count(*)
      into total
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user and v.deleted = 0 and v.milestone;
  end if;
  return next json_build_object(
    'found', known, 'total', total,
    'resume_us', case when bytes > 900000 then (item ->> 'created_us')::bigint end,
    'resume_id', case when bytes > 900000 then item ->> 'version_id' end
  );
end;
$$;

-- One version: a row with its details; when it has recommendations, a row with their document without them, and a row each, so
-- that no row comes near the 64 KB the Data API documents. Prompts only with p_prompts. No row at all: there is no such version.
create function version_history.read_version(
  p_project text, p_version text, p_user text, p_prompts boolean
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', version_history.version_item(r),
           'full_description', left(r.version_description, 5000),
           'reasoning', left(r.classification_reasoning, 1000),
           'generator', v.metadata_generator,
           'attempts', v.metadata_attempts,
           'ms', v.metadata_ms,
           'install_ms', v.install_duration_ms,
           'build_ms', v.build_duration_ms,
           'deploy_ms', v.deploy_duration_ms
         )
    from version_history.versions r
    join public.project_versions v on v.version_id = r.version_id
   where r.version_id = p_version and r.project_id = p_project and r.user_id = p_user;
  if found then
    return query
    select (r.document - 'recommendations')::json
      from version_history.recommendations r
     where r.version_id = p_version and r.user_id = p_user;
    return query
    select (case when p_prompts then one.value else one.value - 'prompt' end)::json
      from version_history.recommendations r,
           jsonb_array_elements(r.document -> 'recommendations') with ordinality one (value, position)
     where r.version_id = p_version and r.user_id = p_user
     order by one.position;
  end if;
end;
$$;

-- The one lock of a project: taken by whoever numbers or publishes a version, or creates a project's first one. Whoever changes many
-- projects takes the locks in the order of their keys, so that no two wait for each other in a circle. A second is when
-- PostgreSQL begins to look for circles and ends whom it likes; whoever waits here steps back before, and comes again.
-- On behalf of a user it is taken only where p_version is a version of theirs: nobody holds up a project of somebody else. Answers whether.
create function version_history.lock_project(p_project text, p_version text default null, p_user text default null) returns boolean
language plpgsql volatile security invoker
as $$
begin
  if p_user is not null and not exists (
    select from public.project_versions v
     where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user
  ) then
    return false;
  end if;
  perform set_config('lock_timeout', '500ms', true);
  perform pg_advisory_xact_lock(hashtextextended(p_project, 7310));
  return true;
end;
$$;

-- A request with an idempotency key begins here. p_once is {route, key, hash} or null. Answers null when the work is to be done,
-- {outcome: key_reused} when the key came with another request, else the kept answer with replayed = true. The lock makes a
-- second request with the key wait for the first; it is always taken before a project's lock, so no two wait for each other.
create function version_history.begin_once(p_caller text, p_once jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  kept record;
begin
  if p_once is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(
    hashtextextended(jsonb_build_array(p_caller, p_once -> 'route', p_once -> 'key')::text, 7311)
  );
  select k.request_hash, k.answer
    into kept
    from version_history.idempotency_keys k
   where k.caller = p_caller
     and k.route = p_once ->> 'route'
     and k.key = p_once ->> 'key'
     and k.created_at > clock_timestamp() - interval '24 hours';
  if not found then
    return null;
  elsif kept.request_hash <> p_once ->> 'hash' then
    return json_build_object('outcome', 'key_reused');
  end if;
  return kept.answer::jsonb || jsonb_build_object('replayed', true);
end;
$$;

-- Forgets a few answers older than a day, of anyone: hence as the owner of the table, whom row-level security does not bind.
-- A few at a time, and none that another request is just forgetting, so that nobody pays for all.
create function version_history.forget_old_keys() returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from version_history.idempotency_keys
   where (caller, route, key) in (
     select k.caller, k.route, k.key
       from version_history.idempotency_keys k
      where k.created_at < clock_timestamp() - interval '24 hours'
      order by k.created_at
      limit 5
        for update skip locked
   )
$$;

-- A request with an idempotency key ends here, when it succeeds: the answer is kept under the key, and answered.
create function version_history.end_once(p_caller text, p_once jsonb, p_answer json) returns json
language plpgsql volatile security invoker
as $$
begin
  if p_once is not null then
    perform version_history.forget_old_keys();
    insert into version_history.idempotency_keys as k (caller, route, key, request_hash, answer, created_at)
    values (p_caller, p_once ->> 'route', p_once ->> 'key', p_once ->> 'hash', p_answer, clock_timestamp())
    on conflict (caller, route, key) do update
      set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at;
  end if;
  return p_answer;
end;
$$;

-- Records that a build has started; the version is visible from here on. p_build has the row's columns as keys.
-- Answers {outcome, version}: created; repeated (the same build was recorded before: a retry after an answer that got
-- lost); version_exists (the id is another build's); owned_by_another (a project has one owner, whoever came first);
-- unknown_parent (the parent is no version of this project and owner; some databases have a foreign key as well).
create function version_history.create_version(p_build jsonb, p_once jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  build public.project_versions := jsonb_populate_record(null::public.project_versions, p_build);
  answer json := version_history.begin_once(build.user_id, p_once);
  recorded record;
begin
  if answer is not null then
    return answer;
  end if;
  perform version_history.lock_project(build.project_id);

  select v.project_id, v.user_id, v.prompt into recorded from public.project_versions v where v.version_id = build.version_id;
  if found then
    if (recorded.project_id, recorded.user_id, recorded.prompt) <> (build.project_id, build.user_id, build.prompt) then
      return json_build_object('outcome', 'version_exists');
    end if;
    return version_history.end_once(build.user_id, p_once, version_history.written_version('repeated', build.version_id));
  end if;

  -- A project of the old system may have several owners; each of them goes on as one.
  if exists (select from public.project_versions v where v.project_id = build.project_id)
    and not exists (
      select from public.project_versions v where v.project_id = build.project_id and v.user_id = build.user_id
    )
  then
    return json_build_object('outcome', 'owned_by_another');
  end if;

  if build.parent_version_id is not null and not exists (
    select from public.project_versions v
     where v.version_id = build.parent_version_id::text
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
  on conflict (version_id) do nothing;
  -- Only the same id under another project, at the same moment, gets here without a row.
  if not found then
    return json_build_object('outcome', 'version_exists');
  end if;
  return version_history.end_once(build.user_id, p_once, version_history.written_version('created', build.version_id));
end;
$$;

-- Records how a build ended. p_report has the row's columns as keys, status first of all (deployed or failed). A deployed version
-- waits for its metadata from here on.
-- Answers {outcome, version}: recorded; repeated (this very report was recorded before); not_found;
-- already_ended (the build ended otherwise, or with other facts).
create function version_history.record_build_end(p_project text, p_version text, p_report jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  report public.project_versions := jsonb_populate_record(null::public.project_versions, p_report);
  recorded public.project_versions;
  metadata text;
begin
  select v.* into recorded
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project
     for update;
  if not found then
    return json_build_object('outcome', 'not_found');
  end if;

  if recorded.status <> 'building' then
    -- A report without a moment of its own is repeated with another one: the moment is not part of what it says.
    if not to_jsonb(recorded) @> (p_report - 'deployed_at') then
      return version_history.written_version('already_ended', p_version);
    end if;
    -- Whoever repeats a report sends the message again.
    update public.project_versions v
       set metadata_requested_at = coalesce(v.metadata_requested_at, now()), metadata_queued_at = now()
     where v.version_id = p_version and v.status = 'deployed' and v.metadata_status = 'pending';
    return version_history.written_version('repeated', p_version);
  end if;

  metadata := case
    when report.status = 'failed' then 'none'
    -- A build of the old system that began before this column existed awaits metadata like any other.
    when recorded.metadata_status = 'none' and recorded.change_type is null then 'pending'
    else recorded.metadata_status
  end;
  update public.project_versions v
     set status = report.status,
         metadata_status = metadata,
         metadata_requested_at = case when metadata = 'pending' then coalesce(v.metadata_requested_at, now()) else v.metadata_requested_at end,
         metadata_queued_at = case when metadata = 'pending' then now() else v.metadata_queued_at end,
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
         git_tag = coalesce(report.git_tag, v.git_tag)
   where v.version_id = p_version;
  return version_history.written_version('recorded', p_version);
end;
$$;

revoke execute on all functions in schema version_history from public;
grant execute on function
  version_history.shown_versions, version_history.shown_keys, version_history.version_item, version_history.written_version,
  version_history.list_versions,
  version_history.list_filtered_versions,
  version_history.read_version, version_history.lock_project, version_history.begin_once, version_history.forget_old_keys,
  version_history.end_once
to project_versions_api;
grant execute on function
  version_history.version_item, version_history.written_version, version_history.lock_project, version_history.begin_once,
  version_history.forget_old_keys, version_history.end_once, version_history.create_version, version_history.record_build_end
to project_versions_worker;
