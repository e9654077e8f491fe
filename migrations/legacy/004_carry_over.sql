-- migrate: where public.project_versions
-- Carries all that the old table knows into project_versions, beside the running system, and leaves the old table as it is. A deployment
-- waits for it: the functions of this system read project_versions alone.

-- A batch of versions, by key.
create or replace function version_history.carry_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  first_key text;
begin
  select min(page.version_id), max(page.version_id), count(*)
    into first_key, last_key, rows
    from (
      select v.version_id
        from public.project_versions v
       where v.version_id > coalesce(p_after, '')
       order by v.version_id
       limit p_batch
    ) page;
  if last_key is not null then
    perform version_history.carry(first_key, last_key, true);
  end if;
  return next;
end;
$$;

-- A batch of projects of which several versions are published. One stays: the latest published_at, a deleted one only when there is no
-- other. When and by whom the others were published is kept.
create or replace function version_history.unpublish_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
declare
  projects text[];
begin
  perform set_config('version_history.keep_updated_at', 'on', true);
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
  insert into version_history.takeover_report (kind, project_id, version_id, detail)
  select 'several_published', u.project_id, u.version_id,
         jsonb_build_object('stays_published', u.kept, 'published_at', u.published_at)
    from unpublished u
      on conflict do nothing;
  get diagnostics rows = row_count;
  return next;
end;
$$;
revoke execute on function version_history.carry_batch, version_history.unpublish_batch from public;

-- migrate: batched over public.project_versions
select last_key, rows from version_history.carry_batch(:after::text, :batch);

-- What the old table publishes from here on takes the others off by itself.
-- migrate: transaction
do $$
begin
  update version_history.takeover set carried_at = clock_timestamp();
end;
$$;

-- If two versions of a project are published while the index is built, it fails and the runner comes back to this step.
-- migrate: batched by 1000
select last_key, rows from version_history.unpublish_batch(:after::text, :batch);

-- migrate: no transaction
create unique index concurrently if not exists project_versions_one_published
  on public.project_versions (project_id)
  where is_published;

-- migrate: no transaction
drop index concurrently if exists public.project_versions_published;

-- migrate: transaction
drop function version_history.carry_batch(text, bigint);
drop function version_history.unpublish_batch(text, bigint);
