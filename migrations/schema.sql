-- The schema that the migrations make of an empty database, read from its catalog: for people to read, not to run.
-- `npm run schema` writes it; a test fails when it is not what the migrations make.

create table idempotency_keys (
  caller text not null,
  route text not null,
  key text not null,
  request_hash text not null,
  answer json not null,
  created_at timestamp with time zone not null
);
alter table idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (caller, route, key);
CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);
alter table idempotency_keys enable row level security;
create policy project_versions_functions on idempotency_keys as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on idempotency_keys as restrictive for all to project_versions_api using ((caller = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant insert, select, update on idempotency_keys to project_versions_api;
grant insert, select, update on idempotency_keys to project_versions_worker;

create table metadata_model_calls (
  batch_id text not null,
  day date not null,
  calls integer not null
);
alter table metadata_model_calls add constraint metadata_model_calls_pkey PRIMARY KEY (batch_id);
CREATE INDEX metadata_model_calls_of_a_day ON public.metadata_model_calls USING btree (day) INCLUDE (calls);
alter table metadata_model_calls enable row level security;
create policy project_versions_functions on metadata_model_calls as permissive for all to project_versions_worker using (true);
grant delete, insert, select, update on metadata_model_calls to project_versions_worker;

create table project_versions (
  id uuid default gen_random_uuid() not null,
  user_id text not null,
  project_id text not null,
  version_id text not null,
  prompt text not null,
  parent_version_id text,
  preview_url text,
  artifact_url text,
  framework text,
  build_duration_ms integer,
  install_duration_ms integer,
  deploy_duration_ms integer,
  output_size_bytes integer,
  ai_json jsonb,
  status text not null,
  needs_rebuild boolean default false,
  base_snapshot_id text,
  cf_deployment_id text,
  node_version text,
  pnpm_version text,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now(),
  version_metadata_id character(26),
  enhanced_prompt text,
  prompt_metadata jsonb,
  ai_session_id text,
  ai_session_created_at timestamp without time zone,
  ai_session_last_used_at timestamp without time zone,
  artifact_size bigint,
  artifact_checksum character varying(64),
  is_published boolean default false not null,
  published_at timestamp with time zone,
  published_by_user_id text,
  user_comment text,
  version_name character varying(100),
  version_description text,
  change_type character varying(10),
  major_version integer,
  minor_version integer,
  patch_version integer,
  prerelease text,
  breaking_risk text,
  auto_classified boolean,
  classification_confidence numeric(3,2),
  classification_reasoning text,
  soft_deleted_at timestamp with time zone,
  files_changed integer,
  lines_added integer,
  lines_removed integer,
  git_commit_sha text,
  git_tag text,
  base_version_id text,
  from_recommendation_id integer,
  deployed_at timestamp with time zone,
  metadata_status text default 'pending'::text not null,
  metadata_error text,
  metadata_generator text,
  metadata_attempts integer default 0 not null,
  metadata_delivery text,
  metadata_ms integer,
  metadata_requested_at timestamp with time zone,
  metadata_queued_at timestamp with time zone,
  metadata_requeues integer default 0 not null
);
alter table project_versions add constraint chk_artifact_checksum_format CHECK (((artifact_checksum IS NULL) OR ((artifact_checksum)::text ~ '^[a-fA-F0-9]{64}$'::text)));
alter table project_versions add constraint chk_artifact_size_limit CHECK (((artifact_size IS NULL) OR ((artifact_size >= 0) AND (artifact_size <= '2147483648'::bigint))));
alter table project_versions add constraint project_versions_change_type_known CHECK (((change_type)::text = ANY ((ARRAY['major'::character varying, 'minor'::character varying, 'patch'::character varying, 'rollback'::character varying])::text[])));
alter table project_versions add constraint project_versions_metadata_generator_known CHECK ((metadata_generator = ANY (ARRAY['document'::text, 'model'::text, 'rules'::text])));
alter table project_versions add constraint project_versions_metadata_status_known CHECK ((metadata_status = ANY (ARRAY['none'::text, 'pending'::text, 'ready'::text, 'failed'::text])));
alter table project_versions add constraint project_versions_pkey PRIMARY KEY (version_id);
alter table project_versions add constraint project_versions_status_check CHECK ((status = ANY (ARRAY['building'::text, 'deployed'::text, 'failed'::text])));
alter table project_versions add constraint project_versions_version_metadata_id_fkey FOREIGN KEY (version_metadata_id) REFERENCES project_versions_metadata(version_id);
CREATE INDEX project_versions_awaiting_metadata ON public.project_versions USING btree (deployed_at, version_id) WHERE ((metadata_status = 'pending'::text) AND (status = 'deployed'::text));
CREATE INDEX project_versions_default_view ON public.project_versions USING btree (project_id, user_id, created_at DESC, version_id DESC) INCLUDE (is_published) WHERE ((soft_deleted_at IS NULL) AND ((change_type)::text IS DISTINCT FROM 'patch'::text));
CREATE INDEX project_versions_history ON public.project_versions USING btree (project_id, user_id, created_at DESC, version_id DESC) INCLUDE (is_published, change_type, status);
CREATE INDEX project_versions_metadata_due ON public.project_versions USING btree (COALESCE(metadata_queued_at, deployed_at), version_id) WHERE ((metadata_status = 'pending'::text) AND (status = 'deployed'::text));
CREATE INDEX project_versions_numbers ON public.project_versions USING btree (project_id, major_version DESC, minor_version DESC, patch_version DESC) WHERE (major_version IS NOT NULL);
CREATE UNIQUE INDEX project_versions_one_published ON public.project_versions USING btree (project_id) WHERE is_published;
CREATE INDEX project_versions_with_checkpoints ON public.project_versions USING btree (project_id, user_id, created_at DESC, version_id DESC) INCLUDE (is_published, change_type, status) WHERE (soft_deleted_at IS NULL);
CREATE INDEX project_versions_with_deleted ON public.project_versions USING btree (project_id, user_id, created_at DESC, version_id DESC) INCLUDE (is_published) WHERE ((change_type)::text IS DISTINCT FROM 'patch'::text);
CREATE TRIGGER project_versions_find_metadata AFTER INSERT ON public.project_versions FOR EACH ROW WHEN ((new.metadata_status <> 'ready'::text)) EXECUTE FUNCTION project_versions_find_metadata();
CREATE TRIGGER project_versions_note_deployment BEFORE INSERT OR UPDATE ON public.project_versions FOR EACH ROW WHEN (((new.status = 'deployed'::text) AND (new.deployed_at IS NULL))) EXECUTE FUNCTION project_versions_note_deployment();
CREATE TRIGGER "~project_versions_keep_updated_at" BEFORE UPDATE ON public.project_versions FOR EACH ROW WHEN ((current_setting('project_versions.keep_updated_at'::text, true) = 'on'::text)) EXECUTE FUNCTION project_versions_keep_updated_at();
alter table project_versions enable row level security;
create policy project_versions_everyone on project_versions as permissive for all to public using (true);
create policy project_versions_functions on project_versions as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on project_versions as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant insert (artifact_checksum, artifact_size, artifact_url, change_type, created_at, deployed_at, framework, major_version, metadata_status, minor_version, parent_version_id, patch_version, prerelease, preview_url, project_id, prompt, status, updated_at, user_comment, user_id, version_id, version_name) on project_versions to project_versions_api;
grant select (artifact_checksum, artifact_size, artifact_url, auto_classified, breaking_risk, build_duration_ms, change_type, classification_confidence, classification_reasoning, created_at, deploy_duration_ms, deployed_at, files_changed, framework, install_duration_ms, is_published, lines_added, lines_removed, major_version, metadata_attempts, metadata_error, metadata_generator, metadata_ms, metadata_status, minor_version, parent_version_id, patch_version, prerelease, preview_url, project_id, published_at, published_by_user_id, soft_deleted_at, status, updated_at, user_comment, user_id, version_description, version_id, version_name) on project_versions to project_versions_api;
grant update (auto_classified, change_type, is_published, published_at, published_by_user_id, soft_deleted_at, updated_at, user_comment, version_description, version_name) on project_versions to project_versions_api;
grant select on project_versions to project_versions_worker;
grant insert (ai_session_created_at, ai_session_id, base_snapshot_id, created_at, enhanced_prompt, framework, metadata_status, node_version, parent_version_id, pnpm_version, project_id, prompt, prompt_metadata, status, updated_at, user_id, version_id) on project_versions to project_versions_worker;
grant update (artifact_checksum, artifact_size, artifact_url, auto_classified, breaking_risk, build_duration_ms, cf_deployment_id, change_type, classification_confidence, classification_reasoning, deploy_duration_ms, deployed_at, files_changed, git_commit_sha, git_tag, install_duration_ms, lines_added, lines_removed, major_version, metadata_attempts, metadata_delivery, metadata_error, metadata_generator, metadata_ms, metadata_queued_at, metadata_requested_at, metadata_requeues, metadata_status, minor_version, output_size_bytes, patch_version, prerelease, preview_url, status, updated_at, version_description, version_name) on project_versions to project_versions_worker;

create table project_versions_backup (
  id uuid not null,
  user_id text not null,
  project_id text not null,
  version_id text not null,
  prompt text not null,
  parent_version_id text,
  preview_url text,
  artifact_url text,
  framework text,
  build_duration_ms integer,
  install_duration_ms integer,
  deploy_duration_ms integer,
  output_size_bytes integer,
  ai_json jsonb,
  status text not null,
  needs_rebuild boolean,
  base_snapshot_id text,
  cf_deployment_id text,
  node_version text,
  pnpm_version text,
  created_at timestamp with time zone,
  updated_at timestamp with time zone,
  version_metadata_id character(26),
  enhanced_prompt text,
  prompt_metadata jsonb,
  ai_session_id text,
  ai_session_created_at timestamp without time zone,
  ai_session_last_used_at timestamp without time zone,
  artifact_size bigint,
  artifact_checksum character varying(64),
  is_published boolean not null,
  published_at timestamp with time zone,
  published_by_user_id text,
  user_comment text,
  version_name character varying(100),
  version_description text,
  change_type character varying(10),
  major_version integer,
  minor_version integer,
  patch_version integer,
  prerelease text,
  breaking_risk text,
  auto_classified boolean,
  classification_confidence numeric(3,2),
  classification_reasoning text,
  soft_deleted_at timestamp with time zone,
  files_changed integer,
  lines_added integer,
  lines_removed integer,
  git_commit_sha text,
  git_tag text,
  base_version_id text,
  from_recommendation_id integer,
  deployed_at timestamp with time zone,
  metadata_status text not null,
  metadata_error text,
  metadata_generator text,
  metadata_attempts integer not null,
  metadata_delivery text,
  metadata_ms integer,
  metadata_requested_at timestamp with time zone,
  metadata_queued_at timestamp with time zone,
  metadata_requeues integer not null
);
CREATE UNIQUE INDEX project_versions_backup_key ON public.project_versions_backup USING btree (version_id);
alter table project_versions_backup enable row level security;

create table project_versions_consolidation (
  only_row boolean default true not null,
  versions_forced_row_security boolean default false not null,
  metadata_forced_row_security boolean default false not null,
  old_writer_seen_at timestamp with time zone,
  backfilled_at timestamp with time zone
);
alter table project_versions_consolidation add constraint project_versions_consolidation_only_row_check CHECK (only_row);
alter table project_versions_consolidation add constraint project_versions_consolidation_pkey PRIMARY KEY (only_row);
alter table project_versions_consolidation enable row level security;
create policy project_versions_check on project_versions_consolidation as permissive for select to project_versions_worker using (true);
grant select (old_writer_seen_at) on project_versions_consolidation to project_versions_worker;

create table project_versions_consolidation_counts (
  column_name text not null,
  versions bigint not null,
  expected bigint not null,
  found bigint not null,
  checksum_expected numeric not null,
  checksum_found numeric not null,
  lost bigint not null,
  example text
);
alter table project_versions_consolidation_counts add constraint project_versions_consolidation_counts_pkey PRIMARY KEY (column_name);
alter table project_versions_consolidation_counts enable row level security;

create table project_versions_consolidation_report (
  kind text not null,
  project_id text,
  version_id text,
  detail jsonb not null,
  found_at timestamp with time zone default now() not null
);
alter table project_versions_consolidation_report add constraint project_versions_consolidation_report_once UNIQUE NULLS NOT DISTINCT (kind, project_id, version_id);
alter table project_versions_consolidation_report enable row level security;
create policy project_versions_check on project_versions_consolidation_report as permissive for select to project_versions_worker using ((kind = ANY (ARRAY['equal_numbers'::text, 'several_owners'::text])));
grant select (detail, kind, project_id, version_id) on project_versions_consolidation_report to project_versions_worker;

create table project_versions_metadata (
  version_id character(26) not null,
  project_id character varying(255) not null,
  user_id character varying(255) not null,
  major_version integer default 1 not null,
  minor_version integer default 0 not null,
  patch_version integer default 0 not null,
  prerelease character varying(50),
  version_name character varying(100),
  version_description text,
  change_type character varying(10) not null,
  breaking_risk character varying(10),
  auto_classified boolean default true,
  classification_confidence numeric(3,2),
  classification_reasoning text,
  parent_version_id character(26),
  base_version_id character(26),
  from_recommendation_id integer,
  files_changed integer default 0,
  lines_added integer default 0,
  lines_removed integer default 0,
  build_duration_ms integer,
  git_commit_sha character varying(255),
  git_tag character varying(100),
  is_published boolean default false,
  published_at timestamp with time zone,
  published_by_user_id character varying(255),
  user_comment text,
  soft_deleted_at timestamp with time zone,
  created_at timestamp with time zone default CURRENT_TIMESTAMP
);
alter table project_versions_metadata add constraint project_versions_metadata_pkey PRIMARY KEY (version_id);
CREATE INDEX project_versions_metadata_numbers ON public.project_versions_metadata USING btree (project_id, major_version DESC, minor_version DESC, patch_version DESC, ((NULLIF(btrim((prerelease)::text), ''::text) IS NULL)) DESC);
CREATE INDEX project_versions_metadata_published ON public.project_versions_metadata USING btree (project_id) WHERE is_published;
CREATE TRIGGER project_versions_follow AFTER INSERT OR UPDATE ON public.project_versions_metadata FOR EACH ROW EXECUTE FUNCTION project_versions_follow_metadata();
CREATE TRIGGER project_versions_keep BEFORE DELETE ON public.project_versions_metadata FOR EACH ROW EXECUTE FUNCTION project_versions_follow_metadata();
alter table project_versions_metadata enable row level security;
create policy project_versions_everyone on project_versions_metadata as permissive for all to public using (true);
create policy project_versions_functions on project_versions_metadata as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on project_versions_metadata as restrictive for all to project_versions_api using (((user_id)::text = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant select (auto_classified, breaking_risk, build_duration_ms, change_type, classification_confidence, classification_reasoning, files_changed, is_published, lines_added, lines_removed, major_version, minor_version, parent_version_id, patch_version, prerelease, project_id, published_at, published_by_user_id, soft_deleted_at, user_comment, user_id, version_description, version_id, version_name) on project_versions_metadata to project_versions_api;
grant select (auto_classified, breaking_risk, build_duration_ms, change_type, classification_confidence, classification_reasoning, files_changed, is_published, lines_added, lines_removed, major_version, minor_version, parent_version_id, patch_version, prerelease, project_id, published_at, published_by_user_id, soft_deleted_at, user_comment, user_id, version_description, version_id, version_name) on project_versions_metadata to project_versions_worker;

create table project_versions_metadata_backup (
  version_id character(26) not null,
  project_id character varying(255) not null,
  user_id character varying(255) not null,
  major_version integer not null,
  minor_version integer not null,
  patch_version integer not null,
  prerelease character varying(50),
  version_name character varying(100),
  version_description text,
  change_type character varying(10) not null,
  breaking_risk character varying(10),
  auto_classified boolean,
  classification_confidence numeric(3,2),
  classification_reasoning text,
  parent_version_id character(26),
  base_version_id character(26),
  from_recommendation_id integer,
  files_changed integer,
  lines_added integer,
  lines_removed integer,
  build_duration_ms integer,
  git_commit_sha character varying(255),
  git_tag character varying(100),
  is_published boolean,
  published_at timestamp with time zone,
  published_by_user_id character varying(255),
  user_comment text,
  soft_deleted_at timestamp with time zone,
  created_at timestamp with time zone
);
CREATE UNIQUE INDEX project_versions_metadata_backup_key ON public.project_versions_metadata_backup USING btree (version_id);
alter table project_versions_metadata_backup enable row level security;

create table version_publications (
  id bigint not null,
  project_id text not null,
  user_id text not null,
  action text not null,
  version_id text not null,
  previous_version_id text,
  comment text,
  at timestamp with time zone not null
);
alter table version_publications add constraint version_publications_action CHECK ((action = ANY (ARRAY['published'::text, 'unpublished'::text])));
alter table version_publications add constraint version_publications_pkey PRIMARY KEY (id);
CREATE INDEX version_publications_newest ON public.version_publications USING btree (project_id, user_id, id DESC);
alter table version_publications enable row level security;
create policy project_versions_check on version_publications as permissive for select to project_versions_worker using (true);
create policy project_versions_functions on version_publications as permissive for all to project_versions_api using (true);
create policy project_versions_own_rows on version_publications as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant insert, select on version_publications to project_versions_api;
grant select (action, at, id, previous_version_id, project_id, version_id) on version_publications to project_versions_worker;

create table version_recommendations (
  version_id text not null,
  project_id text not null,
  user_id text not null,
  document jsonb not null,
  created_at timestamp with time zone default now() not null
);
alter table version_recommendations add constraint version_recommendations_pkey PRIMARY KEY (version_id);
alter table version_recommendations add constraint version_recommendations_version_id_fkey FOREIGN KEY (version_id) REFERENCES project_versions(version_id) ON DELETE CASCADE;
alter table version_recommendations enable row level security;
create policy project_versions_functions on version_recommendations as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on version_recommendations as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant select on version_recommendations to project_versions_api;
grant insert, select on version_recommendations to project_versions_worker;

create view consolidated_versions with (security_invoker=true) as
 SELECT user_id,
    project_id,
    version_id,
    status,
    preview_url,
    artifact_url,
    created_at,
    metadata_error,
    deployed_at,
    is_published,
    published_at,
    published_by_user_id,
    user_comment,
    soft_deleted_at,
    major_version,
    minor_version,
    patch_version,
    prerelease,
    (version_name)::text AS version_name,
    version_description,
    (change_type)::text AS change_type,
    breaking_risk,
    auto_classified,
    (classification_confidence)::numeric AS classification_confidence,
    classification_reasoning,
    parent_version_id,
    files_changed,
    lines_added,
    lines_removed,
    build_duration_ms,
    metadata_status,
    false AS outdated
   FROM project_versions v;
grant select on consolidated_versions to project_versions_api;
grant select on consolidated_versions to project_versions_worker;

create view project_versions_bridged with (security_invoker=true) as
 SELECT v.user_id,
    v.project_id,
    v.version_id,
    v.status,
    v.preview_url,
    v.artifact_url,
    v.created_at,
    v.metadata_error,
        CASE
            WHEN (v.status = 'deployed'::text) THEN COALESCE(v.deployed_at, v.updated_at, v.created_at)
            ELSE v.deployed_at
        END AS deployed_at,
        CASE
            WHEN (v.is_published OR (v.published_at IS NOT NULL) OR (v.published_by_user_id IS NOT NULL) OR (m.version_id IS NULL)) THEN COALESCE(v.is_published, false)
            ELSE COALESCE(m.is_published, false)
        END AS is_published,
    COALESCE(v.published_at, m.published_at) AS published_at,
    COALESCE(v.published_by_user_id, (m.published_by_user_id)::text) AS published_by_user_id,
    COALESCE(v.user_comment, m.user_comment) AS user_comment,
    COALESCE(v.soft_deleted_at, m.soft_deleted_at) AS soft_deleted_at,
    COALESCE(v.major_version, m.major_version) AS major_version,
        CASE
            WHEN (v.major_version IS NULL) THEN m.minor_version
            ELSE COALESCE(v.minor_version, 0)
        END AS minor_version,
        CASE
            WHEN (v.major_version IS NULL) THEN m.patch_version
            ELSE COALESCE(v.patch_version, 0)
        END AS patch_version,
        CASE
            WHEN (v.major_version IS NULL) THEN NULLIF(btrim((m.prerelease)::text), ''::text)
            ELSE NULLIF(v.prerelease, ''::text)
        END AS prerelease,
    (COALESCE(v.version_name, m.version_name))::text AS version_name,
    COALESCE(v.version_description, m.version_description) AS version_description,
    (COALESCE(
        CASE
            WHEN ((v.change_type)::text = ANY ((ARRAY['major'::character varying, 'minor'::character varying, 'patch'::character varying, 'rollback'::character varying])::text[])) THEN v.change_type
            ELSE NULL::character varying
        END, (
        CASE
            WHEN (lower(btrim((m.change_type)::text)) = ANY (ARRAY['major'::text, 'minor'::text, 'patch'::text, 'rollback'::text])) THEN lower(btrim((m.change_type)::text))
            ELSE NULL::text
        END)::character varying))::text AS change_type,
    COALESCE(v.breaking_risk, (m.breaking_risk)::text) AS breaking_risk,
    COALESCE(v.auto_classified, m.auto_classified) AS auto_classified,
    (COALESCE(v.classification_confidence, m.classification_confidence))::numeric AS classification_confidence,
    COALESCE(v.classification_reasoning, m.classification_reasoning) AS classification_reasoning,
    COALESCE(v.parent_version_id, ( SELECT parent.version_id
           FROM project_versions parent
          WHERE (parent.version_id = (m.parent_version_id)::text))) AS parent_version_id,
    COALESCE(v.files_changed, m.files_changed) AS files_changed,
    COALESCE(v.lines_added, m.lines_added) AS lines_added,
    COALESCE(v.lines_removed, m.lines_removed) AS lines_removed,
    COALESCE(v.build_duration_ms, m.build_duration_ms) AS build_duration_ms,
        CASE
            WHEN ((v.metadata_status <> 'failed'::text) AND (COALESCE(v.major_version, m.major_version) IS NOT NULL)) THEN 'ready'::text
            WHEN (m.major_version IS NOT NULL) THEN 'ready'::text
            ELSE v.metadata_status
        END AS metadata_status,
    ((v.metadata_status <> 'ready'::text) AND ((m.version_id IS NOT NULL) OR (v.major_version IS NOT NULL) OR (v.is_published IS NULL) OR ((v.status = 'deployed'::text) AND (v.deployed_at IS NULL)) OR ((v.change_type)::text <> ALL ((ARRAY['major'::character varying, 'minor'::character varying, 'patch'::character varying, 'rollback'::character varying])::text[])))) AS outdated
   FROM (project_versions v
     LEFT JOIN LATERAL ( SELECT old.version_id,
            old.is_published,
            old.published_at,
            old.published_by_user_id,
            old.user_comment,
            old.soft_deleted_at,
            old.major_version,
            old.minor_version,
            old.patch_version,
            old.prerelease,
            old.version_name,
            old.version_description,
            old.change_type,
            old.breaking_risk,
            old.auto_classified,
            old.classification_confidence,
            old.classification_reasoning,
            old.parent_version_id,
            old.files_changed,
            old.lines_added,
            old.lines_removed,
            old.build_duration_ms
           FROM project_versions_metadata old
          WHERE ((v.metadata_status <> 'ready'::text) AND (old.version_id = (v.version_id)::bpchar) AND ((old.project_id)::text = v.project_id) AND ((old.user_id)::text = v.user_id))
         OFFSET 0) m ON (true));
grant select on project_versions_bridged to project_versions_api;
grant select on project_versions_bridged to project_versions_worker;

create view version_rows with (security_invoker=true) as
 SELECT user_id,
    project_id,
    version_id,
    status,
    major_version,
    minor_version,
    patch_version,
    prerelease,
    version_name,
    version_description,
    change_type,
    created_at,
    deployed_at,
    is_published,
    published_at,
    published_by_user_id,
    user_comment,
    preview_url,
    (artifact_url IS NOT NULL) AS has_artifact,
    metadata_status,
    metadata_error,
    breaking_risk,
    auto_classified,
    classification_confidence,
    classification_reasoning,
    parent_version_id,
    soft_deleted_at,
    files_changed,
    lines_added,
    lines_removed,
    build_duration_ms
   FROM consolidated_versions v;
grant select on version_rows to project_versions_api;
grant select on version_rows to project_versions_worker;

CREATE OR REPLACE FUNCTION public.apply_metadata_v1(p_items jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function apply_metadata_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.apply_metadata_v2(p_items jsonb, p_batch text, p_calls bigint)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function apply_metadata_v2 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.apply_one_metadata_v1(p_item jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function apply_one_metadata_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.apply_one_metadata_v2(p_item jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function apply_one_metadata_v2 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.begin_once_v1(p_caller text, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  kept record;
begin
  if p_once is null then
    return null;
  end if;
  perform pg_advisory_xact_lock(
    hashtextextended(jsonb_build_array(p_caller, p_once -> 'route', p_once -> 'key')::text, 7311)
  );
  select k.request_hash, k.answer
    into kept
    from public.idempotency_keys k
   where k.caller = p_caller
     and k.route = p_once ->> 'route'
     and k.key = p_once ->> 'key'
     and k.created_at > clock_timestamp() - interval '24 hours';
  if not found then
    return null;
  elsif kept.request_hash <> p_once ->> 'hash' then
    return json_build_object('outcome', 'key_reused');
  end if;
  return kept.answer::jsonb || jsonb_build_object('replayed', true);
end;
$function$
;
grant execute on function begin_once_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.changed_version_v1(p_outcome text, p_version text)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('outcome', p_outcome, 'version', read_item_v1(p_version))
;
grant execute on function changed_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.count_without_metadata_v1(p_project text, p_after text)
 RETURNS json
 LANGUAGE sql
 STABLE
AS $function$
  select json_build_object(
           'versions', count(*) filter (where w.metadata_status = 'none' and w.status = 'deployed' and w.major_version is null),
           'after', case when count(*) = 200000 then max(w.version_id) end
         )
    from (select v.version_id, v.metadata_status, v.status, v.major_version
            from public.project_versions v
           where v.version_id > coalesce(p_after, '') and (p_project is null or v.project_id = p_project)
           order by v.version_id limit 200000) w
$function$
;
grant execute on function count_without_metadata_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.create_version_once_v1(p_build jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json := public.begin_once_v1(p_build ->> 'user_id', p_once);
begin
  if answer is not null then
    return answer;
  end if;
  answer := public.create_version_v1(p_build);
  if answer ->> 'outcome' in ('created', 'repeated') then
    return public.end_once_v1(p_build ->> 'user_id', p_once, answer);
  end if;
  return answer;
end;
$function$
;
grant execute on function create_version_once_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.create_version_v1(p_build jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  build public.project_versions := jsonb_populate_record(null::public.project_versions, p_build);
  recorded public.project_versions;
begin
  perform public.lock_project_v1(build.project_id);

  select v.* into recorded from public.project_versions v where v.version_id = build.version_id;
  if found then
    return json_build_object(
      'outcome',
      case
        when (recorded.project_id, recorded.user_id, recorded.prompt)
          = (build.project_id, build.user_id, build.prompt) then 'repeated'
        else 'version_exists'
      end,
      'version', public.read_item_v1(recorded.version_id)
    );
  end if;

  -- A legacy project may have several owners; each of them goes on as one.
  if exists (select from public.project_versions v where v.project_id = build.project_id)
    and not exists (
      select from public.project_versions v where v.project_id = build.project_id and v.user_id = build.user_id
    )
  then
    return json_build_object('outcome', 'owned_by_another');
  end if;

  if build.parent_version_id is not null and not exists (
    select from public.project_versions v
     where v.version_id = build.parent_version_id
       and v.project_id = build.project_id and v.user_id = build.user_id
  ) then
    return json_build_object('outcome', 'unknown_parent');
  end if;

  insert into public.project_versions (
    project_id, version_id, user_id, status, metadata_status, created_at, updated_at,
    prompt, enhanced_prompt, prompt_metadata, framework, parent_version_id, base_snapshot_id,
    node_version, pnpm_version, ai_session_id, ai_session_created_at
  ) values (
    build.project_id, build.version_id, build.user_id, 'building', 'pending', coalesce(build.created_at, now()), now(),
    build.prompt, build.enhanced_prompt, build.prompt_metadata, build.framework, build.parent_version_id,
    build.base_snapshot_id, build.node_version, build.pnpm_version, build.ai_session_id,
    case when build.ai_session_id is not null then now() at time zone 'utc' end
  )
  on conflict (version_id) do nothing
  returning * into recorded;
  -- Only the same id under another project, at the same moment, gets here without a row.
  if recorded.version_id is null then
    return json_build_object('outcome', 'version_exists');
  end if;
  return json_build_object('outcome', 'created', 'version', public.read_item_v1(recorded.version_id));
end;
$function$
;
grant execute on function create_version_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.delete_version_v1(p_project text, p_version text, p_user text)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  perform public.lock_version_v1(p_project, p_version);
  select v.soft_deleted_at, v.is_published
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return public.changed_version_v1('repeated', p_version);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;
  update public.project_versions v
     set soft_deleted_at = clock_timestamp(), updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.changed_version_v1('removed', p_version);
end;
$function$
;
grant execute on function delete_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.edit_metadata_v1(p_project text, p_version text, p_user text, p_change jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  perform public.lock_version_v1(p_project, p_version);
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return json_build_object('outcome', 'deleted');
  end if;
  update public.project_versions v
     set version_name = coalesce(p_change ->> 'name', v.version_name),
         version_description = coalesce(p_change ->> 'description', v.version_description),
         change_type = coalesce(p_change ->> 'type', v.change_type),
         auto_classified = false,
         updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.changed_version_v1('edited', p_version);
end;
$function$
;
grant execute on function edit_metadata_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.end_once_v1(p_caller text, p_once jsonb, p_answer json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
begin
  if p_once is not null then
    perform public.forget_old_keys_v1();
    insert into public.idempotency_keys as k (caller, route, key, request_hash, answer, created_at)
    values (p_caller, p_once ->> 'route', p_once ->> 'key', p_once ->> 'hash', p_answer, clock_timestamp())
    on conflict (caller, route, key) do update
      set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at;
  end if;
  return p_answer;
end;
$function$
;
grant execute on function end_once_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.forget_old_keys_v1()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  delete from public.idempotency_keys
   where (caller, route, key) in (
     select k.caller, k.route, k.key
       from public.idempotency_keys k
      where k.created_at < clock_timestamp() - interval '24 hours'
      order by k.created_at
      limit 5
        for update skip locked
   )
$function$
;
grant execute on function forget_old_keys_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.list_publications_v1(p_project text, p_user text, p_limit bigint, p_before bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'id', p.id, 'action', p.action, 'version_id', p.version_id, 'previous_version_id', p.previous_version_id,
           'user_id', p.user_id, 'comment', p.comment, 'at', p.at
         )
    from public.version_publications p
   where p.project_id = p_project and p.user_id = p_user and p.id < coalesce(p_before, 9223372036854775807)
   order by p.id desc
   limit p_limit;
  return next json_build_object('found', exists (
    select from public.version_rows v where v.project_id = p_project and v.user_id = p_user
  ));
end;
$function$
;
grant execute on function list_publications_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.list_versions_v1(p_project text, p_user text, p_limit bigint, p_offset bigint, p_after_us bigint, p_after_id text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text, p_since_us bigint, p_until_us bigint, p_text text, p_total boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  -- How many versions a search looks at in one request: their texts are in the table, not in an index. 2,000 take 10 ms.
  search_rows constant bigint := 2000;
  since timestamptz := timestamptz 'epoch' + p_since_us * interval '1 microsecond';
  until timestamptz := timestamptz 'epoch' + p_until_us * interval '1 microsecond';
  -- Everything before "until" comes after the key (until, ''): an upper bound beside the key would have the scan start at the top.
  after_at timestamptz := coalesce(until, 'infinity');
  after_id text := '';
  shown bigint;
  total bigint;
  known boolean := true;
  resume record;
begin
  perform set_config('app.user_id', p_user, true);

  if p_after_us is not null then
    after_at := timestamptz 'epoch' + p_after_us * interval '1 microsecond';
    after_id := p_after_id;
  elsif p_offset > 0 then
    select v.created_at, v.version_id
      into after_at, after_id
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, until) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset p_offset - 1;
  end if;

  if p_text is not null then
    return query
    select public.version_item_v1(v)
      from (select walked.*
              from public.shown_versions_v1(
                     p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, null) walked
             where (walked.created_at, walked.version_id) < (after_at, after_id)
             order by walked.created_at desc, walked.version_id desc
             limit search_rows) v
     where (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (strpos(lower(v.version_name), lower(p_text)) > 0
            or strpos(lower(v.version_description), lower(p_text)) > 0)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  elsif p_type is not null or p_status is not null then
    -- Found inside the index, fetched by id: a type may be as rare as one in the whole project.
    return query
    select public.version_item_v1(v)
      from (select found.version_id
              from public.shown_versions_v1(
                     p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, null) found
             where (found.created_at, found.version_id) < (after_at, after_id)
             order by found.created_at desc, found.version_id desc
             limit p_limit) page
      join public.version_rows v on v.version_id = page.version_id
     order by v.created_at desc, v.version_id desc;
  else
    return query
    select public.version_item_v1(v)
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, null, null, since, null) v
     where (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  end if;
  get diagnostics shown = row_count;

  -- Where a search goes on that has not filled its page: after the last version it looked at.
  if p_text is not null and shown < p_limit then
    select (extract(epoch from v.created_at) * 1000000)::bigint as us, v.version_id as id
      into resume
      from public.shown_versions_v1(p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, null) v
     where (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit 1 offset search_rows - 1;
  else
    select null::bigint as us, null::text as id into resume;
  end if;

  if p_total then
    select count(*)
      into total
      from public.shown_versions_v1(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, until);
  end if;

  -- In order, because of a project with a fifth of all versions the planner expects to meet one soon wherever it starts to read.
  if shown = 0 then
    perform
       from public.version_rows v
      where v.project_id = p_project and v.user_id = p_user
      order by v.created_at desc, v.version_id desc
      limit 1;
    known := found;
  end if;
  return next json_build_object(
    'found', known,
    'total', total,
    'resume_us', resume.us,
    'resume_id', resume.id
  );
end;
$function$
;
grant execute on function list_versions_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.lock_project_v1(p_project text)
 RETURNS void
 LANGUAGE sql
RETURN pg_advisory_xact_lock(hashtextextended(p_project, (7310)::bigint))
;
grant execute on function lock_project_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.lock_version_v1(p_project text, p_version text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  -- Old transactions take locks in an order of their own. In a circle it is always this one that steps back, before PostgreSQL looks for circles (after a
  -- second) and ends whom it likes, and it comes again.
  perform set_config('lock_timeout', '500ms', true);
  perform public.lock_project_v1(p_project);
  perform public.project_versions_carry_for(p_project, p_version);
end;
$function$
;
grant execute on function lock_version_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.next_semver_v1(p_change text, p_tag text, p_major integer, p_minor integer, p_patch integer, p_prerelease text, p_first_major integer, p_first_minor integer, p_first_patch integer, OUT major integer, OUT minor integer, OUT patch integer, OUT prerelease text)
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
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
$function$
;
grant execute on function next_semver_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.prerelease_order_v1(p_prerelease text)
 RETURNS bytea[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
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
$function$
;
grant execute on function prerelease_order_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.project_versions_bridge()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  create or replace view public.consolidated_versions with (security_invoker = true) as
  select b.* from public.project_versions_bridged b;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_carry(p_version text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_carry_for(p_project text, p_version text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_bitmapscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
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
$function$
;
grant execute on function project_versions_carry_for to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.project_versions_carry_range(p_first text, p_last text, p_published text)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_find_metadata()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock_shared(7312, hashtext(new.version_id) & 1023);
  -- An old writer who is changing it at this moment is waited for, and one who comes after this sees the version.
  perform from public.project_versions_metadata m where m.version_id = new.version_id::bpchar for share;
  if found then
    perform public.project_versions_carry(new.version_id);
  end if;
  return null;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_follow_metadata()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_follow_publication(p_version project_versions, p_metadata project_versions_metadata)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_keep_updated_at()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.updated_at := old.updated_at;
  return new;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_list_unplaced_batch(p_after text, p_batch bigint)
 RETURNS TABLE(last_key text, rows bigint)
 LANGUAGE plpgsql
AS $function$
declare
  first_key constant bpchar := coalesce(p_after, '');
begin
  select max(page.version_id)::text, count(*)
    into last_key, rows
    from (
      select m.version_id
        from public.project_versions_metadata m
       where m.version_id > first_key
       order by m.version_id
       limit p_batch
    ) page;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'orphaned_metadata', m.project_id, m.version_id::text, jsonb_build_object('metadata', to_jsonb(m))
    from public.project_versions_metadata m
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and not exists (select from public.project_versions v where v.version_id = m.version_id::text)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'mismatched_metadata', v.project_id, v.version_id,
         jsonb_build_object('project_id', v.project_id, 'user_id', v.user_id, 'metadata', to_jsonb(m))
    from public.project_versions_metadata m
    join public.project_versions v on v.version_id = m.version_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and (m.project_id::text <> v.project_id or m.user_id::text <> v.user_id)
      on conflict (kind, project_id, version_id) do update set detail = excluded.detail;

  insert into public.project_versions_consolidation_report (kind, project_id, version_id, detail)
  select 'unknown_change_type', v.project_id, v.version_id, jsonb_build_object('project_versions_metadata', m.change_type)
    from public.project_versions_metadata m
    join public.project_versions v on v.version_id = m.version_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and lower(btrim(m.change_type)) not in ('major', 'minor', 'patch', 'rollback')
      on conflict do nothing;
  return next;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_note_deployment()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_plain()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  create or replace view public.consolidated_versions with (security_invoker = true) as
  select v.user_id,
         v.project_id,
         v.version_id,
         v.status,
         v.preview_url,
         v.artifact_url,
         v.created_at,
         v.metadata_error,
         v.deployed_at,
         v.is_published,
         v.published_at,
         v.published_by_user_id::text as published_by_user_id,
         v.user_comment::text as user_comment,
         v.soft_deleted_at,
         v.major_version,
         v.minor_version,
         v.patch_version,
         v.prerelease::text as prerelease,
         v.version_name::text as version_name,
         v.version_description::text as version_description,
         v.change_type::text as change_type,
         v.breaking_risk::text as breaking_risk,
         v.auto_classified,
         v.classification_confidence::numeric as classification_confidence,
         v.classification_reasoning::text as classification_reasoning,
         v.parent_version_id,
         v.files_changed,
         v.lines_added,
         v.lines_removed,
         v.build_duration_ms,
         v.metadata_status,
         false as outdated
    from public.project_versions v;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_saw_old_writer()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  if pg_try_advisory_xact_lock(7313) then
    update public.project_versions_consolidation
       set old_writer_seen_at = clock_timestamp()
     where coalesce(old_writer_seen_at, '-infinity') < clock_timestamp() - interval '1 minute';
  end if;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.project_versions_unaccounted(p_after text, p_batch bigint)
 RETURNS TABLE(last_key text, rows bigint, unaccounted bigint, example text)
 LANGUAGE plpgsql
 STABLE
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_seqscan TO 'off'
AS $function$
declare
  first_key constant bpchar := coalesce(p_after, '');
begin
  select max(page.version_id)::text, count(*)
    into last_key, rows
    from (
      select m.version_id from public.project_versions_metadata m where m.version_id > first_key order by m.version_id limit p_batch
    ) page;
  select count(*), min(m.version_id)::text
    into unaccounted, example
    from public.project_versions_metadata m
    left join public.project_versions v
      on v.version_id = m.version_id::text and v.project_id = m.project_id::text and v.user_id = m.user_id::text
   where m.version_id > first_key and m.version_id <= last_key::bpchar
     and case
       when v.version_id is null then not exists (
         select from public.project_versions_consolidation_report r
          where r.kind in ('orphaned_metadata', 'mismatched_metadata') and r.version_id = m.version_id::text
            and r.project_id in (m.project_id, (select owner.project_id from public.project_versions owner where owner.version_id = m.version_id::text))
            and r.detail -> 'metadata' = to_jsonb(m)
       )
       else v.major_version is null
         or (m.version_name is not null and v.version_name is null)
         or (m.version_description is not null and v.version_description is null)
         or (m.change_type is not null and v.change_type is null
             and lower(btrim(m.change_type)) in ('major', 'minor', 'patch', 'rollback'))
         or (m.breaking_risk is not null and v.breaking_risk is null)
         or (m.auto_classified is not null and v.auto_classified is null)
         or (m.classification_confidence is not null and v.classification_confidence is null)
         or (m.classification_reasoning is not null and v.classification_reasoning is null)
         or (m.is_published and not v.is_published and v.published_at is null)
         or (m.published_at is not null and v.published_at is null)
         or (m.published_by_user_id is not null and v.published_by_user_id is null)
         or (m.user_comment is not null and v.user_comment is null)
         or (m.files_changed is not null and v.files_changed is null)
         or (m.lines_added is not null and v.lines_added is null)
         or (m.lines_removed is not null and v.lines_removed is null)
         or (m.build_duration_ms is not null and v.build_duration_ms is null)
         or (m.git_commit_sha is not null and v.git_commit_sha is null)
         or (m.git_tag is not null and v.git_tag is null)
         or (nullif(m.base_version_id::text, '') is not null and v.base_version_id is null)
         or (m.from_recommendation_id is not null and v.from_recommendation_id is null)
     end;
  return next;
end;
$function$
;

CREATE OR REPLACE FUNCTION public.publish_version_v1(p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  target record;
  live text;
  moment timestamptz;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  select v.is_published, v.soft_deleted_at,
         public.unusable_v1(v.status, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.is_published and target.soft_deleted_at is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
  elsif target.unusable is not null then
    return json_build_object('outcome', target.unusable);
  end if;

  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if p_change -> 'expected' is not null and p_change ->> 'expected' is distinct from live then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  begin
    update public.project_versions v
       set is_published = false, updated_at = moment
     where v.version_id = live;
    update public.project_versions v
       set is_published = true,
           published_at = moment,
           published_by_user_id = p_user,
           user_comment = coalesce(p_change ->> 'comment', v.user_comment),
           updated_at = moment
     where v.version_id = p_version;
  exception when unique_violation then
    -- A version of the project's other owner, or published this moment by code that takes no lock: both only in old projects.
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', null);
  end;
  insert into public.version_publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'published', p_version, live, p_change ->> 'comment', moment);
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('published', p_version));
end;
$function$
;
grant execute on function publish_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.read_builds_v1(p_versions jsonb)
 RETURNS SETOF json
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
;
grant execute on function read_builds_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.read_builds_v2(p_versions jsonb, p_batch text, p_calls bigint, p_cap bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
AS $function$
begin
  return query select * from public.read_builds_v1(p_versions);
  return next json_build_object(
    'model_calls', case when p_batch is null then 0 else public.reserve_model_calls_v1(p_batch, p_calls, p_cap) end
  );
end;
$function$
;
grant execute on function read_builds_v2 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.read_item_v1(p_version text)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN (SELECT version_item_v1(v.*) AS version_item_v1 FROM version_rows v WHERE (v.version_id = read_item_v1.p_version))
;
grant execute on function read_item_v1 to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION public.read_publication_v1(p_project text, p_user text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  live record;
begin
  perform set_config('app.user_id', p_user, true);
  select public.version_item_v1(v) as item, v.version_id, v.change_type
    into live
    from public.version_rows v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if not found then
    return json_build_object('found', exists (
      select from public.version_rows v where v.project_id = p_project and v.user_id = p_user
    ));
  end if;
  return json_build_object(
    'found', true,
    'version', live.item,
    'rolled_back_from', case when live.change_type = 'rollback' then (
      select p.previous_version_id
        from public.version_publications p
       where p.project_id = p_project and p.user_id = p_user and p.version_id = live.version_id
         and p.action = 'published' and p.previous_version_id is not null
       order by p.id desc
       limit 1
    ) end
  );
end;
$function$
;
grant execute on function read_publication_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.read_version_v1(p_project text, p_version text, p_user text, p_prompts boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', public.version_item_v1(v),
           'full_description', left(v.version_description, 5000),
           'reasoning', left(v.classification_reasoning, 1000)
         )
    from public.version_rows v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
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
$function$
;
grant execute on function read_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.read_version_v2(p_project text, p_version text, p_user text, p_prompts boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$
;
grant execute on function read_version_v2 to project_versions_api;

CREATE OR REPLACE FUNCTION public.read_version_v3(p_project text, p_version text, p_user text, p_prompts boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', public.version_item_v1(r),
           'full_description', left(r.version_description, 5000),
           'reasoning', left(r.classification_reasoning, 1000),
           'generator', v.metadata_generator,
           'attempts', v.metadata_attempts,
           'ms', v.metadata_ms,
           'install_ms', v.install_duration_ms,
           'build_ms', r.build_duration_ms,
           'deploy_ms', v.deploy_duration_ms
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
$function$
;
grant execute on function read_version_v3 to project_versions_api;

CREATE OR REPLACE FUNCTION public.record_build_end_v1(p_project text, p_version text, p_report jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  report public.project_versions := jsonb_populate_record(null::public.project_versions, p_report);
  recorded public.project_versions;
begin
  select v.* into recorded
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project
     for update;
  if not found then
    return json_build_object('outcome', 'not_found');
  end if;

  -- A report without a moment of its own is repeated with another one: the moment is not part of what it says.
  if recorded.status <> 'building' then
    return json_build_object(
      'outcome',
      case when to_jsonb(recorded) @> (p_report - 'deployed_at') then 'repeated' else 'already_ended' end,
      'version', public.read_item_v1(recorded.version_id)
    );
  end if;

  update public.project_versions v
     set status = report.status,
         -- A build that began before this column existed and deploys after it awaits metadata like any other.
         metadata_status = case
           when report.status = 'failed' then 'none'
           when v.metadata_status = 'none' and v.change_type is null then 'pending'
           else v.metadata_status
         end,
         deployed_at = case when report.status = 'deployed' then coalesce(report.deployed_at, now()) end,
         preview_url = coalesce(report.preview_url, v.preview_url),
         artifact_url = coalesce(report.artifact_url, v.artifact_url),
         artifact_size = coalesce(report.artifact_size, v.artifact_size),
         artifact_checksum = coalesce(report.artifact_checksum, v.artifact_checksum),
         cf_deployment_id = coalesce(report.cf_deployment_id, v.cf_deployment_id),
         build_duration_ms = coalesce(report.build_duration_ms, v.build_duration_ms),
         install_duration_ms = coalesce(report.install_duration_ms, v.install_duration_ms),
         deploy_duration_ms = coalesce(report.deploy_duration_ms, v.deploy_duration_ms),
         output_size_bytes = coalesce(report.output_size_bytes, v.output_size_bytes),
         files_changed = coalesce(report.files_changed, v.files_changed),
         lines_added = coalesce(report.lines_added, v.lines_added),
         lines_removed = coalesce(report.lines_removed, v.lines_removed),
         git_commit_sha = coalesce(report.git_commit_sha, v.git_commit_sha),
         git_tag = coalesce(report.git_tag, v.git_tag),
         updated_at = now()
   where v.version_id = p_version
  returning v.* into recorded;
  return json_build_object('outcome', 'recorded', 'version', public.read_item_v1(recorded.version_id));
end;
$function$
;
grant execute on function record_build_end_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.record_build_end_v2(p_project text, p_version text, p_report jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function record_build_end_v2 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.request_metadata_v1(p_project text, p_after text, p_limit bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
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
$function$
;
grant execute on function request_metadata_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.reserve_model_calls_v1(p_batch text, p_calls bigint, p_cap bigint)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function reserve_model_calls_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.restore_version_v1(p_project text, p_version text, p_user text, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
  end if;
  update public.project_versions v
     set soft_deleted_at = null, updated_at = clock_timestamp()
   where v.version_id = p_version;
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('restored', p_version));
end;
$function$
;
grant execute on function restore_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.rollback_version_v1(p_project text, p_version text, p_user text, p_new text, p_change jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  target record;
  highest record;
  next record;
  moment timestamptz;
  title text;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  if exists (
    select from public.project_versions v
     where v.version_id = p_new and v.project_id = p_project and v.user_id = p_user
  ) then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_new));
  end if;
  select v.is_published, v.preview_url, v.artifact_url, v.artifact_size, v.artifact_checksum, v.framework,
         v.major_version, v.minor_version, v.patch_version, v.prerelease,
         public.unusable_v1(v.status, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.unusable is not null then
    return json_build_object('outcome', target.unusable);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;

  select v.major_version, v.minor_version, v.patch_version, v.prerelease
    into highest
    from public.project_versions v
   where v.project_id = p_project and v.major_version is not null
   order by v.major_version desc, v.minor_version desc, v.patch_version desc,
            public.prerelease_order_v1(v.prerelease) desc
   limit 1;
  select n.*
    into next
    from public.next_semver_v1(
      'patch', null, highest.major_version, highest.minor_version, highest.patch_version, highest.prerelease,
      null, null, null) n;
  title := 'Rollback to ' || case
    when target.major_version is null then p_version
    else concat_ws('.', target.major_version, target.minor_version, target.patch_version)
      || coalesce('-' || nullif(target.prerelease, ''), '')
  end;

  insert into public.project_versions (
    project_id, version_id, user_id, prompt, parent_version_id, framework,
    status, deployed_at, created_at, updated_at,
    preview_url, artifact_url, artifact_size, artifact_checksum,
    major_version, minor_version, patch_version, prerelease,
    change_type, version_name, user_comment, metadata_status
  ) values (
    p_project, p_new, p_user, title, p_version, target.framework,
    'deployed', moment, moment, moment,
    target.preview_url, target.artifact_url, target.artifact_size, target.artifact_checksum,
    next.major, next.minor, next.patch, next.prerelease,
    'rollback', left(title, 100), p_change ->> 'comment', 'ready'
  );
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('created', p_new));
end;
$function$
;
grant execute on function rollback_version_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.shown_versions_v1(p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text, p_since timestamp with time zone, p_until timestamp with time zone)
 RETURNS SETOF version_rows
 LANGUAGE sql
 STABLE
AS $function$
  select v.*
    from public.version_rows v
   where v.project_id = p_project
     and v.user_id = p_user
     and (p_checkpoints or v.change_type is distinct from 'patch')
     and (p_deleted or v.soft_deleted_at is null)
     and (p_published is null or v.is_published = p_published)
     and (p_type is null or v.change_type = p_type)
     and (p_status is null or v.status = p_status)
     and (p_since is null or v.created_at >= p_since)
     and (p_until is null or v.created_at < p_until)
$function$
;
grant execute on function shown_versions_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.sweep_metadata_v1(p_seconds bigint, p_limit bigint, p_requeues bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function sweep_metadata_v1 to project_versions_worker;

CREATE OR REPLACE FUNCTION public.unpublish_project_v1(p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  live text;
  moment timestamptz;
begin
  perform set_config('app.user_id', p_user, true);
  answer := public.begin_once_v1(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  perform public.lock_version_v1(p_project, p_version);
  moment := clock_timestamp();

  if not exists (
    select from public.project_versions v
     where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user
  ) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if live is null then
    return public.end_once_v1(p_user, p_once, public.changed_version_v1('repeated', p_version));
  elsif live <> p_version then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  update public.project_versions v
     set is_published = false, updated_at = moment
   where v.version_id = p_version;
  insert into public.version_publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'unpublished', p_version, p_version, p_change ->> 'comment', moment);
  return public.end_once_v1(p_user, p_once, public.changed_version_v1('unpublished', p_version));
end;
$function$
;
grant execute on function unpublish_project_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.unusable_v1(p_status text, p_artifact_url text, p_deleted_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_deleted_at IS NOT NULL) THEN 'deleted'::text WHEN (p_status <> 'deployed'::text) THEN 'not_deployed'::text WHEN (p_artifact_url IS NULL) THEN 'artifact_missing'::text ELSE NULL::text END
;
grant execute on function unusable_v1 to project_versions_api;

CREATE OR REPLACE FUNCTION public.version_item_v1(v version_rows)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('version_id', (v).version_id, 'project_id', (v).project_id, 'status', (v).status, 'major_version', (v).major_version, 'minor_version', (v).minor_version, 'patch_version', (v).patch_version, 'prerelease', (v).prerelease, 'version_name', (v).version_name, 'version_description', "left"((v).version_description, 500), 'change_type', (v).change_type, 'created_at', (v).created_at, 'created_us', ((EXTRACT(epoch FROM (v).created_at) * (1000000)::numeric))::bigint, 'deployed_at', (v).deployed_at, 'is_published', (v).is_published, 'published_at', (v).published_at, 'published_by_user_id', (v).published_by_user_id, 'user_comment', "left"((v).user_comment, 500), 'preview_url', "left"((v).preview_url, 2048), 'has_artifact', (v).has_artifact, 'metadata_status', (v).metadata_status, 'metadata_error', "left"((v).metadata_error, 300), 'breaking_risk', (v).breaking_risk, 'auto_classified', (v).auto_classified, 'classification_confidence', (v).classification_confidence, 'parent_version_id', (v).parent_version_id, 'soft_deleted_at', (v).soft_deleted_at, 'files_changed', (v).files_changed, 'lines_added', (v).lines_added, 'lines_removed', (v).lines_removed)
;
grant execute on function version_item_v1 to project_versions_api, project_versions_worker;
