-- Who may do what in the database. Functions that answer users are members of project_versions_api: they read the columns an answer
-- needs, of the rows of the user they speak for, and of those change what a user may change. Functions that work for the
-- pipeline are members of project_versions_worker: they see every row, write what builds and metadata are made of, and delete
-- nothing. The owner of the tables migrates. apply-migrations makes the logins, one a secret.

-- Group roles belong to the cluster: another database of it may have made them, or be making them now.
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

grant usage on schema public to project_versions_api, project_versions_worker;

-- What an answer is made of, and what a rollback copies. Never prompt, enhanced_prompt, prompt_metadata or ai_json.
grant select (
  project_id, version_id, user_id, status, created_at, deployed_at, updated_at, parent_version_id, preview_url, framework,
  artifact_url, artifact_size, artifact_checksum, is_published, published_at, published_by_user_id, user_comment,
  version_name, version_description, change_type, major_version, minor_version, patch_version, prerelease, breaking_risk,
  auto_classified, classification_confidence, classification_reasoning, metadata_status, metadata_error, soft_deleted_at,
  files_changed, lines_added, lines_removed, build_duration_ms
) on public.project_versions to project_versions_api;
-- Publishing, a person's own words, deleting and restoring.
grant update (
  is_published, published_at, published_by_user_id, user_comment, version_name, version_description, change_type,
  auto_classified, soft_deleted_at, updated_at
) on public.project_versions to project_versions_api;
-- A rollback is a new version.
grant insert (
  project_id, version_id, user_id, prompt, parent_version_id, framework, status, deployed_at, created_at, updated_at,
  preview_url, artifact_url, artifact_size, artifact_checksum, major_version, minor_version, patch_version, prerelease,
  change_type, version_name, user_comment, metadata_status
) on public.project_versions to project_versions_api;
grant select on public.version_rows, public.consolidated_versions to project_versions_api, project_versions_worker;
grant select on public.version_recommendations to project_versions_api;
grant select, insert on public.version_publications to project_versions_api;
grant select, insert, update on public.idempotency_keys to project_versions_api, project_versions_worker;

grant select on public.project_versions to project_versions_worker;
grant insert (
  project_id, version_id, user_id, status, metadata_status, created_at, updated_at, prompt, enhanced_prompt, prompt_metadata,
  framework, parent_version_id, base_snapshot_id, node_version, pnpm_version, ai_session_id, ai_session_created_at
) on public.project_versions to project_versions_worker;
-- How a build ended, and its metadata. Whose version it is, its id and its prompt stay as they were recorded, and what a
-- user decided, publication and deletion, is not the pipeline's.
grant update (
  status, deployed_at, preview_url, artifact_url, artifact_size, artifact_checksum, cf_deployment_id, build_duration_ms,
  install_duration_ms, deploy_duration_ms, output_size_bytes, files_changed, lines_added, lines_removed, git_commit_sha,
  git_tag, metadata_status, metadata_error, major_version, minor_version, patch_version, prerelease, change_type,
  version_name, version_description, breaking_risk, auto_classified, classification_confidence, classification_reasoning,
  updated_at
) on public.project_versions to project_versions_worker;
grant select, insert on public.version_recommendations to project_versions_worker;

-- PostgreSQL lets everyone execute a new function.
revoke execute on function
  public.apply_metadata_v1, public.apply_one_metadata_v1, public.begin_once_v1, public.changed_version_v1,
  public.create_version_once_v1, public.create_version_v1, public.delete_version_v1, public.edit_metadata_v1,
  public.end_once_v1, public.forget_old_keys_v1, public.list_publications_v1, public.list_versions_v1,
  public.lock_project_v1, public.lock_version_v1, public.next_semver_v1, public.prerelease_order_v1,
  public.publish_version_v1, public.read_builds_v1, public.read_item_v1, public.read_publication_v1, public.read_version_v1,
  public.record_build_end_v1, public.restore_version_v1, public.rollback_version_v1, public.shown_versions_v1,
  public.unpublish_project_v1, public.unusable_v1, public.version_item_v1
from public;
grant execute on function
  public.begin_once_v1, public.changed_version_v1, public.delete_version_v1, public.edit_metadata_v1, public.end_once_v1,
  public.forget_old_keys_v1, public.list_publications_v1, public.list_versions_v1, public.lock_project_v1,
  public.lock_version_v1, public.next_semver_v1, public.prerelease_order_v1, public.publish_version_v1, public.read_item_v1,
  public.read_publication_v1, public.read_version_v1, public.restore_version_v1, public.rollback_version_v1,
  public.shown_versions_v1, public.unpublish_project_v1, public.unusable_v1, public.version_item_v1
to project_versions_api;
grant execute on function
  public.apply_metadata_v1, public.apply_one_metadata_v1, public.begin_once_v1, public.create_version_once_v1,
  public.create_version_v1, public.end_once_v1, public.forget_old_keys_v1, public.lock_project_v1, public.lock_version_v1,
  public.next_semver_v1,
  public.prerelease_order_v1, public.read_builds_v1, public.read_item_v1, public.record_build_end_v1, public.version_item_v1
to project_versions_worker;

-- Row-level security, enabled and not forced: it does not bind the owner, who migrates. Where it was off, every other role, the
-- old system's code among them, goes on as before. Where it was on, that database's own policies stay and decide for
-- them. The lock is short, and the runner tries again when it cannot get it in a tenth of a second.
-- migrate: transaction
do $$
begin
  if not (select relrowsecurity from pg_class where oid = 'public.project_versions'::regclass) then
    create policy project_versions_everyone on public.project_versions using (true);
    alter table public.project_versions enable row level security;
  end if;
end;
$$;
create policy project_versions_functions on public.project_versions
  to project_versions_api, project_versions_worker using (true);
-- Restrictive: it holds beside whatever other policies let a role see. The functions set app.user_id for their transaction;
-- unset it is null, or '' where an earlier transaction of the session had set it: no rows. In a sub-select, it is read once a
-- statement and not once a row.
create policy project_versions_own_rows on public.project_versions as restrictive
  to project_versions_api using (user_id = (select nullif(current_setting('app.user_id', true), '')));

-- Tables of this product alone: no other role has had a way to them.
-- migrate: transaction
alter table public.version_recommendations enable row level security;
create policy project_versions_functions on public.version_recommendations
  to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on public.version_recommendations as restrictive
  to project_versions_api using (user_id = (select nullif(current_setting('app.user_id', true), '')));

alter table public.version_publications enable row level security;
create policy project_versions_functions on public.version_publications to project_versions_api using (true);
create policy project_versions_own_rows on public.version_publications as restrictive
  to project_versions_api using (user_id = (select nullif(current_setting('app.user_id', true), '')));

alter table public.idempotency_keys enable row level security;
create policy project_versions_functions on public.idempotency_keys
  to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on public.idempotency_keys as restrictive
  to project_versions_api using (caller = (select nullif(current_setting('app.user_id', true), '')));
