-- Metadata: the model proposes, the database numbers. One call writes a whole batch, each version in a sub-transaction of its own,
-- so that one that fails never takes its neighbours along.

-- A sort key with the precedence of SemVer 2.0 section 11 for equal numbers: arrays compare element by element and a longer
-- one wins; numeric identifiers compare by value ('0', digits counted, digits) and lie below the others ('1', text);
-- no prerelease lies above all ('2'). Bytes, because text would compare by the database's collation.
create function version_history.prerelease_order(p_prerelease text) returns bytea[]
language sql immutable parallel safe
as $$
  select case
    when p_prerelease is null or p_prerelease = '' then array['\x32'::bytea]
    else (
      select array_agg(
               convert_to(
                 case when identifier ~ '^[0-9]+$'
                   then '0' || lpad(length(identifier)::text, 4, '0') || identifier
                   else '1' || identifier
                 end, 'UTF8'
               ) order by position
             )
        from unnest(string_to_array(p_prerelease, '.')) with ordinality parts (identifier, position)
    )
  end
$$;

-- The number after the highest one. Without a highest one: the proposed number, or 1.0.0. A prerelease counts as the way to
-- its own number, as in npm's `semver inc`: 2.0.0-rc.1 and major is 2.0.0. A proposed prerelease tag is kept; where that
-- would not lie above the highest number, the next number carries it.
create function version_history.next_semver(
  p_change text, p_tag text,
  p_major integer, p_minor integer, p_patch integer, p_prerelease text,
  p_first_major integer, p_first_minor integer, p_first_patch integer,
  out major integer, out minor integer, out patch integer, out prerelease text
)
language plpgsql immutable parallel safe
as $$
declare
  on_the_way boolean;
begin
  prerelease := p_tag;
  if p_major is null then
    major := coalesce(p_first_major, 1);
    minor := coalesce(p_first_minor, 0);
    patch := coalesce(p_first_patch, 0);
    return;
  end if;

  on_the_way := p_prerelease is not null and case p_change
    when 'major' then p_minor = 0 and p_patch = 0
    when 'minor' then p_patch = 0
    else true
  end;
  if on_the_way and (p_tag is null
    or version_history.prerelease_order(p_tag) > version_history.prerelease_order(p_prerelease))
  then
    major := p_major;
    minor := p_minor;
    patch := p_patch;
    return;
  end if;

  major := p_major + (p_change = 'major')::integer;
  minor := case p_change when 'major' then 0 when 'minor' then p_minor + 1 else p_minor end;
  patch := case when p_change in ('major', 'minor') then 0 else p_patch + 1 end;
end;
$$;

-- How a number is given: the next one after the highest of the project. is_first: it had none. The caller holds the project's lock.
create function version_history.next_number(
  p_project text, p_change text, p_tag text, p_first_major integer, p_first_minor integer, p_first_patch integer,
  out major integer, out minor integer, out patch integer, out prerelease text, out is_first boolean
)
language plpgsql stable security invoker
as $$
declare
  highest record;
begin
  -- A row of the old system may have a number in part.
  select v.major_version, coalesce(v.minor_version, 0) as minor_version, coalesce(v.patch_version, 0) as patch_version,
         nullif(v.prerelease::text, '') as prerelease
    into highest
    from public.project_versions v
   where v.project_id = p_project and v.major_version is not null
   order by v.major_version desc, v.minor_version desc, v.patch_version desc,
            version_history.prerelease_order(v.prerelease::text) desc
   limit 1;
  select n.major, n.minor, n.patch, n.prerelease
    into major, minor, patch, prerelease
    from version_history.next_semver(
      p_change, p_tag, highest.major_version, highest.minor_version, highest.patch_version, highest.prerelease,
      p_first_major, p_first_minor, p_first_patch) n;
  is_first := highest.major_version is null;
end;
$$;

