-- What a user may do to a version: publish, unpublish, roll back, edit, delete, restore; and the log of publications. Each function is
-- one call and one transaction: it takes the project's lock and looks afterwards, so that what it decides on is what is there. A version
-- of somebody else's is not_found, like one that does not exist.

-- Why a version can be neither published nor rolled back to; null when it can.
create function version_history.unusable(p_status text, p_artifact_url text, p_deleted_at timestamptz) returns text
language sql immutable parallel safe
return case
  when p_deleted_at is not null then 'deleted'
  when p_status <> 'deployed' then 'not_deployed'
  when p_artifact_url is null then 'artifact_missing'
end;

-- Publishes a version instead of the one that is. p_change: {comment?, expected?}, expected being the version the caller
-- takes for published, or JSON null for none. Outcomes: published; repeated (it was published already: a retry may meet its
-- own commit, so this comes before the expectation); not_found, deleted, not_deployed, artifact_missing; published_elsewhere
-- (with published_version_id).
create function version_history.publish_version(
  p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb
) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  target record;
  live text;
  moment timestamptz;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  select v.is_published, v.soft_deleted_at,
         version_history.unusable(v.status::text, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.is_published and target.soft_deleted_at is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
  elsif target.unusable is not null then
    return json_build_object('outcome', target.unusable);
  end if;

  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if p_change -> 'expected' is not null and p_change ->> 'expected' is distinct from live then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  begin
    update public.project_versions v
       set is_published = false
     where v.version_id = live;
    update public.project_versions v
       set is_published = true,
           published_at = moment,
           published_by_user_id = p_user,
           user_comment = coalesce(p_change ->> 'comment', v.user_comment)
     where v.version_id = p_version;
  exception when unique_violation then
    -- A version of the project's other owner, or published this moment by code that takes no lock: both only in old projects.
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', null);
  end;
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'published', p_version, live, p_change ->> 'comment', moment);
  return version_history.end_once(p_user, p_once, version_history.written_version('published', p_version));
end;
$$;

-- Takes a version off. p_change: {comment?}. When and by whom it was published stays in the row. Outcomes: unpublished;
-- repeated (nothing is published); not_found; published_elsewhere (another one is, with published_version_id).
create function version_history.unpublish_project(
  p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb
) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  live text;
  moment timestamptz;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if live is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
  elsif live <> p_version then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  update public.project_versions v
     set is_published = false
   where v.version_id = p_version;
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'unpublished', p_version, p_version, p_change ->> 'comment', moment);
  return version_history.end_once(p_user, p_once, version_history.written_version('unpublished', p_version));
end;
$$;

