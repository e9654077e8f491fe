-- Metadata: the model proposes, the database numbers. One call writes a whole batch, each version in a sub-transaction of
-- its own, so that one that fails never takes its neighbours along.

-- The recommendations that came with a version, one row a version. A database from the old system may hold a
-- project_recommendations of another shape; it is left alone.
create table public.version_recommendations (
  version_id text primary key references public.project_versions (version_id) on delete cascade,
  project_id text not null,
  user_id text not null,
  document jsonb not null,
  created_at timestamptz not null default now()
);

-- A sort key with the precedence of SemVer 2.0 section 11 for equal numbers: arrays compare element by element and a longer
-- one wins; numeric identifiers compare by value ('0', digits counted, digits) and lie below the others ('1', text);
-- no prerelease lies above all ('2'). Bytes, because text would compare by the database's collation.
create function public.prerelease_order_v1(p_prerelease text) returns bytea[]
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
create function public.next_semver_v1(
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
    or public.prerelease_order_v1(p_tag) > public.prerelease_order_v1(p_prerelease))
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

-- What generating needs to know of some versions; p_versions is a JSON array of ids. A row each, its prompt clipped: the
-- Data API documents 64 KB for a row. first: nothing in the project has a number yet.
create function public.read_builds_v1(p_versions jsonb) returns setof json
language sql stable security invoker
as $$
  select json_build_object(
           'version_id', v.version_id,
           'project_id', v.project_id,
           'status', v.status,
           'metadata_status', c.metadata_status,
           'framework', v.framework,
           'prompt', left(v.prompt, 8000),
           'first', not exists (
             select from public.consolidated_versions other
              where other.project_id = v.project_id and other.major_version is not null
           )
         )
    from jsonb_array_elements_text(p_versions) wanted (version_id)
    join public.project_versions v using (version_id)
    join public.consolidated_versions c using (version_id)
$$;

-- Writes the metadata of one version, or why there will be none (failure), under its project's lock: outcome and number.
create function public.apply_one_metadata_v1(p_item jsonb) returns json
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
    files_changed integer, lines_added integer, lines_removed integer, document jsonb, failure text
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

  if proposed.failure is not null then
    update public.project_versions v
       set metadata_status = 'failed', metadata_error = left(proposed.failure, 300), updated_at = now()
     where v.version_id = current.version_id and v.metadata_status = 'pending';
    return json_build_object('outcome', 'failed');
  end if;

  -- Kept even when the metadata was there before: the finished document may come second.
  if proposed.document is not null then
    insert into public.version_recommendations (version_id, project_id, user_id, document)
    values (current.version_id, current.project_id, current.user_id, proposed.document)
    on conflict (version_id) do nothing;
  end if;

  if current.major_version is not null then
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

-- Writes a batch; p_items is a JSON array of proposals. Answers an array of {key, outcome, ...}, key as it was sent: applied,
-- repeated (it had its number), overridden (a person's word stays), unknown (no such version), other_project, not_deployed,
-- build_failed, failed (the item said why there is no metadata), error (with sql_state; nothing of that version was written
-- but that it failed, where it would fail again: classes 22, data, and 23, constraints).
-- Projects are locked in one order, so that two batches never wait for each other in a circle; within one, versions are
-- numbered in the order of their ids, which is the order their builds began in.
create function public.apply_metadata_v1(p_items jsonb) returns json
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
      answer := public.apply_one_metadata_v1(item);
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
  return to_json(answers);
end;
$$;