-- What generating needs to know of some versions; p_versions is a JSON array of ids. A row each, its prompt clipped: the
-- Data API documents 64 KB for a row. Then one row more: how many model calls the batch may make (p_batch null: none): at most p_calls,
-- and p_cap on one day (UTC) for everybody. Asked again, it answers the same.
create function version_history.read_builds(p_versions jsonb, p_batch text, p_calls bigint, p_cap bigint) returns setof json
language plpgsql volatile security invoker
as $$
declare
  today constant date := (now() at time zone 'utc')::date;
  granted integer := 0;
begin
  return query
  select json_build_object(
           'version_id', v.version_id,
           'project_id', v.project_id,
           'status', v.status,
           'metadata_status', v.metadata_status,
           'framework', v.framework,
           'prompt', left(v.prompt, 8000)
         )
    from jsonb_array_elements_text(p_versions) wanted (version_id)
    join public.project_versions v using (version_id);

  if p_batch is not null then
    perform pg_advisory_xact_lock(7311);
    select c.calls into granted from version_history.model_calls c where c.batch_id = p_batch;
    if not found then
      select greatest(least(p_calls, p_cap - coalesce(sum(c.calls), 0)), 0) into granted
        from version_history.model_calls c
       where c.day = today;
      delete from version_history.model_calls c where c.day < today - 1;
      insert into version_history.model_calls (batch_id, day, calls) values (p_batch, today, granted);
    end if;
  end if;
  return next json_build_object('model_calls', granted);
end;
$$;

-- Writes the metadata of one version, or why there is none yet (note), or never will be (failure), under its project's lock:
-- outcome and number. p_item has the row's columns as keys, and what the columns of `about` are.
create function version_history.apply_one_metadata(p_item jsonb) returns json
language plpgsql volatile security invoker
as $$
declare
  proposed public.project_versions := jsonb_populate_record(null::public.project_versions, p_item);
  about record;
  current public.project_versions;
  next record;
  begins boolean;
begin
  select * into about from jsonb_to_record(p_item) as item (
    tag text, first_major integer, first_minor integer, first_patch integer, is_initial boolean, document jsonb, delivery text, note text, failure text
  );
  perform version_history.lock_project(proposed.project_id);

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
  if current.metadata_status <> 'ready' and current.metadata_delivery is distinct from about.delivery then
    update public.project_versions v
       set metadata_attempts = v.metadata_attempts + 1, metadata_delivery = about.delivery, metadata_queued_at = now()
     where v.version_id = current.version_id;
  end if;

  if about.failure is not null then
    update public.project_versions v
       set metadata_status = 'failed', metadata_error = left(about.failure, 300)
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'failed');
  elsif about.note is not null then
    update public.project_versions v
       set metadata_error = left(about.note, 300)
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'noted');
  end if;

  -- Kept even when the metadata was there before: the finished document may come second.
  if about.document is not null then
    insert into version_history.recommendations (version_id, project_id, user_id, document)
    values (current.version_id, current.project_id, current.user_id, about.document)
    on conflict (version_id) do nothing;
  end if;

  if current.major_version is not null then
    -- It has its number from elsewhere, a rollback or an old deployment: nothing is left to wait for.
    update public.project_versions v
       set metadata_status = 'ready', metadata_error = null
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object(
      'outcome', case when current.auto_classified = false then 'overridden' else 'repeated' end,
      'major', current.major_version, 'minor', current.minor_version,
      'patch', current.patch_version, 'prerelease', current.prerelease
    );
  end if;

  select n.* into next
    from version_history.next_number(
      current.project_id, coalesce(current.change_type, proposed.change_type)::text,
      about.tag, about.first_major, about.first_minor, about.first_patch) n;
  -- Which version of a project is its first is known here alone: of several that are described at once, one is. What a document says
  -- stays as it is, and so does what the pipeline says was there before.
  begins := next.is_first and proposed.metadata_generator in ('model', 'rules') and about.is_initial is not false;

  -- What a person wrote before the metadata came stays: their words are already in the row.
  update public.project_versions v
     set major_version = next.major,
         minor_version = next.minor,
         patch_version = next.patch,
         prerelease = next.prerelease,
         change_type = coalesce(v.change_type, case when begins then 'major' else proposed.change_type end),
         version_name = coalesce(v.version_name, proposed.version_name),
         version_description = coalesce(v.version_description, proposed.version_description),
         breaking_risk = coalesce(v.breaking_risk, case when begins then 'none' else proposed.breaking_risk end),
         auto_classified = coalesce(v.auto_classified, true),
         classification_confidence = proposed.classification_confidence,
         classification_reasoning = case
           when begins then left('The first version of a project is major. ' || proposed.classification_reasoning, 1000)
           else proposed.classification_reasoning
         end,
         files_changed = coalesce(v.files_changed, proposed.files_changed),
         lines_added = coalesce(v.lines_added, proposed.lines_added),
         lines_removed = coalesce(v.lines_removed, proposed.lines_removed),
         metadata_generator = proposed.metadata_generator,
         metadata_ms = proposed.metadata_ms,
         metadata_status = 'ready',
         metadata_error = null
   where v.version_id = current.version_id;
  return json_build_object(
    'outcome', case when current.auto_classified = false then 'overridden' else 'applied' end,
    'major', next.major, 'minor', next.minor, 'patch', next.patch, 'prerelease', next.prerelease
  );
