-- From here on, until the old table is dropped, whatever is written to project_versions_metadata arrives in project_versions in the same transaction, and
-- whoever changes a version finds what the old table knows of it. Written, as 001 and 008 are, so that it can run again after a way back (rollback.sql).
--
-- The rules:
--   A version that is not 'ready' takes all that the old table knows of it; values it has itself stay.
--   A version that is 'ready' takes what an old writer changes, column by column, unless a generator of this system or a person has described it: an old
--   classification that comes late does not replace either. A person who uses the old system does.
--   Publication, deletion and the comment are a person's decisions: the last one counts, wherever it was made.
--   A version is deployed at the moment it became so, whoever wrote that.
--   Deleting a row of the old table takes nothing from the version: what was not carried over is, and the history keeps it. A version that is deleted
--   itself is gone.

-- A way back that was broken off has left its batch.
do $$
begin
  drop function if exists public.project_versions_carry_back_batch(text, bigint);
end;
$$;

-- What is published in the old table, and its highest number of a project: found without reading the project.
-- migrate: no transaction
create index concurrently if not exists project_versions_metadata_published
  on public.project_versions_metadata (project_id)
  where is_published;

-- migrate: no transaction
create index concurrently if not exists project_versions_metadata_numbers
  on public.project_versions_metadata (
    project_id, major_version desc, minor_version desc, patch_version desc, (nullif(btrim(prerelease), '') is null) desc
  );

-- Some databases have several published versions of a project in project_versions itself. One stays: the latest published_at, a deleted one only when
-- there is no other. When and by whom the others were published is kept.
-- migrate: no transaction
create index concurrently if not exists project_versions_published
  on public.project_versions (project_id)
  where is_published;

-- migrate: transaction
create or replace function public.project_versions_unpublish_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  projects text[];
begin
  perform set_config('project_versions.keep_updated_at', 'on', true);
  select array_agg(page.project_id)
    into projects
    from (
      select v.project_id
        from public.project_versions v
       where v.is_published and v.project_id > coalesce(p_after, '')
       group by v.project_id
      having count(*) > 1
       order by v.project_id
       limit p_batch
    ) page;
  select max(project_id) into last_key from unnest(projects) project_id;

  with ranked as (
    select v.version_id,
           first_value(v.version_id) over latest as kept
      from public.project_versions v
     where v.project_id = any (projects) and v.is_published
    window latest as (
      partition by v.project_id
      order by v.soft_deleted_at is not null, v.published_at desc nulls last, v.created_at desc, v.version_id desc
    )
  ), unpublished as (
    update public.project_versions v
       set is_published = false
      from ranked
     where ranked.version_id = v.version_id and ranked.version_id <> ranked.kept
    returning v.project_id, v.version_id, v.published_at, ranked.kept
  )
  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'several_published', u.project_id, u.version_id,
         jsonb_build_object('stays_published', u.kept, 'published_at', u.published_at)
    from unpublished u
      on conflict do nothing;
  get diagnostics rows = row_count;
  return next;
end;
$$;

-- If two versions of a project are published while the index is built, it fails and the runner comes back to this step.
-- migrate: batched
select last_key, rows from public.project_versions_unpublish_batch(:after, :batch);

-- migrate: no transaction
create unique index concurrently if not exists project_versions_one_published
  on public.project_versions (project_id)
  where is_published;

-- migrate: no transaction
drop index concurrently if exists public.project_versions_published;

-- Functions from here on run as their owner: an old writer may have no way to the other table, and none to ours.
--
-- Carries the metadata of the versions between two ids over, the first and the last included. p_published is the one among them that is published by this, ''
-- when none is; null when nobody has decided: what the old table alone has published is then left for whoever decides. So the unique index is never in the
-- way. Answers how many it changed. Only what a version does not have itself is taken; one that is 'ready' is never touched, so doing it twice changes nothing.
-- Looked up by key: with stale statistics the planner may read all of the old table for each version instead.
-- migrate: transaction
drop function public.project_versions_unpublish_batch(text, bigint);
create or replace function public.project_versions_carry_range(p_first text, p_last text, p_published text) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
declare
  carried bigint;
