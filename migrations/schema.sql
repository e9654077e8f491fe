-- The schema that the migrations make of an empty database, read from its catalog: for people to read, not to run.
-- `npm run schema` writes it; a test fails when it is not what the migrations make.


-- Tables

create table public.project_versions (
  user_id text not null,
  project_id text not null,
  version_id text not null,
  prompt text not null,
  status text not null,
  created_at timestamp with time zone default now() not null,
  parent_version_id text,
  base_version_id text,
  base_snapshot_id text,
  enhanced_prompt text,
  prompt_metadata jsonb,
  ai_json jsonb,
  ai_session_id text,
  ai_session_created_at timestamp without time zone,
  ai_session_last_used_at timestamp without time zone,
  framework text,
  node_version text,
  pnpm_version text,
  needs_rebuild boolean default false,
  from_recommendation_id bigint,
  git_commit_sha text,
  git_tag text,
  install_duration_ms integer,
  build_duration_ms integer,
  deploy_duration_ms integer,
  output_size_bytes integer,
  files_changed integer,
  lines_added integer,
  lines_removed integer,
  updated_at timestamp with time zone default now(),
  deployed_at timestamp with time zone,
  preview_url text,
  cf_deployment_id text,
  artifact_url text,
  artifact_size bigint,
  artifact_checksum text,
  major_version integer,
  minor_version integer,
  patch_version integer,
  prerelease text,
  version_name text,
  version_description text,
  change_type text,
  breaking_risk text,
  auto_classified boolean,
  classification_confidence numeric,
  classification_reasoning text,
  is_published boolean default false not null,
  published_at timestamp with time zone,
  published_by_user_id text,
  user_comment text,
  soft_deleted_at timestamp with time zone,
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
alter table public.project_versions add constraint chk_artifact_checksum_format CHECK (((artifact_checksum IS NULL) OR (artifact_checksum ~ '^[a-fA-F0-9]{64}$'::text)));
alter table public.project_versions add constraint chk_artifact_size_limit CHECK (((artifact_size IS NULL) OR ((artifact_size >= 0) AND (artifact_size <= '2147483648'::bigint))));
alter table public.project_versions add constraint project_versions_breaking_risk_known CHECK ((breaking_risk = ANY (ARRAY['none'::text, 'low'::text, 'medium'::text, 'high'::text])));
alter table public.project_versions add constraint project_versions_change_type_known CHECK ((change_type = ANY (ARRAY['major'::text, 'minor'::text, 'patch'::text, 'rollback'::text])));
alter table public.project_versions add constraint project_versions_metadata_generator_known CHECK ((metadata_generator = ANY (ARRAY['document'::text, 'model'::text, 'rules'::text])));
alter table public.project_versions add constraint project_versions_metadata_status_known CHECK ((metadata_status = ANY (ARRAY['none'::text, 'pending'::text, 'ready'::text, 'failed'::text])));
alter table public.project_versions add constraint project_versions_pkey PRIMARY KEY (version_id);
alter table public.project_versions add constraint project_versions_status_check CHECK ((status = ANY (ARRAY['building'::text, 'deployed'::text, 'failed'::text])));

create table version_history.idempotency_keys (
  caller text not null,
  route text not null,
  key text not null,
  request_hash text not null,
  answer json not null,
  created_at timestamp with time zone not null
);
alter table version_history.idempotency_keys add constraint idempotency_keys_pkey PRIMARY KEY (caller, route, key);

create table version_history.model_calls (
  batch_id text not null,
  day date not null,
  calls integer not null
);
alter table version_history.model_calls add constraint model_calls_pkey PRIMARY KEY (batch_id);

create table version_history.publications (
  id bigint not null,
  project_id text not null,
  user_id text not null,
  action text not null,
  version_id text not null,
  previous_version_id text,
  comment text,
  at timestamp with time zone not null
);
alter table version_history.publications add constraint publications_action CHECK ((action = ANY (ARRAY['published'::text, 'unpublished'::text])));
alter table version_history.publications add constraint publications_pkey PRIMARY KEY (id);

create table version_history.recommendations (
  version_id text not null,
  project_id text not null,
  user_id text not null,
  document jsonb not null,
  created_at timestamp with time zone default now() not null
);
alter table version_history.recommendations add constraint recommendations_pkey PRIMARY KEY (version_id);
alter table version_history.recommendations add constraint recommendations_version_id_fkey FOREIGN KEY (version_id) REFERENCES project_versions(version_id) ON DELETE CASCADE;


-- Indexes and triggers

CREATE INDEX project_versions_default_view ON public.project_versions USING btree (project_id, user_id, (
CASE
    WHEN (soft_deleted_at IS NULL) THEN 0
    ELSE 1
END), created_at DESC, version_id DESC) INCLUDE (soft_deleted_at, is_published) WHERE ((change_type IS DISTINCT FROM 'patch'::text) OR is_published);
CREATE INDEX project_versions_history ON public.project_versions USING btree (project_id, user_id, (
CASE
    WHEN (soft_deleted_at IS NULL) THEN 0
    ELSE 1
END), created_at DESC, version_id DESC) INCLUDE (soft_deleted_at, change_type, is_published, status);
CREATE INDEX project_versions_metadata_due ON public.project_versions USING btree (COALESCE(metadata_queued_at, deployed_at), version_id) WHERE ((metadata_status = 'pending'::text) AND (status = 'deployed'::text));
CREATE INDEX project_versions_numbers ON public.project_versions USING btree (project_id, major_version DESC, minor_version DESC, patch_version DESC) WHERE (major_version IS NOT NULL);
CREATE UNIQUE INDEX project_versions_one_published ON public.project_versions USING btree (project_id) WHERE is_published;
CREATE TRIGGER project_versions_keep_moments BEFORE INSERT OR UPDATE ON public.project_versions FOR EACH ROW EXECUTE FUNCTION version_history.keep_moments();

CREATE INDEX idempotency_keys_age ON version_history.idempotency_keys USING btree (created_at);

CREATE INDEX model_calls_of_a_day ON version_history.model_calls USING btree (day) INCLUDE (calls);

CREATE INDEX publications_newest ON version_history.publications USING btree (project_id, user_id, id DESC);


-- Row-level security and rights

alter table public.project_versions enable row level security;
create policy project_versions_everyone on public.project_versions as permissive for all to public using (true);
create policy project_versions_functions on public.project_versions as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on public.project_versions as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant insert (artifact_checksum, artifact_size, artifact_url, change_type, created_at, deployed_at, framework, major_version, metadata_status, minor_version, parent_version_id, patch_version, prerelease, preview_url, project_id, prompt, status, updated_at, user_comment, user_id, version_id, version_name) on public.project_versions to project_versions_api;
grant select (artifact_checksum, artifact_size, artifact_url, auto_classified, breaking_risk, build_duration_ms, change_type, classification_confidence, classification_reasoning, created_at, deploy_duration_ms, deployed_at, files_changed, framework, install_duration_ms, is_published, lines_added, lines_removed, major_version, metadata_attempts, metadata_error, metadata_generator, metadata_ms, metadata_status, minor_version, parent_version_id, patch_version, prerelease, preview_url, project_id, published_at, published_by_user_id, soft_deleted_at, status, user_comment, user_id, version_description, version_id, version_name) on public.project_versions to project_versions_api;
grant update (auto_classified, change_type, is_published, published_at, published_by_user_id, soft_deleted_at, user_comment, version_description, version_name) on public.project_versions to project_versions_api;
grant select on public.project_versions to project_versions_worker;
grant insert (ai_session_created_at, ai_session_id, base_snapshot_id, created_at, enhanced_prompt, framework, metadata_status, node_version, parent_version_id, pnpm_version, project_id, prompt, prompt_metadata, status, updated_at, user_id, version_id) on public.project_versions to project_versions_worker;
grant update (artifact_checksum, artifact_size, artifact_url, auto_classified, breaking_risk, build_duration_ms, cf_deployment_id, change_type, classification_confidence, classification_reasoning, deploy_duration_ms, deployed_at, files_changed, git_commit_sha, git_tag, install_duration_ms, lines_added, lines_removed, major_version, metadata_attempts, metadata_delivery, metadata_error, metadata_generator, metadata_ms, metadata_queued_at, metadata_requested_at, metadata_requeues, metadata_status, minor_version, output_size_bytes, patch_version, prerelease, preview_url, status, version_description, version_name) on public.project_versions to project_versions_worker;

alter table version_history.idempotency_keys enable row level security;
create policy project_versions_functions on version_history.idempotency_keys as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on version_history.idempotency_keys as restrictive for all to project_versions_api using ((caller = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
create policy project_versions_pipeline_rows on version_history.idempotency_keys as restrictive for all to project_versions_worker using ((route ~~ 'POST /pipeline/%'::text));
grant insert, select, update on version_history.idempotency_keys to project_versions_api;
grant insert, select, update on version_history.idempotency_keys to project_versions_worker;

alter table version_history.model_calls enable row level security;
create policy project_versions_functions on version_history.model_calls as permissive for all to project_versions_worker using (true);
grant delete, insert, select, update on version_history.model_calls to project_versions_worker;

alter table version_history.publications enable row level security;
create policy project_versions_check on version_history.publications as permissive for select to project_versions_worker using (true);
create policy project_versions_functions on version_history.publications as permissive for all to project_versions_api using (true);
create policy project_versions_own_rows on version_history.publications as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant insert, select on version_history.publications to project_versions_api;
grant select (action, at, id, previous_version_id, project_id, version_id) on version_history.publications to project_versions_worker;

alter table version_history.recommendations enable row level security;
create policy project_versions_functions on version_history.recommendations as permissive for all to project_versions_api, project_versions_worker using (true);
create policy project_versions_own_rows on version_history.recommendations as restrictive for all to project_versions_api using ((user_id = ( SELECT NULLIF(current_setting('app.user_id'::text, true), ''::text) AS "nullif")));
grant select on version_history.recommendations to project_versions_api;
grant insert, select on version_history.recommendations to project_versions_worker;


-- What answers are made of

create view version_history.versions with (security_invoker=true) as
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
        CASE
            WHEN (soft_deleted_at IS NULL) THEN 0
            ELSE 1
        END AS deleted,
    ((change_type IS DISTINCT FROM 'patch'::text) OR is_published) AS milestone
   FROM project_versions v;
grant select on version_history.versions to project_versions_api;
grant select on version_history.versions to project_versions_worker;


-- Functions of migrations/005_rules_and_indexes.sql

CREATE OR REPLACE FUNCTION version_history.keep_moments()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'deployed' and new.deployed_at is null then
    new.deployed_at := case
      when tg_op = 'UPDATE' and old.status = 'deployed' then coalesce(old.updated_at, old.created_at, clock_timestamp())
      when tg_op = 'UPDATE' then clock_timestamp()
      else coalesce(new.updated_at, new.created_at, clock_timestamp())
    end;
  end if;
  if tg_op = 'UPDATE' and new.updated_at is not distinct from old.updated_at then
    new.updated_at := clock_timestamp();
  end if;
  return new;
end;
$function$
;


-- Functions of migrations/006_versions.sql

CREATE OR REPLACE FUNCTION version_history.shown_versions(p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_since timestamp with time zone, p_after_at timestamp with time zone, p_after_id text, p_limit bigint)
 RETURNS SETOF version_history.versions
 LANGUAGE sql
 STABLE
AS $function$
  (select v.*
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 0
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
  union all
  (select v.*
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 1 and p_deleted
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
   order by created_at desc, version_id desc
   limit p_limit
$function$
;
grant execute on function version_history.shown_versions to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.shown_keys(p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text, p_since timestamp with time zone, p_after_at timestamp with time zone, p_after_id text, p_limit bigint)
 RETURNS TABLE(created_at timestamp with time zone, version_id text)
 LANGUAGE sql
 STABLE
AS $function$
  (select v.created_at, v.version_id
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 0
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_type is null or v.change_type = p_type)
      and (p_status is null or v.status = p_status)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
  union all
  (select v.created_at, v.version_id
     from version_history.versions v
    where v.project_id = p_project and v.user_id = p_user and v.deleted = 1 and p_deleted
      and (p_checkpoints or v.milestone)
      and (p_published is null or v.is_published = p_published)
      and (p_type is null or v.change_type = p_type)
      and (p_status is null or v.status = p_status)
      and (p_since is null or v.created_at >= p_since)
      and (v.created_at, v.version_id) < (p_after_at, p_after_id)
    order by v.created_at desc, v.version_id desc
    limit p_limit)
   order by created_at desc, version_id desc
   limit p_limit
$function$
;
grant execute on function version_history.shown_keys to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.version_item(v version_history.versions)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('version_id', (v).version_id, 'project_id', (v).project_id, 'status', (v).status, 'major_version', (v).major_version, 'minor_version', (v).minor_version, 'patch_version', (v).patch_version, 'prerelease', (v).prerelease, 'version_name', "left"((v).version_name, 500), 'version_description', "left"((v).version_description, 500), 'change_type', (v).change_type, 'created_at', (v).created_at, 'created_us', ((EXTRACT(epoch FROM (v).created_at) * (1000000)::numeric))::bigint, 'deployed_at', (v).deployed_at, 'is_published', (v).is_published, 'published_at', (v).published_at, 'published_by_user_id', (v).published_by_user_id, 'user_comment', "left"((v).user_comment, 500), 'preview_url', "left"((v).preview_url, 2048), 'has_artifact', (v).has_artifact, 'metadata_status', (v).metadata_status, 'metadata_error', "left"((v).metadata_error, 300), 'breaking_risk', (v).breaking_risk, 'auto_classified', (v).auto_classified, 'classification_confidence', (v).classification_confidence, 'parent_version_id', (v).parent_version_id, 'soft_deleted_at', (v).soft_deleted_at, 'files_changed', (v).files_changed, 'lines_added', (v).lines_added, 'lines_removed', (v).lines_removed)
;
grant execute on function version_history.version_item to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.written_version(p_outcome text, p_version text)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('outcome', p_outcome, 'version', (SELECT version_history.version_item(v.*) AS version_item FROM version_history.versions v WHERE (v.version_id = written_version.p_version)))
;
grant execute on function version_history.written_version to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.list_filtered_versions(p_project text, p_user text, p_limit bigint, p_offset bigint, p_after_us bigint, p_after_id text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_type text, p_status text, p_since_us bigint, p_until_us bigint, p_text text, p_total boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_custom_plan'
 SET cursor_tuple_fraction TO '1'
AS $function$
declare
  -- How many versions a search looks at in one request: their texts are in the table, not in an index. 2,000 take 10 ms.
  search_rows constant bigint := 2000;
  since timestamptz := timestamptz 'epoch' + p_since_us * interval '1 microsecond';
  until timestamptz := timestamptz 'epoch' + p_until_us * interval '1 microsecond';
  -- Everything before "until" comes after the key (until, ''): an upper bound beside the key would have the scan start at the top.
  after_at timestamptz := coalesce(until, 'infinity');
  after_id text := '';
  page refcursor;
  item json;
  last json;
  bytes bigint := 0;
  shown bigint := 0;
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
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, after_at, after_id, p_offset) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset p_offset - 1;
  end if;

  if p_text is not null then
    open page for
    select version_history.version_item(v)
      from version_history.shown_versions(
             p_project, p_user, p_checkpoints, p_deleted, null, since, after_at, after_id, search_rows) v
     where (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (strpos(lower(v.version_name), lower(p_text)) > 0
            or strpos(lower(v.version_description), lower(p_text)) > 0)
     order by v.created_at desc, v.version_id desc
     limit p_limit;
  elsif p_type is not null or p_status is not null then
    -- Found inside the index, fetched by id: a type may be as rare as one in the whole project.
    open page for
    select version_history.version_item(v)
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, p_published, p_type, p_status, since, after_at, after_id, p_limit) key
      join version_history.versions v on v.version_id = key.version_id
     order by v.created_at desc, v.version_id desc;
  else
    open page for
    select version_history.version_item(v)
      from version_history.shown_versions(
             p_project, p_user, p_checkpoints, p_deleted, p_published, since, after_at, after_id, p_limit) v
     order by v.created_at desc, v.version_id desc;
  end if;
  loop
    fetch page into item;
    exit when not found;
    return next item;
    shown := shown + 1;
    last := item;
    bytes := bytes + octet_length(to_json(item::text)::text);
    exit when bytes > 900000;
  end loop;
  close page;

  if bytes > 900000 then
    select (last ->> 'created_us')::bigint as us, last ->> 'version_id' as id into resume;
  -- Where a search goes on that has not filled its page: after the last version it looked at.
  elsif p_text is not null and shown < p_limit then
    select (extract(epoch from v.created_at) * 1000000)::bigint as us, v.version_id as id
      into resume
      from version_history.shown_keys(
             p_project, p_user, p_checkpoints, p_deleted, null, null, null, since, after_at, after_id, search_rows) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset search_rows - 1;
  else
    select null::bigint as us, null::text as id into resume;
  end if;

  if p_total then
    select count(*)
      into total
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user
       and v.deleted = any (case when p_deleted then array[0, 1] else array[0] end)
       and (p_checkpoints or v.milestone)
       and (p_published is null or v.is_published = p_published)
       and (p_type is null or v.change_type = p_type)
       and (p_status is null or v.status = p_status)
       and (since is null or v.created_at >= since)
       and (until is null or v.created_at < until);
  end if;

  -- In order, because of a project with a fifth of all versions the planner expects to meet one soon wherever it starts to read.
  if shown = 0 then
    perform
       from version_history.versions v
      where v.project_id = p_project and v.user_id = p_user
      order by v.deleted, v.created_at desc, v.version_id desc
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
grant execute on function version_history.list_filtered_versions to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.list_versions(p_project text, p_user text, p_limit bigint, p_after_us bigint, p_after_id text, p_total boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
 SET enable_sort TO 'off'
AS $function$
declare
  after_at timestamptz := coalesce(timestamptz 'epoch' + p_after_us * interval '1 microsecond', 'infinity');
  after_id text := coalesce(p_after_id, '');
  item json;
  bytes bigint := 0;
  known boolean := true;
  total bigint;
begin
  perform set_config('app.user_id', p_user, true);
  for item in
    select version_history.version_item(v)
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user and v.deleted = 0 and v.milestone
       and (v.created_at, v.version_id) < (after_at, after_id)
     order by v.created_at desc, v.version_id desc
     limit p_limit
  loop
    return next item;
    bytes := bytes + octet_length(to_json(item::text)::text);
    exit when bytes > 900000;
  end loop;
  if bytes = 0 then
    known := exists (select from version_history.versions v where v.project_id = p_project and v.user_id = p_user);
  end if;
  if p_total then
    select count(*)
      into total
      from version_history.versions v
     where v.project_id = p_project and v.user_id = p_user and v.deleted = 0 and v.milestone;
  end if;
  return next json_build_object(
    'found', known, 'total', total,
    'resume_us', case when bytes > 900000 then (item ->> 'created_us')::bigint end,
    'resume_id', case when bytes > 900000 then item ->> 'version_id' end
  );
end;
$function$
;
grant execute on function version_history.list_versions to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.read_version(p_project text, p_version text, p_user text, p_prompts boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'item', version_history.version_item(r),
           'full_description', left(r.version_description, 5000),
           'reasoning', left(r.classification_reasoning, 1000),
           'generator', v.metadata_generator,
           'attempts', v.metadata_attempts,
           'ms', v.metadata_ms,
           'install_ms', v.install_duration_ms,
           'build_ms', v.build_duration_ms,
           'deploy_ms', v.deploy_duration_ms
         )
    from version_history.versions r
    join public.project_versions v on v.version_id = r.version_id
   where r.version_id = p_version and r.project_id = p_project and r.user_id = p_user;
  if found then
    return query
    select (r.document - 'recommendations')::json
      from version_history.recommendations r
     where r.version_id = p_version and r.user_id = p_user;
    return query
    select (case when p_prompts then one.value else one.value - 'prompt' end)::json
      from version_history.recommendations r,
           jsonb_array_elements(r.document -> 'recommendations') with ordinality one (value, position)
     where r.version_id = p_version and r.user_id = p_user
     order by one.position;
  end if;
end;
$function$
;
grant execute on function version_history.read_version to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.lock_project(p_project text, p_version text DEFAULT NULL::text, p_user text DEFAULT NULL::text)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  if p_user is not null and not exists (
    select from public.project_versions v
     where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user
  ) then
    return false;
  end if;
  perform set_config('lock_timeout', '500ms', true);
  perform pg_advisory_xact_lock(hashtextextended(p_project, 7310));
  return true;
end;
$function$
;
grant execute on function version_history.lock_project to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.begin_once(p_caller text, p_once jsonb)
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
    from version_history.idempotency_keys k
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
grant execute on function version_history.begin_once to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.forget_old_keys()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
  delete from version_history.idempotency_keys
   where (caller, route, key) in (
     select k.caller, k.route, k.key
       from version_history.idempotency_keys k
      where k.created_at < clock_timestamp() - interval '24 hours'
      order by k.created_at
      limit 5
        for update skip locked
   )
$function$
;
grant execute on function version_history.forget_old_keys to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.end_once(p_caller text, p_once jsonb, p_answer json)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
begin
  if p_once is not null then
    perform version_history.forget_old_keys();
    insert into version_history.idempotency_keys as k (caller, route, key, request_hash, answer, created_at)
    values (p_caller, p_once ->> 'route', p_once ->> 'key', p_once ->> 'hash', p_answer, clock_timestamp())
    on conflict (caller, route, key) do update
      set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at;
  end if;
  return p_answer;
end;
$function$
;
grant execute on function version_history.end_once to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.create_version(p_build jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  build public.project_versions := jsonb_populate_record(null::public.project_versions, p_build);
  answer json := version_history.begin_once(build.user_id, p_once);
  recorded record;
begin
  if answer is not null then
    return answer;
  end if;
  perform version_history.lock_project(build.project_id);

  select v.project_id, v.user_id, v.prompt into recorded from public.project_versions v where v.version_id = build.version_id;
  if found then
    if (recorded.project_id, recorded.user_id, recorded.prompt) <> (build.project_id, build.user_id, build.prompt) then
      return json_build_object('outcome', 'version_exists');
    end if;
    return version_history.end_once(build.user_id, p_once, version_history.written_version('repeated', build.version_id));
  end if;

  -- A project of the old system may have several owners; each of them goes on as one.
  if exists (select from public.project_versions v where v.project_id = build.project_id)
    and not exists (
      select from public.project_versions v where v.project_id = build.project_id and v.user_id = build.user_id
    )
  then
    return json_build_object('outcome', 'owned_by_another');
  end if;

  if build.parent_version_id is not null and not exists (
    select from public.project_versions v
     where v.version_id = build.parent_version_id::text
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
  on conflict (version_id) do nothing;
  -- Only the same id under another project, at the same moment, gets here without a row.
  if not found then
    return json_build_object('outcome', 'version_exists');
  end if;
  return version_history.end_once(build.user_id, p_once, version_history.written_version('created', build.version_id));
end;
$function$
;
grant execute on function version_history.create_version to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.record_build_end(p_project text, p_version text, p_report jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  report public.project_versions := jsonb_populate_record(null::public.project_versions, p_report);
  recorded public.project_versions;
  metadata text;
begin
  select v.* into recorded
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project
     for update;
  if not found then
    return json_build_object('outcome', 'not_found');
  end if;

  if recorded.status <> 'building' then
    -- A report without a moment of its own is repeated with another one: the moment is not part of what it says.
    if not to_jsonb(recorded) @> (p_report - 'deployed_at') then
      return version_history.written_version('already_ended', p_version);
    end if;
    -- Whoever repeats a report sends the message again.
    update public.project_versions v
       set metadata_requested_at = coalesce(v.metadata_requested_at, now()), metadata_queued_at = now()
     where v.version_id = p_version and v.status = 'deployed' and v.metadata_status = 'pending';
    return version_history.written_version('repeated', p_version);
  end if;

  metadata := case
    when report.status = 'failed' then 'none'
    -- A build of the old system that began before this column existed awaits metadata like any other.
    when recorded.metadata_status = 'none' and recorded.change_type is null then 'pending'
    else recorded.metadata_status
  end;
  update public.project_versions v
     set status = report.status,
         metadata_status = metadata,
         metadata_requested_at = case when metadata = 'pending' then coalesce(v.metadata_requested_at, now()) else v.metadata_requested_at end,
         metadata_queued_at = case when metadata = 'pending' then now() else v.metadata_queued_at end,
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
         git_tag = coalesce(report.git_tag, v.git_tag)
   where v.version_id = p_version;
  return version_history.written_version('recorded', p_version);
end;
$function$
;
grant execute on function version_history.record_build_end to project_versions_worker;


-- Functions of migrations/007_metadata.sql

CREATE OR REPLACE FUNCTION version_history.prerelease_order(p_prerelease text)
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
grant execute on function version_history.prerelease_order to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.next_semver(p_change text, p_tag text, p_major integer, p_minor integer, p_patch integer, p_prerelease text, p_first_major integer, p_first_minor integer, p_first_patch integer, OUT major integer, OUT minor integer, OUT patch integer, OUT prerelease text)
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
$function$
;
grant execute on function version_history.next_semver to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.next_number(p_project text, p_change text, p_tag text, p_first_major integer, p_first_minor integer, p_first_patch integer, OUT major integer, OUT minor integer, OUT patch integer, OUT prerelease text, OUT is_first boolean)
 RETURNS record
 LANGUAGE plpgsql
 STABLE
AS $function$
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
$function$
;
grant execute on function version_history.next_number to project_versions_api, project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.read_builds(p_versions jsonb, p_batch text, p_calls bigint, p_cap bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function version_history.read_builds to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.apply_one_metadata(p_item jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
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
$function$
;
grant execute on function version_history.apply_one_metadata to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.apply_metadata(p_items jsonb, p_batch text, p_calls bigint)
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
$function$
;
grant execute on function version_history.apply_metadata to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.sweep_metadata(p_seconds bigint, p_limit bigint, p_requeues bigint)
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
$function$
;
grant execute on function version_history.sweep_metadata to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.request_metadata(p_project text, p_after text, p_limit bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_custom_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
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
$function$
;
grant execute on function version_history.request_metadata to project_versions_worker;

CREATE OR REPLACE FUNCTION version_history.count_without_metadata(p_project text, p_after text)
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
grant execute on function version_history.count_without_metadata to project_versions_worker;


-- Functions of migrations/008_publication.sql

CREATE OR REPLACE FUNCTION version_history.unusable(p_status text, p_artifact_url text, p_deleted_at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (p_deleted_at IS NOT NULL) THEN 'deleted'::text WHEN (p_status <> 'deployed'::text) THEN 'not_deployed'::text WHEN (p_artifact_url IS NULL) THEN 'artifact_missing'::text ELSE NULL::text END
;
grant execute on function version_history.unusable to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.publish_version(p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb)
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
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  select v.is_published, v.soft_deleted_at,
         version_history.unusable(v.status::text, v.artifact_url, v.soft_deleted_at) as unusable
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.is_published and target.soft_deleted_at is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
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
       set is_published = false
     where v.version_id = live;
    update public.project_versions v
       set is_published = true,
           published_at = moment,
           published_by_user_id = p_user,
           user_comment = coalesce(p_change ->> 'comment', v.user_comment)
     where v.version_id = p_version;
  exception when unique_violation then
    -- A version of the project's other owner, or published this moment by code that takes no lock: both only in old projects.
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', null);
  end;
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'published', p_version, live, p_change ->> 'comment', moment);
  return version_history.end_once(p_user, p_once, version_history.written_version('published', p_version));
end;
$function$
;
grant execute on function version_history.publish_version to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.unpublish_project(p_project text, p_version text, p_user text, p_change jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  live text;
  moment timestamptz;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  select v.version_id
    into live
    from public.project_versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if live is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
  elsif live <> p_version then
    return json_build_object('outcome', 'published_elsewhere', 'published_version_id', live);
  end if;

  update public.project_versions v
     set is_published = false
   where v.version_id = p_version;
  insert into version_history.publications (project_id, user_id, action, version_id, previous_version_id, comment, at)
  values (p_project, p_user, 'unpublished', p_version, p_version, p_change ->> 'comment', moment);
  return version_history.end_once(p_user, p_once, version_history.written_version('unpublished', p_version));
end;
$function$
;
grant execute on function version_history.unpublish_project to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.rollback_version(p_project text, p_version text, p_user text, p_new text, p_change jsonb, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  target record;
  next record;
  moment timestamptz;
  title text;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  moment := clock_timestamp();

  if exists (
    select from public.project_versions v
     where v.version_id = p_new and v.project_id = p_project and v.user_id = p_user
  ) then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_new));
  end if;
  select v.is_published, v.preview_url, v.artifact_url, v.artifact_size, v.artifact_checksum, v.framework,
         v.major_version, v.minor_version, v.patch_version, v.prerelease,
         version_history.unusable(v.status::text, v.artifact_url, v.soft_deleted_at) as unusable
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

  select n.* into next from version_history.next_number(p_project, 'patch', null, null, null, null) n;
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
  return version_history.end_once(p_user, p_once, version_history.written_version('created', p_new));
end;
$function$
;
grant execute on function version_history.rollback_version to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.edit_metadata(p_project text, p_version text, p_user text, p_change jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  words public.project_versions := jsonb_populate_record(null::public.project_versions, p_change);
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
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
     set version_name = coalesce(words.version_name, v.version_name),
         version_description = coalesce(words.version_description, v.version_description),
         change_type = coalesce(words.change_type, v.change_type),
         auto_classified = false
   where v.version_id = p_version;
  return version_history.written_version('edited', p_version);
end;
$function$
;
grant execute on function version_history.edit_metadata to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.delete_version(p_project text, p_version text, p_user text)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.soft_deleted_at, v.is_published
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is not null then
    return version_history.written_version('repeated', p_version);
  elsif target.is_published then
    return json_build_object('outcome', 'published');
  end if;
  update public.project_versions v
     set soft_deleted_at = clock_timestamp()
   where v.version_id = p_version;
  return version_history.written_version('removed', p_version);
end;
$function$
;
grant execute on function version_history.delete_version to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.restore_version(p_project text, p_version text, p_user text, p_once jsonb)
 RETURNS json
 LANGUAGE plpgsql
AS $function$
declare
  answer json;
  target record;
begin
  perform set_config('app.user_id', p_user, true);
  answer := version_history.begin_once(p_user, p_once);
  if answer is not null then
    return answer;
  end if;
  if not version_history.lock_project(p_project, p_version, p_user) then
    return json_build_object('outcome', 'not_found');
  end if;
  select v.soft_deleted_at
    into target
    from public.project_versions v
   where v.version_id = p_version and v.project_id = p_project and v.user_id = p_user;
  if not found then
    return json_build_object('outcome', 'not_found');
  elsif target.soft_deleted_at is null then
    return version_history.end_once(p_user, p_once, version_history.written_version('repeated', p_version));
  end if;
  update public.project_versions v
     set soft_deleted_at = null
   where v.version_id = p_version;
  return version_history.end_once(p_user, p_once, version_history.written_version('restored', p_version));
end;
$function$
;
grant execute on function version_history.restore_version to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.read_publication(p_project text, p_user text)
 RETURNS json
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  live record;
begin
  perform set_config('app.user_id', p_user, true);
  select version_history.version_item(v) as item, v.version_id, v.change_type
    into live
    from version_history.versions v
   where v.project_id = p_project and v.user_id = p_user and v.is_published;
  if not found then
    return json_build_object('found', exists (
      select from version_history.versions v where v.project_id = p_project and v.user_id = p_user
    ));
  end if;
  return json_build_object(
    'found', true,
    'version', live.item,
    'rolled_back_from', case when live.change_type = 'rollback' then (
      select p.previous_version_id
        from version_history.publications p
       where p.project_id = p_project and p.user_id = p_user and p.version_id = live.version_id
         and p.action = 'published' and p.previous_version_id is not null
       order by p.id desc
       limit 1
    ) end
  );
end;
$function$
;
grant execute on function version_history.read_publication to project_versions_api;

CREATE OR REPLACE FUNCTION version_history.list_publications(p_project text, p_user text, p_limit bigint, p_before bigint)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  perform set_config('app.user_id', p_user, true);
  return query
  select json_build_object(
           'id', p.id, 'action', p.action, 'version_id', p.version_id, 'previous_version_id', p.previous_version_id,
           'user_id', p.user_id, 'comment', left(p.comment, 500), 'at', p.at
         )
    from version_history.publications p
   where p.project_id = p_project and p.user_id = p_user and p.id < coalesce(p_before, 9223372036854775807)
   order by p.id desc
   limit p_limit;
  return next json_build_object('found', exists (
    select from version_history.versions v where v.project_id = p_project and v.user_id = p_user
  ));
end;
$function$
;
grant execute on function version_history.list_publications to project_versions_api;
