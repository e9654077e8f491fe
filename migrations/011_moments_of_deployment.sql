-- migrate: backfill
-- 007 makes its triggers in two steps. Old code that described a version and then deployed it, both between the two, left it carried over and deployed
-- at no time, and the backfill, which goes by what is not carried over, passed it by. Since then the second trigger takes the moment down.
create or replace function public.project_versions_note_missed_batch(p_after text, p_batch bigint)
returns table (last_key text, rows bigint)
language plpgsql
as $$
begin
  perform set_config('project_versions.keep_updated_at', 'on', true);
  select max(page.version_id), count(*)
    into last_key, rows
    from (
      select v.version_id
        from public.project_versions v
       where v.version_id > coalesce(p_after, '')
       order by v.version_id
       limit p_batch
    ) page;
  update public.project_versions v
     set deployed_at = coalesce(v.updated_at, v.created_at)
   where v.version_id > coalesce(p_after, '') and v.version_id <= last_key
     and v.status = 'deployed' and v.deployed_at is null;
  return next;
end;
$$;

-- migrate: batched over public.project_versions
select last_key, rows from public.project_versions_note_missed_batch(:after, :batch);

-- migrate: transaction
drop function public.project_versions_note_missed_batch(text, bigint);