begin
  -- For these rows alone: what else the transaction writes moves updated_at.
  perform set_config('project_versions.keep_updated_at', 'on', true);
  -- Locked by a statement of its own: the update reads the table twice, and after waiting for a row it would look at one of the two again and take the
  -- values it has read of the other before the wait.
  perform
     from public.project_versions v
    where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> 'ready'
    order by v.version_id
      for no key update;
  -- The version has no type afterwards.
  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'unknown_change_type', v.project_id, v.version_id, jsonb_build_object('project_versions', v.change_type)
    from public.project_versions v
   where v.version_id >= p_first and v.version_id <= p_last and v.metadata_status <> 'ready'
     and v.change_type not in ('major', 'minor', 'patch', 'rollback')
      on conflict do nothing;
  update public.project_versions v
     set deployed_at = c.deployed_at,
         is_published = coalesce(v.is_published, false) or c.version_id = coalesce(p_published, ''),
         published_at = c.published_at,
         published_by_user_id = c.published_by_user_id,
         user_comment = c.user_comment,
         soft_deleted_at = c.soft_deleted_at,
         major_version = c.major_version,
         minor_version = c.minor_version,
         patch_version = c.patch_version,
         prerelease = c.prerelease,
         version_name = c.version_name,
         version_description = c.version_description,
         change_type = c.change_type,
         breaking_risk = c.breaking_risk,
         auto_classified = c.auto_classified,
         classification_confidence = c.classification_confidence,
         classification_reasoning = c.classification_reasoning,
         parent_version_id = c.parent_version_id,
         files_changed = c.files_changed,
         lines_added = c.lines_added,
         lines_removed = c.lines_removed,
         build_duration_ms = c.build_duration_ms,
         metadata_status = c.metadata_status,
         metadata_error = case when c.metadata_status = 'ready' then null else v.metadata_error end,
         -- What no answer shows.
         base_version_id = coalesce(v.base_version_id, nullif(m.base_version_id::text, '')),
         from_recommendation_id = coalesce(v.from_recommendation_id, m.from_recommendation_id),
         git_commit_sha = coalesce(v.git_commit_sha, m.git_commit_sha),
         git_tag = coalesce(v.git_tag, m.git_tag)
    from public.project_versions_bridged c
    left join public.project_versions_metadata m
      on m.version_id = c.version_id::bpchar and m.project_id::text = c.project_id and m.user_id::text = c.user_id
   where c.version_id >= p_first and c.version_id <= p_last
     and c.outdated
     and v.version_id = c.version_id
     and (p_published is not null or not c.is_published or coalesce(v.is_published, false));
  get diagnostics carried = row_count;
  perform set_config('project_versions.keep_updated_at', 'off', true);
  return carried;
end;
$$;