end;
$$;

-- Writes a batch; p_items is a JSON array of what apply_one_metadata takes. Answers an array of {key, outcome, ...}, key as it was
-- sent: applied, repeated (it had its number), overridden (a person's word stays), unknown (no such version), other_project,
-- not_deployed, build_failed, noted, failed, error (with sql_state; nothing of that version was written
-- but that it failed, where it would fail again: classes 22, data, and 23, constraints). And settles what the batch reserved: p_calls
-- of it were spent (p_batch null: nothing was reserved).
-- Projects are locked in one order, so that two batches never wait for each other in a circle; within one, versions are
-- numbered in the order of their ids, which is the order their builds began in.
create function version_history.apply_metadata(p_items jsonb, p_batch text, p_calls bigint) returns json
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
      answer := version_history.apply_one_metadata(item);
    exception when others then
      answer := json_build_object('outcome', 'error', 'sql_state', sqlstate);
      if sqlstate ~ '^2[23]' then
        update public.project_versions v
           set metadata_status = 'failed', metadata_error = format('the database refused the metadata (%s)', sqlstate)
         where v.version_id = item ->> 'version_id' and v.project_id = item ->> 'project_id'
           and v.metadata_status = 'pending';
      end if;
    end;
    answers := answers || (answer::jsonb || jsonb_build_object('key', item ->> 'key'))::json;
  end loop;
  if p_batch is not null then
    update version_history.model_calls c set calls = p_calls where c.batch_id = p_batch;
  end if;
  return to_json(answers);
end;
$$;

-- Finds deployed versions that have waited p_seconds since they were last known to be in the queue, oldest first, at most p_limit, a row
-- each {version_id, project_id, failed}: to be queued again, or, queued p_requeues times in vain, failed, which the version now says itself.
-- Then one row {waiting, oldest_seconds}: deployed versions without metadata, counted up to 10,000, and how long the first has waited.
-- Marked before they are sent: whatever then happens to the sender, the next sweep finds them again. Rows at work are left alone.
create function version_history.sweep_metadata(p_seconds bigint, p_limit bigint, p_requeues bigint) returns setof json
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
           metadata_queued_at = now()
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
create function version_history.request_metadata(p_project text, p_after text, p_limit bigint) returns setof json
language plpgsql volatile security invoker
set plan_cache_mode = force_custom_plan
-- With stale statistics the planner may read the whole table for each version it has found.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
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
           metadata_requeues = 0
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
create function version_history.count_without_metadata(p_project text, p_after text) returns json
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

revoke execute on all functions in schema version_history from public;
-- A rollback gives a number too.
grant execute on function
  version_history.prerelease_order, version_history.next_semver, version_history.next_number
to project_versions_api, project_versions_worker;
grant execute on function
  version_history.read_builds, version_history.apply_one_metadata, version_history.apply_metadata,
  version_history.sweep_metadata, version_history.request_metadata, version_history.count_without_metadata
to project_versions_worker;
