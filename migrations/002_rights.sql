-- What each role may do with each table. 000_roles.sql says who they are; rights to functions stand beside the functions.

-- What an answer is made of, and what a rollback copies. Never prompt, enhanced_prompt, prompt_metadata or ai_json.
grant select (
  project_id, version_id, user_id, status, created_at, deployed_at, parent_version_id, preview_url, framework, artifact_url,
  artifact_size, artifact_checksum, is_published, published_at, published_by_user_id, user_comment, version_name,
  version_description, change_type, major_version, minor_version, patch_version, prerelease, breaking_risk, auto_classified,
  classification_confidence, classification_reasoning, metadata_status, metadata_error, metadata_generator, metadata_attempts,
  metadata_ms, soft_deleted_at, files_changed, lines_added, lines_removed, install_duration_ms, build_duration_ms,
  deploy_duration_ms
) on public.project_versions to project_versions_api;
-- Publishing, a person's own words, deleting and restoring.
grant update (
  is_published, published_at, published_by_user_id, user_comment, version_name, version_description, change_type,
  auto_classified, soft_deleted_at
) on public.project_versions to project_versions_api;
-- A rollback is a new version.
grant insert (
  project_id, version_id, user_id, prompt, parent_version_id, framework, status, deployed_at, created_at, updated_at,
  preview_url, artifact_url, artifact_size, artifact_checksum, major_version, minor_version, patch_version, prerelease,
  change_type, version_name, user_comment, metadata_status
) on public.project_versions to project_versions_api;
grant select on version_history.recommendations to project_versions_api;
grant select, insert on version_history.publications to project_versions_api;
grant select, insert, update on version_history.idempotency_keys to project_versions_api, project_versions_worker;

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
  git_tag, major_version, minor_version, patch_version, prerelease, change_type, version_name, version_description,
  breaking_risk, auto_classified, classification_confidence, classification_reasoning, metadata_status, metadata_error,
  metadata_generator, metadata_attempts, metadata_delivery, metadata_ms, metadata_requested_at, metadata_queued_at,
  metadata_requeues
) on public.project_versions to project_versions_worker;
grant select, insert on version_history.recommendations to project_versions_worker;
-- The one thing the worker deletes: yesterday's reservations.
grant select, insert, update, delete on version_history.model_calls to project_versions_worker;
-- check-integrity reads the log of publications without its comments and names, and how far the migrations are.
grant select (id, project_id, action, version_id, previous_version_id, at) on version_history.publications to project_versions_worker;

-- The runner makes its ledger before there are roles. Where this file is run by hand there is none.
do $$
begin
  if to_regclass('version_history.migrations') is not null then
    grant select (name, next_step, applied_at) on version_history.migrations to project_versions_worker;
  end if;
end;
$$;

-- Tables of this product alone: no other role has had a way to them.
alter table version_history.recommendations enable row level security;
create policy project_versions_functions on version_history.recommendations
  to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on version_history.recommendations as restrictive
  to project_versions_api using (user_id = (select nullif(current_setting('app.user_id', true), '')));

alter table version_history.publications enable row level security;
create policy project_versions_functions on version_history.publications to project_versions_api using (true);
create policy project_versions_own_rows on version_history.publications as restrictive
  to project_versions_api using (user_id = (select nullif(current_setting('app.user_id', true), '')));
create policy project_versions_check on version_history.publications for select to project_versions_worker using (true);

alter table version_history.idempotency_keys enable row level security;
create policy project_versions_functions on version_history.idempotency_keys
  to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on version_history.idempotency_keys as restrictive
  to project_versions_api using (caller = (select nullif(current_setting('app.user_id', true), '')));
-- What a user was answered is not the pipeline's to read.
create policy project_versions_pipeline_rows on version_history.idempotency_keys as restrictive
  to project_versions_worker using (route like 'POST /pipeline/%');

alter table version_history.model_calls enable row level security;
create policy project_versions_functions on version_history.model_calls to project_versions_worker using (true);

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