-- Carries one version over, its publication too: of several published versions of a project the latest published_at stays, a deleted one only when there is
-- no other, and the others are taken off before it is put on.
create or replace function public.project_versions_carry(p_version text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  one record;
  rival record;
  locked boolean := false;
  wins boolean := true;
begin
  loop
    select c.project_id, c.is_published and not coalesce(v.is_published, false) as publishes, c.published_at
      into one
      from public.project_versions_bridged c
      join public.project_versions v on v.version_id = c.version_id
     where c.version_id = p_version and c.outdated;
    if not found then
      return;
    end if;
    exit when locked or not one.publishes;
    -- Whoever had the lock may have changed all of this: looked at again.
    perform pg_advisory_xact_lock(hashtextextended(one.project_id, 7310));
    locked := true;
  end loop;
  if one.publishes then
    perform set_config('project_versions.keep_updated_at', 'on', true);
    for rival in
      select v.version_id, v.published_at,
             (c.soft_deleted_at is null, coalesce(c.published_at, '-infinity'), c.created_at, c.version_id)
               > (v.soft_deleted_at is null, coalesce(v.published_at, '-infinity'), v.created_at, v.version_id) as loses
        from public.project_versions_bridged c
        join public.project_versions v on v.project_id = c.project_id and v.is_published
       where c.version_id = p_version
    loop
      wins := wins and rival.loses;
      if rival.loses then
        update public.project_versions v set is_published = false where v.version_id = rival.version_id;
      end if;
      insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
      values (
        'several_published', one.project_id, case when rival.loses then rival.version_id else p_version end,
        jsonb_build_object(
          'stays_published', case when rival.loses then p_version else rival.version_id end,
          'published_at', case when rival.loses then rival.published_at else one.published_at end
        )
      )
      on conflict do nothing;
    end loop;
  end if;
  perform public.project_versions_carry_range(p_version, p_version, case when one.publishes and wins then p_version else '' end);
end;
$$;

-- What decides over a change of a version, brought along under its project's lock: the version itself, what the old table has published in the project,
-- and its highest number.
create or replace function public.project_versions_carry_for(p_project text, p_version text) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
-- In the order of the index, which ends with the first that fits: 8 buffers; sorted, 160,000 for a project of 40,000.
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set enable_sort = off
as $$
declare
  highest record;
  id text;
begin
  for id in
    select m.version_id::text from public.project_versions_metadata m where m.project_id = p_project and m.is_published
  loop
    perform public.project_versions_carry(id);
  end loop;

  -- Of a version that is there and that it is the number of, or will be.
  select m.version_id::text as version_id, m.major_version, m.minor_version, m.patch_version, nullif(btrim(m.prerelease), '') as prerelease
    into highest
    from public.project_versions_metadata m
    join public.project_versions v
      on v.version_id = m.version_id::text and v.project_id = m.project_id::text and v.user_id = m.user_id::text
   where m.project_id = p_project
     and ((v.metadata_status <> 'ready' and v.major_version is null)
          or (v.major_version, coalesce(v.minor_version, 0), coalesce(v.patch_version, 0))
             >= (m.major_version, m.minor_version, m.patch_version))
   order by m.major_version desc, m.minor_version desc, m.patch_version desc, (nullif(btrim(m.prerelease), '') is null) desc
   limit 1;
  -- Of prereleases of one number the index does not say which is the highest.
  if highest.prerelease is not null then
    select m.version_id::text as version_id
      into highest
      from public.project_versions_metadata m
      join public.project_versions v
        on v.version_id = m.version_id::text and v.project_id = m.project_id::text and v.user_id = m.user_id::text
     where m.project_id = p_project and m.major_version = highest.major_version
       and m.minor_version = highest.minor_version and m.patch_version = highest.patch_version
     order by public.prerelease_order_v1(btrim(m.prerelease)) desc
     limit 1;
  end if;
  perform public.project_versions_carry(highest.version_id);
  -- No other project's: whoever asks has this one's lock alone.
  perform public.project_versions_carry(v.version_id)
     from public.project_versions v
    where v.version_id = p_version and v.project_id = p_project;
end;
$$;

create or replace function public.lock_version_v1(p_project text, p_version text) returns void
language plpgsql volatile security invoker
as $$
begin
  -- Old transactions take locks in an order of their own. In a circle it is always this one that steps back, before PostgreSQL looks for circles (after a
  -- second) and ends whom it likes, and it comes again.
  perform set_config('lock_timeout', '500ms', true);
  perform public.lock_project_v1(p_project);
  perform public.project_versions_carry_for(p_project, p_version);
end;
$$;

revoke execute on function
  public.project_versions_carry_range, public.project_versions_carry, public.project_versions_carry_for
from public;
grant execute on function public.project_versions_carry_for to project_versions_api, project_versions_worker;

-- That old writers are still there, noted once a minute at most and by one of them at a time: nobody waits for it.
create or replace function public.project_versions_saw_old_writer() returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_try_advisory_xact_lock(7313) then
    update public.project_versions_consolidation
       set old_writer_seen_at = clock_timestamp()
     where coalesce(old_writer_seen_at, '-infinity') < clock_timestamp() - interval '1 minute';
  end if;
end;
$$;

-- Who publishes in the old table publishes: the others are taken off first, so that the unique index never fails an old writer.
create or replace function public.project_versions_follow_publication(
  p_version public.project_versions, p_metadata public.project_versions_metadata
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  live text;
begin
  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_version.project_id and v.is_published
   order by v.version_id <> p_version.version_id
   limit 1;
  if coalesce(p_metadata.is_published, false) then
    update public.project_versions v
       set is_published = false, updated_at = clock_timestamp()
     where v.project_id = p_version.project_id and v.is_published and v.version_id <> p_version.version_id;
    update public.project_versions v
       set is_published = true,
           published_at = coalesce(p_metadata.published_at, clock_timestamp()),
           published_by_user_id = coalesce(p_metadata.published_by_user_id, v.published_by_user_id),
           user_comment = coalesce(p_metadata.user_comment, v.user_comment),
           updated_at = clock_timestamp()
     where v.version_id = p_version.version_id;
  elsif live is distinct from p_version.version_id then
    return;
  else
    update public.project_versions v
       set is_published = false, updated_at = clock_timestamp()
     where v.version_id = p_version.version_id;
  end if;
  if live is distinct from p_version.version_id or not coalesce(p_metadata.is_published, false) then
    insert into public.version_publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
    values (
      p_version.project_id, p_version.user_id,
      case when coalesce(p_metadata.is_published, false) then 'published' else 'unpublished' end,
      p_version.version_id, live, p_metadata.user_comment, clock_timestamp()
    );
  end if;
end;
$$;

create or replace function public.project_versions_follow_metadata() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  before public.project_versions_metadata;
  version public.project_versions;
  carried boolean := false;
  follows boolean;
  renumbers boolean;
  counts boolean;
  publication boolean;
begin
  -- The way back writes to the old table too.
  if current_setting('project_versions.carries_back', true) = 'on' then
    return coalesce(new, old);
  end if;
  perform public.project_versions_saw_old_writer();
  if tg_op = 'DELETE' then
    perform public.project_versions_carry(old.version_id::text);
    return old;
  end if;

  if tg_op = 'INSERT' then
    -- Whoever inserts the version of this id at the same moment shares the same lock: one of the two sees the other's row.
    perform pg_advisory_xact_lock(7312, hashtext(new.version_id::text) & 1023);
  else
    before := old;
  end if;
  -- Publishing what the old table took for published all along is publishing: here another one may be.
  publication := coalesce(new.is_published, false) <> coalesce(before.is_published, false)
    or (new.is_published and new.published_at is distinct from before.published_at);
  if publication then
    -- Before any row of the project's: everybody takes the lock first.
    perform pg_advisory_xact_lock(hashtextextended(new.project_id::text, 7310));
    perform public.project_versions_carry(m.version_id::text)
       from public.project_versions_metadata m
      where m.project_id = new.project_id and m.is_published and m.version_id <> new.version_id;
  end if;

  -- Locked, so that whoever carries it over at this moment reads what is written here, or is waited for.
  select v.* into version
    from public.project_versions v
   where v.version_id = new.version_id::text and v.project_id = new.project_id::text and v.user_id = new.user_id::text
     for no key update;
  if not found then
    return new;
  end if;
  if version.metadata_status <> 'ready' then
    if publication then
      perform public.project_versions_carry_range(version.version_id, version.version_id, '');
    elsif new.is_published and exists (select from public.project_versions_consolidation where backfilled_at is null) then
      -- Carrying it over would publish it, which takes the project's lock; whoever has that may wait for a version this transaction has changed. Readers see
      -- it through the view, and the backfill, or whoever changes a version of the project, carries it over.
      return new;
    else
      perform public.project_versions_carry(version.version_id);
    end if;
    select v.* into version from public.project_versions v where v.version_id = version.version_id;
    carried := true;
  end if;
  -- Described by a generator of this system, or by a person: only a person replaces it.
  follows := (version.metadata_generator is null and version.auto_classified is distinct from false)
    or new.auto_classified is not distinct from false;
  renumbers := follows and (new.major_version, new.minor_version, new.patch_version, nullif(btrim(new.prerelease), ''))
    is distinct from (before.major_version, before.minor_version, before.patch_version, nullif(btrim(before.prerelease), ''));
  -- A row that is inserted anew for a version that is ready says no more of its statistics than its defaults.
  counts := tg_op = 'UPDATE';
  if counts or not carried then
    update public.project_versions v
       set major_version = case when renumbers then new.major_version else v.major_version end,
           minor_version = case when renumbers then new.minor_version else v.minor_version end,
           patch_version = case when renumbers then new.patch_version else v.patch_version end,
           prerelease = case when renumbers then nullif(btrim(new.prerelease), '') else v.prerelease end,
           version_name = case
             when follows and new.version_name is distinct from before.version_name then new.version_name
             else v.version_name
           end,
           version_description = case
             when follows and new.version_description is distinct from before.version_description then new.version_description
             else v.version_description
           end,
           change_type = case
             when follows and new.change_type is distinct from before.change_type
               and lower(btrim(new.change_type)) in ('major', 'minor', 'patch', 'rollback') then lower(btrim(new.change_type))
             else v.change_type
           end,
           breaking_risk = case
             when follows and new.breaking_risk is distinct from before.breaking_risk then new.breaking_risk
             else v.breaking_risk
           end,
           auto_classified = case
             when follows and new.auto_classified is distinct from before.auto_classified then new.auto_classified
             else v.auto_classified
           end,
           classification_confidence = case
             when follows and new.classification_confidence is distinct from before.classification_confidence
               then new.classification_confidence
             else v.classification_confidence
           end,
           classification_reasoning = case
             when follows and new.classification_reasoning is distinct from before.classification_reasoning
               then new.classification_reasoning
             else v.classification_reasoning
           end,
           files_changed = case
             when counts and new.files_changed is distinct from before.files_changed then new.files_changed
             else coalesce(v.files_changed, new.files_changed)
           end,
           lines_added = case
             when counts and new.lines_added is distinct from before.lines_added then new.lines_added
             else coalesce(v.lines_added, new.lines_added)
           end,
           lines_removed = case
             when counts and new.lines_removed is distinct from before.lines_removed then new.lines_removed
             else coalesce(v.lines_removed, new.lines_removed)
           end,
           -- The pipeline's own word, where there is one.
           build_duration_ms = coalesce(v.build_duration_ms, new.build_duration_ms),
           base_version_id = case
             when new.base_version_id is distinct from before.base_version_id
               then coalesce(nullif(new.base_version_id::text, ''), v.base_version_id)
             else v.base_version_id
           end,
           parent_version_id = case
             when new.parent_version_id is distinct from before.parent_version_id then coalesce((
               select parent.version_id from public.project_versions parent where parent.version_id = new.parent_version_id::text
             ), v.parent_version_id)
             else v.parent_version_id
           end,
           git_commit_sha = case
             when new.git_commit_sha is distinct from before.git_commit_sha then new.git_commit_sha
             else v.git_commit_sha
           end,
           git_tag = case when new.git_tag is distinct from before.git_tag then new.git_tag else v.git_tag end,
           from_recommendation_id = case
             when new.from_recommendation_id is distinct from before.from_recommendation_id then new.from_recommendation_id
             else v.from_recommendation_id
           end,
           user_comment = case
             when new.user_comment is distinct from before.user_comment then new.user_comment
             else v.user_comment
           end,
           soft_deleted_at = case
             when new.soft_deleted_at is distinct from before.soft_deleted_at then new.soft_deleted_at
             else v.soft_deleted_at
           end,
           updated_at = clock_timestamp()
     where v.version_id = version.version_id;
  end if;
  if publication then
    perform public.project_versions_follow_publication(version, new);
  end if;
  return new;
end;
$$;

-- Metadata may have come before its version. The lock is one of 1,024 and not one a version, as a transaction of a hundred thousand versions would use up the room that
-- all have for locks together; and shared, so that versions never wait for versions.
create or replace function public.project_versions_find_metadata() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock_shared(7312, hashtext(new.version_id) & 1023);
  -- An old writer who is changing it at this moment is waited for, and one who comes after this sees the version.
  perform from public.project_versions_metadata m where m.version_id = new.version_id::bpchar for share;
  if found then
    perform public.project_versions_carry(new.version_id);
  end if;
  return null;
end;
$$;

-- When a version went live. Old code writes the status alone, and updated_at, which is read for it as long as there is nothing better, moves with every
-- write: it is taken down before that. Stays when the old table goes, for code that does the same.
create or replace function public.project_versions_note_deployment() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'UPDATE' and old.status = 'deployed' then
    new.deployed_at := coalesce(old.updated_at, old.created_at, clock_timestamp());
  elsif tg_op = 'UPDATE' then
    new.deployed_at := clock_timestamp();
  else
    new.deployed_at := coalesce(new.updated_at, new.created_at, clock_timestamp());
  end if;
  return new;
end;
$$;
revoke execute on function
  public.project_versions_saw_old_writer, public.project_versions_follow_publication, public.project_versions_follow_metadata,
  public.project_versions_find_metadata, public.project_versions_note_deployment
from public;

-- migrate: transaction
create or replace trigger project_versions_follow
  after insert or update on public.project_versions_metadata
  for each row execute function public.project_versions_follow_metadata();
create or replace trigger project_versions_keep
  before delete on public.project_versions_metadata
  for each row execute function public.project_versions_follow_metadata();

-- migrate: transaction
create or replace trigger project_versions_find_metadata
  after insert on public.project_versions
  for each row
  when (new.metadata_status <> 'ready')
  execute function public.project_versions_find_metadata();
create or replace trigger project_versions_note_deployment
  before insert or update on public.project_versions
  for each row
  when (new.status = 'deployed' and new.deployed_at is null)
  execute function public.project_versions_note_deployment();

-- Who reads through consolidated_versions reads the old table as well: the columns it shows, and as in project_versions a user's own rows alone.
-- migrate: transaction
do $$
begin
  if not (select relrowsecurity from pg_class where oid = 'public.project_versions_metadata'::regclass) then
    create policy project_versions_everyone on public.project_versions_metadata using (true);
    alter table public.project_versions_metadata enable row level security;
  end if;
  if not exists (
    select from pg_policy where polrelid = 'public.project_versions_metadata'::regclass and polname = 'project_versions_functions'
  ) then
    create policy project_versions_functions on public.project_versions_metadata
      to project_versions_api, project_versions_worker using (true);
    create policy project_versions_own_rows on public.project_versions_metadata as restrictive
      to project_versions_api using (user_id::text = (select nullif(current_setting('app.user_id', true), '')));
  end if;
end;
$$;
grant select on public.project_versions_bridged to project_versions_api, project_versions_worker;
grant select (
  version_id, project_id, user_id, is_published, published_at, published_by_user_id, user_comment, soft_deleted_at, major_version, minor_version,
  patch_version, prerelease, version_name, version_description, change_type, breaking_risk, auto_classified, classification_confidence,
  classification_reasoning, parent_version_id, files_changed, lines_added, lines_removed, build_duration_ms
) on public.project_versions_metadata to project_versions_api, project_versions_worker;
