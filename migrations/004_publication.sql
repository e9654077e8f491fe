-- What a user may do to a version: publish, unpublish, roll back, edit, delete, restore; the log of publications; and the
-- answers kept for requests that carry an idempotency key. Each function is one call and one transaction: it takes the
-- project's lock first and looks afterwards, so that what it decides on is what is there. A version of somebody else's is
-- not_found, like one that does not exist.

-- Who published or unpublished what, and what was published before. No foreign key: the log outlives the rows it speaks of.
create table public.version_publications (
  id bigint generated always as identity primary key,
  project_id text not null,
  user_id text not null,
  action text not null,
  version_id text not null,
  previous_version_id text,
  comment text,
  at timestamptz not null,
  constraint version_publications_action check (action in ('published', 'unpublished'))
);

create index version_publications_newest on public.version_publications (project_id, user_id, id desc);

-- The first success of a request, for whoever sends it again with the same key.
create table public.idempotency_keys (
  caller text not null,
  route text not null,
  key text not null,
  request_hash text not null,
  answer json not null,
  created_at timestamptz not null,
  primary key (caller, route, key)
);

create index idempotency_keys_age on public.idempotency_keys (created_at);

-- Called first by whatever may carry a key. p_once is {route, key, hash} or null. Answers null when the work is to be done,
-- {outcome: key_reused} when the key came with another request, else the kept answer with replayed = true. The lock makes a
-- second request with the key wait for the first; it is always taken before a project's lock, so no two wait for each other.
create function public.begin_once_v1(p_caller text, p_once jsonb) returns json
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
    from public.idempotency_keys k
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
create function public.forget_old_keys_v1() returns void
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.idempotency_keys
   where (caller, route, key) in (
     select k.caller, k.route, k.key
       from public.idempotency_keys k
      where k.created_at < clock_timestamp() - interval '24 hours'
      order by k.created_at
      limit 5
        for update skip locked
   )
$$;

-- Called last, with a success: keeps it under the key, and answers it.
create function public.end_once_v1(p_caller text, p_once jsonb, p_answer json) returns json
language plpgsql volatile security invoker
as $$
begin
  if p_once is not null then
    perform public.forget_old_keys_v1();
    insert into public.idempotency_keys as k (caller, route, key, request_hash, answer, created_at)
    values (p_caller, p_once ->> 'route', p_once ->> 'key', p_once ->> 'hash', p_answer, clock_timestamp())
    on conflict (caller, route, key) do update
      set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at;
  end if;
  return p_answer;
end;
$$;

-- create_version_v1, once for each key.
create function public.create_version_once_v1(p_build jsonb, p_once jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json := public.begin_once_v1(p_build ->> 'user_id', p_once);
begin
  if answer is not null then
    return answer;
  end if;
  answer := public.create_version_v1(p_build);
  if answer ->> 'outcome' in ('created', 'repeated') then
    return public.end_once_v1(p_build ->> 'user_id', p_once, answer);
  end if;
  return answer;
end;
$$;

-- What a success answers: the version as it is now.
create function public.changed_version_v1(p_outcome text, p_version text) returns json
language sql stable security invoker
return json_build_object('outcome', p_outcome, 'version', public.read_item_v1(p_version));

-- Why a version can be neither published nor rolled back to; null when it can.
create function public.unusable_v1(p_status text, p_artifact_url text, p_deleted_at timestamptz) returns text
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
create function public.publish_version_v1(
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
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  select v.is_published, v.soft_deleted_at,
         public.unusable_v1(v.status, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.is_published and target.soft_deleted_at is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
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
       set is_published = false, updated_at = moment
     where v.version_id = live;
    update public.project_versions v
       set is_published = true,
           published_at = moment,
           published_by_user_id = p_user,
           user_comment = coalesce(p_change ->> 'comment', v.user_comment),
           updated_at = moment
     where v.version_id = p_version;
  exception when unique_violation then
    -- A version of the project's other owner, or published this moment by code that takes no lock: both only in old projects.
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', null);
  end;
  insert into public.version_publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'published', p_version, live, p_change ->> 'comment', moment);
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('published', p_version));
end;
$$;

-- Takes a version off. p_change: {comment?}. When and by whom it was published stays in the row. Outcomes: unpublished;
-- repeated (nothing is published); not_found; published_elsewhere (another one is, with published_version_id).
create function public.unpublish_project_v1(
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
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  if not exists (
    select from public.project_versions v
     where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user
  ) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if live is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
  elsif live <> p_version then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  update public.project_versions v
     set is_published = false, updated_at = moment
   where v.version_id = p_version;
  insert into public.version_publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'unpublished', p_version, p_version, p_change ->> 'comment', moment);
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('unpublished', p_version));
end;
$$;

