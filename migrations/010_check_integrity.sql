-- What check-integrity reads beside what project_versions_worker reads anyway: the log of publications without its comments and names, which of the
-- oddities it may find the consolidation has found and kept, and how far the migrations are. It changes nothing.
grant select (id, project_id, action, version_id, previous_version_id, at) on public.version_publications to project_versions_worker;
create policy project_versions_check on public.version_publications for select to project_versions_worker using (true);

-- Their details are ids; those of other kinds hold users' texts.
grant select (kind, project_id, version_id, detail) on public.project_versions_consolidation_report to project_versions_worker;
create policy project_versions_check on public.project_versions_consolidation_report for select to project_versions_worker
  using (kind in ('equal_numbers', 'several_owners'));

grant select (old_writer_seen_at) on public.project_versions_consolidation to project_versions_worker;
create policy project_versions_check on public.project_versions_consolidation for select to project_versions_worker using (true);

-- Made by the runner, which runs before there are roles; by hand there is none.
do $$
begin
  if to_regclass('public.project_versions_migrations') is not null then
    grant select (name, next_step, applied_at) on public.project_versions_migrations to project_versions_worker;
  end if;
end;
$$;