-- Makes a new version of an old one's artifact; it is not published by this. p_new is its id, minted before the call, so that
-- a call that is repeated finds what it made. It gets the number after the highest, and waits for no metadata. Outcomes:
-- created; repeated; not_found, deleted, not_deployed, artifact_missing; published (that is what is live).
create function version_history.rollback_version(
  p_project text, p_version text, p_user text, p_new text, p_change jsonb, p_once jsonb
) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  target record;
  next record;
  moment timestamptz;
  title text;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  if exists (
    select from public.project_versions v
     where v.version_id = p_new and v.project_id = p_project and v.user_id = p_user
  ) then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_new));
  end if;
  select v.is_published, v.preview_url, v.artifact_url, v.artifact_size, v.artifact_checksum, v.framework,
         v.major_version, v.minor_version, v.patch_version, v.prerelease,
         version_history.unusable(v.status::text, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.unusable is not null then
    return json_build_object('outcome', target.unusable);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;

  select n.* into next from version_history.next_number(p_project, 'patch', null, null, null, null) n;
  title := 'Rollback to ' || case
    when target.major_version is null then p_version
    else concat_ws('.', target.major_version, target.minor_version, target.patch_version)
      || coalesce('-' || nullif(target.prerelease, ''), '')
  end;

  insert into public.project_versions (
    project_id, version_id, user_id, prompt, parent_version_id, framework,
    status, deployed_at, created_at, updated_at,
    preview_url, artifact_url, artifact_size, artifact_checksum,
    major_version, minor_version, patch_version, prerelease,
    change_type, version_name, user_comment, metadata_status
  ) values (
    p_project, p_new, p_user, title, p_version, target.framework,
    'deployed', moment, moment, moment,
    target.preview_url, target.artifact_url, target.artifact_size, target.artifact_checksum,
    next.major, next.minor, next.patch, next.prerelease,
    'rollback', left(title, 100), p_change ->> 'comment', 'ready'
  );
  return version_history.end_once(p_user, p_once, version_history.written_version('created', p_new));
end;
$$;

-- A person's words and kind of change; nothing generated overwrites them afterwards. p_change has the row's columns as keys.
-- The number stays, or comes with the metadata. Outcomes: edited; not_found; deleted.
create function version_history.edit_metadata(p_project text, p_version text, p_user text, p_change jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  words public.project_versions := jsonb_populate_record(null::public.project_versions, p_change);
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return json_build_object('outcome', 'deleted');
  end if;
  update public.project_versions v
     set version_name = coalesce(words.version_name, v.version_name),
         version_description = coalesce(words.version_description, v.version_description),
         change_type = coalesce(words.change_type, v.change_type),
         auto_classified = false
   where v.version_id = p_version;
  return version_history.written_version('edited', p_version);
end;
$$;

-- Hides a version from the history; its row and its files stay. Outcomes: removed; repeated; not_found; published.
create function version_history.delete_version(p_project text, p_version text, p_user text) returns json
language plpgsql volatile security invoker
as $$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.soft_deleted_at, v.is_published
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return version_history.written_version('repeated', p_version);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;
  update public.project_versions v
     set soft_deleted_at = clock_timestamp()
   where v.version_id = p_version;
  return version_history.written_version('removed', p_version);
end;
$$;

-- Shows a deleted version again. Outcomes: restored; repeated (it was not deleted); not_found.
create function version_history.restore_version(p_project text, p_version text, p_user text, p_once jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
  end if;
  update public.project_versions v
     set soft_deleted_at = null
   where v.version_id = p_version;
  return version_history.end_once(p_user, p_once, version_history.written_version('restored', p_version));
end;
$$;

-- What is published: {found, version, rolled_back_from}. rolled_back_from: what a rollback took the place of.
create function version_history.read_publication(p_project text, p_user text) returns json
language plpgsql stable security invoker
as $$
declare
  live record;
begin
  perform set_config('app.user_id', p_user, true);
  select version_history.version_item(v) as item, v.version_id, v.change_type
    into live
    from version_history.versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if not found then
    return json_build_object('found', exists (
      select from version_history.versions v where v.project_id = p_project and v.user_id = p_user
    ));
  end if;
  return json_build_object(
    'found', true,
    'version', live.item,
    'rolled_back_from', case when live.change_type = 'rollback' then (
      select p.previous_version_id
        from version_history.publications p
       where p.project_id = p_project and p.user_id = p_user and p.version_id = live.version_id
         and p.action = 'published' and p.previous_version_id is not null
       order by p.id desc
       limit 1
    ) end
  );
end;
$$;

-- One page of a project's publication log, newest first, after the entry p_before: a row an entry, then {found}.
create function version_history.list_publications(
  p_project text, p_user text, p_limit bigint, p_before bigint
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'id', p.id, 'action', p.action, 'version_id', p.version_id, 'previous_version_id', p.previous_version_id,
           'user_id', p.user_id, 'comment', left(p.comment, 500), 'at', p.at
         )
    from version_history.publications p
   where p.project_id = p_project and p.user_id = p_user and p.id < coalesce(p_before, 9223372036854775807)
   order by p.id desc
   limit p_limit;
  return next json_build_object('found', exists (
    select from version_history.versions v where v.project_id = p_project and v.user_id = p_user
  ));
end;
$$;

revoke execute on all functions in schema version_history from public;
grant execute on function
  version_history.unusable, version_history.publish_version, version_history.unpublish_project, version_history.rollback_version,
  version_history.edit_metadata, version_history.delete_version, version_history.restore_version, version_history.read_publication,
  version_history.list_publications
to project_versions_api;