-- Makes a new version of an old one's artifact; it is not published by this. p_new is its id, minted before the call, so that
-- a call that is repeated finds what it made. It gets the number after the highest, and waits for no metadata. Outcomes:
-- created; repeated; not_found, deleted, not_deployed, artifact_missing; published (that is what is live).
create function public.rollback_version_v1(
  p_project text, p_version text, p_user text, p_new text, p_change jsonb, p_once jsonb
) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  target record;
  highest record;
  next record;
  moment timestamptz;
  title text;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  if exists (
    select from public.project_versions v
     where v.version_id = p_new and v.project_id = p_project and v.user_id = p_user
  ) then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_new));
  end if;
  select v.is_published, v.preview_url, v.artifact_url, v.artifact_size, v.artifact_checksum, v.framework,
         v.major_version, v.minor_version, v.patch_version, v.prerelease,
         public.unusable_v1(v.status, v.artifact_url, v.soft_deleted_at) as unusable
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

  select v.major_version, v.minor_version, v.patch_version, v.prerelease
    into highest
    from public.project_versions v
   where v.project_id = p_project and v.major_version is not null
   order by v.major_version desc, v.minor_version desc, v.patch_version desc,
            public.prerelease_order_v1(v.prerelease) desc
   limit 1;
  select n.*
    into next
    from public.next_semver_v1(
      'patch', null, highest.major_version, highest.minor_version, highest.patch_version, highest.prerelease,
      null, null, null) n;
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
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('created', p_new));
end;
$$;

-- A person's words and kind of change; nothing generated overwrites them afterwards. p_change: {name?, description?, type?}.
-- The number stays, or comes with the metadata. Outcomes: edited; not_found; deleted.
create function public.edit_metadata_v1(p_project text, p_version text, p_user text, p_change jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  perform public.lock_version_v1(p_project, p_version);
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
     set version_name = coalesce(p_change ->> 'name', v.version_name),
         version_description = coalesce(p_change ->> 'description', v.version_description),
         change_type = coalesce(p_change ->> 'type', v.change_type),
         auto_classified = false,
         updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.changed_version_v1('edited', p_version);
end;
$$;

-- Hides a version from the history; its row and its files stay. Outcomes: removed; repeated; not_found; published.
create function public.delete_version_v1(p_project text, p_version text, p_user text) returns json
language plpgsql volatile security invoker
as $$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  perform public.lock_version_v1(p_project, p_version);
  select v.soft_deleted_at, v.is_published
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return public.changed_version_v1('repeated', p_version);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;
  update public.project_versions v
     set soft_deleted_at = clock_timestamp(), updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.changed_version_v1('removed', p_version);
end;
$$;

-- Shows a deleted version again. Outcomes: restored; repeated (it was not deleted); not_found.
create function public.restore_version_v1(p_project text, p_version text, p_user text, p_once jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  answer json;
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
  end if;
  update public.project_versions v
     set soft_deleted_at = null, updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('restored', p_version));
end;
$$;

-- One version: a row {item, full_description, reasoning}; when it has recommendations, a row with their document without
-- them, and a row each, so that no row comes near the 64 KB the Data API documents. Prompts only with p_prompts. No row at
-- all: there is no such version.
create function public.read_version_v1(
  p_project text, p_version text, p_user text, p_prompts boolean
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', public.version_item_v1(v),
           'full_description', left(v.version_description, 5000),
           'reasoning', left(v.classification_reasoning, 1000)
         )
    from public.version_rows v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if found then
    return query
    select (r.document - 'recommendations')::json
      from public.version_recommendations r
     where r.version_id = p_version and r.user_id = p_user;
    return query
    select (case when p_prompts then one.value else one.value - 'prompt' end)::json
      from public.version_recommendations r,
           jsonb_array_elements(r.document -> 'recommendations') with ordinality one (value, position)
     where r.version_id = p_version and r.user_id = p_user
     order by one.position;
  end if;
end;
$$;

-- What is published: {found, version, rolled_back_from}. rolled_back_from: what a rollback took the place of.
create function public.read_publication_v1(p_project text, p_user text) returns json
language plpgsql stable security invoker
as $$
declare
  live record;
begin
  perform set_config('app.user_id', p_user, true);
  select public.version_item_v1(v) as item, v.version_id, v.change_type
    into live
    from public.version_rows v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if not found then
    return json_build_object('found', exists (
      select from public.version_rows v where v.project_id = p_project and v.user_id = p_user
    ));
  end if;
  return json_build_object(
    'found', true,
    'version', live.item,
    'rolled_back_from', case when live.change_type = 'rollback' then (
      select p.previous_version_id
        from public.version_publications p
       where p.project_id = p_project and p.user_id = p_user and p.version_id = live.version_id
         and p.action = 'published' and p.previous_version_id is not null
       order by p.id desc
       limit 1
    ) end
  );
end;
$$;

-- One page of a project's publication log, newest first, after the entry p_before: a row an entry, then {found}.
create function public.list_publications_v1(
  p_project text, p_user text, p_limit bigint, p_before bigint
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'id', p.id, 'action', p.action, 'version_id', p.version_id, 'previous_version_id', p.previous_version_id,
           'user_id', p.user_id, 'comment', p.comment, 'at', p.at
         )
    from public.version_publications p
   where p.project_id = p_project and p.user_id = p_user and p.id < coalesce(p_before, 9223372036854775807)
   order by p.id desc
   limit p_limit;
  return next json_build_object('found', exists (
    select from public.version_rows v where v.project_id = p_project and v.user_id = p_user
  ));
end;
$$;
