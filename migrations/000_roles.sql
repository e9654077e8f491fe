-- Who may do what. Functions that answer users log in as members of project_versions_api: they read the columns an answer needs, of
-- the rows of the user they speak for, and change what a user may change. Functions that work for the pipeline log in as members of
-- project_versions_worker: they see every row, write what builds and metadata are made of, and delete nothing of it. The owner of the
-- tables migrates. apply-migrations makes the logins, one a secret. Rights to functions stand beside the functions.

-- Roles belong to the cluster: another database of it may have made them, or be making them now.
do $$
begin
  if to_regrole('project_versions_api') is null then
    create role project_versions_api nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end;
$$;
do $$
begin
  if to_regrole('project_versions_worker') is null then
    create role project_versions_worker nologin;
  end if;
exception when duplicate_object or unique_violation then
  null;
end;
$$;

grant usage on schema public, version_history to project_versions_api, project_versions_worker;
