-- How a version's metadata came about, and what happens to it when its message does not arrive. Everything here is additive:
-- functions of the previous deployment go on calling _v1.
--
-- metadata_generator: where the metadata came from. metadata_attempts: deliveries that worked on it; metadata_delivery is the
-- last one counted, so that a call that is repeated counts once (again where another message's came in between). metadata_ms: from the message's receipt to the proposal.
-- metadata_requested_at: when it was first asked for. metadata_queued_at: when it was last known to be in the queue. Neither is
-- deployed_at, which the pipeline says and which may lie years back.
-- metadata_requeues: how often the sweep has put it there. Constant defaults: no rewrite.
-- migrate: transaction
alter table public.project_versions
  add column metadata_generator text,
  add column metadata_attempts integer not null default 0,
  add column metadata_delivery text,
  add column metadata_ms integer,
  add column metadata_requested_at timestamptz,
  add column metadata_queued_at timestamptz,
  add column metadata_requeues integer not null default 0,
  add constraint project_versions_metadata_generator_known
    check (metadata_generator in ('document', 'model', 'rules')) not valid;

-- migrate: long
alter table public.project_versions validate constraint project_versions_metadata_generator_known;

-- Deployed versions without metadata, those longest out of the queue first. Small: a row leaves it as soon as it is ready.
-- migrate: no transaction
create index concurrently if not exists project_versions_metadata_due
  on public.project_versions ((coalesce(metadata_queued_at, deployed_at)), version_id)
  where metadata_status = 'pending' and status = 'deployed';

-- As record_build_end_v1; from here on a deployed version waits for its metadata.
create function public.record_build_end_v2(p_project text, p_version text, p_report jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  answer constant json := public.record_build_end_v1(p_project, p_version, p_report);
begin
  if answer ->> 'outcome' in ('recorded', 'repeated') then
    update public.project_versions v
       set metadata_requested_at = coalesce(v.metadata_requested_at, now()), metadata_queued_at = now()
     where v.version_id = p_version and v.status = 'deployed' and v.metadata_status = 'pending';
  end if;
  return answer;
end;
$$;

-- What a batch may spend on a model, and then what it has spent. A row a batch makes reserving and settling repeatable.
create table public.metadata_model_calls (
  batch_id text primary key,
  day date not null,
  calls integer not null
);
create index metadata_model_calls_of_a_day on public.metadata_model_calls (day) include (calls);
alter table public.metadata_model_calls enable row level security;
create policy project_versions_functions on public.metadata_model_calls to project_versions_worker using (true);

-- How many model calls a batch may make: at most p_calls, and p_cap on one day (UTC) for everybody. Asked again, it answers the same.
create function public.reserve_model_calls_v1(p_batch text, p_calls bigint, p_cap bigint) returns integer
language plpgsql volatile security invoker
as $$
declare
  today constant date := (now() at time zone 'utc')::date;
  granted integer;
begin
  perform pg_advisory_xact_lock(7311);
  select c.calls into granted from public.metadata_model_calls c where c.batch_id = p_batch;
  if found then
    return granted;
  end if;
  select greatest(least(p_calls, p_cap - coalesce(sum(c.calls), 0)), 0) into granted
    from public.metadata_model_calls c
   where c.day = today;
  delete from public.metadata_model_calls c where c.day < today - 1;
  insert into public.metadata_model_calls (batch_id, day, calls) values (p_batch, today, granted);
  return granted;
end;
$$;

-- As read_builds_v1, then one row more: how many model calls the batch may make (p_batch null: none).
create function public.read_builds_v2(p_versions jsonb, p_batch text, p_calls bigint, p_cap bigint) returns setof json
language plpgsql volatile security invoker
as $$
begin
  return query select * from public.read_builds_v1(p_versions);
  return next json_build_object(
    'model_calls', case when p_batch is null then 0 else public.reserve_model_calls_v1(p_batch, p_calls, p_cap) end
  );
end;
$$;

-- Writes the metadata of one version, or why there is none yet (note), or never will be (failure), under its project's lock:
-- outcome and number. As apply_one_metadata_v1, with the state beside it.
create function public.apply_one_metadata_v2(p_item jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  proposed record;
  current public.project_versions;
  highest record;
  next record;
begin
  select * into proposed from jsonb_to_record(p_item) as item (
    version_id text, project_id text, change_type text, version_name text, version_description text, breaking_risk text,
    confidence numeric, reasoning text, tag text, first_major integer, first_minor integer, first_patch integer,
    files_changed integer, lines_added integer, lines_removed integer, document jsonb, generator text, ms integer,
    delivery text, note text, failure text
  );
  perform public.lock_version_v1(proposed.project_id, proposed.version_id);

  select v.* into current
    from public.project_versions v
   where v.version_id = proposed.version_id
     for update;
  if not found then
    return json_build_object('outcome', 'unknown');
  elsif current.project_id <> proposed.project_id then
    return json_build_object('outcome', 'other_project');
  elsif current.status = 'building' then
    return json_build_object('outcome', 'not_deployed');
  elsif current.status = 'failed' then
    return json_build_object('outcome', 'build_failed');
  end if;

  -- A delivery counts once, and it proves that the message was in the queue.
  if current.metadata_status <> 'ready' and current.metadata_delivery is distinct from proposed.delivery then
    update public.project_versions v
       set metadata_attempts = v.metadata_attempts + 1, metadata_delivery = proposed.delivery, metadata_queued_at = now()
     where v.version_id = current.version_id;
  end if;

  if proposed.failure is not null then
    update public.project_versions v
       set metadata_status = 'failed', metadata_error = left(proposed.failure, 300), updated_at = now()
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'failed');
  elsif proposed.note is not null then
    update public.project_versions v
       set metadata_error = left(proposed.note, 300), updated_at = now()
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'noted');
  end if;

  -- Kept even when the metadata was there before: the finished document may come second.
  if proposed.document is not null then
    insert into public.version_recommendations (version_id, project_id, user_id, document)
    values (current.version_id, current.project_id, current.user_id, proposed.document)
    on conflict (version_id) do nothing;
  end if;

  if current.major_version is not null then
    -- It has its number from elsewhere, a rollback or an old deployment: nothing is left to wait for.
    update public.project_versions v
       set metadata_status = 'ready', metadata_error = null, updated_at = now()
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object(
      'outcome', case when current.auto_classified = false then 'overridden' else 'repeated' end,
      'major', current.major_version, 'minor', current.minor_version,
      'patch', current.patch_version, 'prerelease', current.prerelease
    );
  end if;

  -- An old row may have a number in part.
  select v.major_version, coalesce(v.minor_version, 0) as minor_version, coalesce(v.patch_version, 0) as patch_version,
         v.prerelease
    into highest
    from public.project_versions v
   where v.project_id = proposed.project_id and v.major_version is not null
   order by v.major_version desc, v.minor_version desc, v.patch_version desc,
            public.prerelease_order_v1(v.prerelease) desc
   limit 1;
  select n.* into next
    from public.next_semver_v1(
      coalesce(current.change_type, proposed.change_type), proposed.tag,
      highest.major_version, highest.minor_version, highest.patch_version, highest.prerelease,
      proposed.first_major, proposed.first_minor, proposed.first_patch) n;

  -- What a person wrote before the metadata came stays: their words are already in the row.
  update public.project_versions v
     set major_version = next.major,
         minor_version = next.minor,
         patch_version = next.patch,
         prerelease = next.prerelease,
         change_type = coalesce(v.change_type, proposed.change_type),
         version_name = coalesce(v.version_name, proposed.version_name),
         version_description = coalesce(v.version_description, proposed.version_description),
         breaking_risk = coalesce(v.breaking_risk, proposed.breaking_risk),
         auto_classified = coalesce(v.auto_classified, true),
         classification_confidence = proposed.confidence,
         classification_reasoning = proposed.reasoning,
         files_changed = coalesce(v.files_changed, proposed.files_changed),
         lines_added = coalesce(v.lines_added, proposed.lines_added),
         lines_removed = coalesce(v.lines_removed, proposed.lines_removed),
         metadata_generator = proposed.generator,
         metadata_ms = proposed.ms,
         metadata_status = 'ready',
         metadata_error = null,
         updated_at = now()
   where v.version_id = current.version_id;
  return json_build_object(
    'outcome', case when current.auto_classified = false then 'overridden' else 'applied' end,
    'major', next.major, 'minor', next.minor, 'patch', next.patch, 'prerelease', next.prerelease
  );
end;
$$;

-- As apply_metadata_v1, of items as apply_one_metadata_v2 takes them; and settles what the batch reserved: p_calls of it were
-- spent (p_batch null: nothing was reserved). An outcome more: noted.
create function public.apply_metadata_v2(p_items jsonb, p_batch text, p_calls bigint) returns json
language plpgsql volatile security invoker
as $$
declare
  item jsonb;
  answer json;
  answers json[] := '{}';
begin
  for item in
    select value from jsonb_array_elements(p_items)
     order by hashtextextended(value ->> 'project_id', 7310), value ->> 'version_id' collate "C"
  loop
    begin
      answer := public.apply_one_metadata_v2(item);
    exception when others then
      answer := json_build_object('outcome', 'error', 'sql_state', sqlstate);
      if sqlstate ~ '^2[23]' then
        update public.project_versions v
           set metadata_status = 'failed', metadata_error = format('the database refused the metadata (%s)', sqlstate),
               updated_at = now()
         where v.version_id = item ->> 'version_id' and v.project_id = item ->> 'project_id'
           and v.metadata_status = 'pending';
      end if;
    end;
    answers := answers || (answer::jsonb || jsonb_build_object('key', item ->> 'key'))::json;
  end loop;
  if p_batch is not null then
    update public.metadata_model_calls c set calls = p_calls where c.batch_id = p_batch;
  end if;
  return to_json(answers);
end;
$$;

-- Finds deployed versions that have waited p_seconds since they were last known to be in the queue, oldest first, at most p_limit, a row
-- each {version_id, project_id, failed}: to be queued again, or, queued p_requeues times in vain, failed, which the version now says itself.
-- Then one row {waiting, oldest_seconds}: deployed versions without metadata, counted up to 10,000, and how long the first has waited.
-- Marked before they are sent: whatever then happens to the sender, the next sweep finds them again. Rows at work are left alone.
create function public.sweep_metadata_v1(p_seconds bigint, p_limit bigint, p_requeues bigint) returns setof json
language plpgsql volatile security invoker
as $$
begin
  return query
  with due as (
    select v.version_id
      from public.project_versions v
     where v.metadata_status = 'pending' and v.status = 'deployed'
       and coalesce(v.metadata_queued_at, v.deployed_at) < now() - p_seconds * interval '1 second'
     order by coalesce(v.metadata_queued_at, v.deployed_at), v.version_id
     limit p_limit
       for update skip locked
  ), marked as (
    update public.project_versions v
       set metadata_status = case when v.metadata_requeues < p_requeues then 'pending' else 'failed' end,
           metadata_error = case
             when v.metadata_requeues < p_requeues then v.metadata_error
             else left(format('no metadata after %s requests', v.metadata_requeues + 1)
               || coalesce('; the last attempt: ' || v.metadata_error, ': no message arrived'), 300)
           end,
           metadata_requeues = v.metadata_requeues + (v.metadata_requeues < p_requeues)::integer,
           metadata_queued_at = now(),
           updated_at = now()
      from due
     where v.version_id = due.version_id
    returning v.version_id, v.project_id, coalesce(v.metadata_requested_at, v.deployed_at) as since,
              v.metadata_status = 'failed' as failed
  )
  select json_build_object('version_id', m.version_id, 'project_id', m.project_id, 'failed', m.failed)
    from marked m
   order by m.since, m.version_id;
  return query
  select json_build_object(
           'waiting', count(*),
           'oldest_seconds', greatest(coalesce(extract(epoch from now() - min(w.since))::bigint, 0), 0)
         )
    from (select coalesce(v.metadata_requested_at, v.deployed_at) as since
            from public.project_versions v
           where v.metadata_status = 'pending' and v.status = 'deployed'
           order by coalesce(v.metadata_queued_at, v.deployed_at), v.version_id
           limit 10000) w;
end;
$$;

-- Asks for the metadata of versions older than the system (metadata_status none), a row each {version_id, project_id}, then one row
-- {after}. Looks at 20,000 versions in the order of their ids, of one project or of all (null), and marks at most p_limit of them
-- pending; the next call begins after `after`, null when there are no more. A version it has marked is not found again; one
-- at work is left alone, so that nobody waits for the other in a circle.
create function public.request_metadata_v1(p_project text, p_after text, p_limit bigint) returns setof json
language plpgsql volatile security invoker
set plan_cache_mode = force_custom_plan
as $$
declare
  last_id text;
  last_asked text := p_after;
  looked bigint;
  asked bigint := 0;
  version record;
begin
  select max(w.version_id), count(*) into last_id, looked
    from (select v.version_id
            from public.project_versions v
           where v.version_id > coalesce(p_after, '') and (p_project is null or v.project_id = p_project)
           order by v.version_id
           limit 20000) w;
  for version in
    update public.project_versions v
       set metadata_status = 'pending', metadata_error = null, metadata_requested_at = now(), metadata_queued_at = now(),
           metadata_requeues = 0, updated_at = now()
      from (select old.version_id
              from public.project_versions old
             where old.version_id > coalesce(p_after, '') and old.version_id <= last_id
               and (p_project is null or old.project_id = p_project)
               and old.metadata_status = 'none' and old.status = 'deployed' and old.major_version is null
             order by old.version_id
             limit p_limit
               for update skip locked) wanted
     where v.version_id = wanted.version_id
    returning v.version_id, v.project_id
  loop
    asked := asked + 1;
    last_asked := greatest(last_asked, version.version_id);
    return next json_build_object('version_id', version.version_id, 'project_id', version.project_id);
  end loop;
  return next json_build_object(
    'after', case when asked = p_limit then last_asked when looked = 20000 then last_id end
  );
end;
$$;

-- How many of them there are, of 200,000 versions a call: {versions, after}, as above. Changes nothing.
create function public.count_without_metadata_v1(p_project text, p_after text) returns json
language sql stable security invoker
as $$
  select json_build_object(
           'versions', count(*) filter (where w.metadata_status = 'none' and w.status = 'deployed' and w.major_version is null),
           'after', case when count(*) = 200000 then max(w.version_id) end
         )
    from (select v.version_id, v.metadata_status, v.status, v.major_version
            from public.project_versions v
           where v.version_id > coalesce(p_after, '') and (p_project is null or v.project_id = p_project)
           order by v.version_id limit 200000) w
$$;

-- As read_version_v1, with how the metadata came about.
create function public.read_version_v2(
  p_project text, p_version text, p_user text, p_prompts boolean
) returns setof json
language plpgsql stable security invoker
as $$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', public.version_item_v1(r),
           'full_description', left(r.version_description, 5000),
           'reasoning', left(r.classification_reasoning, 1000),
           'generator', v.metadata_generator,
           'attempts', v.metadata_attempts,
           'ms', v.metadata_ms
         )
    from public.version_rows r
    join public.project_versions v on v.version_id = r.version_id
   where r.version_id = p_version and r.project_id = p_project and r.user_id = p_user;
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

-- migrate: transaction
grant select (metadata_generator, metadata_attempts, metadata_ms) on public.project_versions to project_versions_api;
grant update (
  metadata_generator, metadata_attempts, metadata_delivery, metadata_ms, metadata_requested_at, metadata_queued_at,
  metadata_requeues
) on public.project_versions to project_versions_worker;
-- The one thing the worker deletes: yesterday's reservations.
grant select, insert, update, delete on public.metadata_model_calls to project_versions_worker;
revoke execute on function
  public.apply_metadata_v2, public.apply_one_metadata_v2, public.count_without_metadata_v1, public.read_builds_v2,
  public.read_version_v2, public.record_build_end_v2, public.request_metadata_v1, public.reserve_model_calls_v1, public.sweep_metadata_v1
from public;
grant execute on function public.read_version_v2 to project_versions_api;
grant execute on function
  public.apply_metadata_v2, public.apply_one_metadata_v2, public.count_without_metadata_v1, public.read_builds_v2,
  public.record_build_end_v2, public.request_metadata_v1, public.reserve_model_calls_v1, public.sweep_metadata_v1
to project_versions_worker;
