-- The schema that the migrations make of an empty database, read from its catalog: for people to read, not to run.
-- `npm run schema` writes it; a test fails when it is not what the migrations make.

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
  metadata_error text
);
alter table project_versions add constraint chk_artifact_checksum_format CHECK (((artifact_checksum IS NULL) OR ((artifact_checksum)::text ~ '^[a-fA-F0-9]{64}$'::text)));
alter table project_versions add constraint chk_artifact_size_limit CHECK (((artifact_size IS NULL) OR ((artifact_size >= 0) AND (artifact_size <= '2147483648'::bigint))));
alter table project_versions add constraint project_versions_change_type_known CHECK (((change_type)::text = ANY ((ARRAY['major'::character varying, 'minor'::character varying, 'patch'::character varying, 'rollback'::character varying])::text[])));
alter table project_versions add constraint project_versions_metadata_status_known CHECK ((metadata_status = ANY (ARRAY['none'::text, 'pending'::text, 'ready'::text, 'failed'::text])));
alter table project_versions add constraint project_versions_pkey PRIMARY KEY (version_id);
alter table project_versions add constraint project_versions_status_check CHECK ((status = ANY (ARRAY['building'::text, 'deployed'::text, 'failed'::text])));
alter table project_versions add constraint project_versions_version_metadata_id_fkey FOREIGN KEY (version_metadata_id) REFERENCES project_versions_metadata(version_id);
CREATE INDEX project_versions_awaiting_metadata ON public.project_versions USING btree (deployed_at, version_id) WHERE ((metadata_status = 'pending'::text) AND (status = 'deployed'::text));
CREATE INDEX project_versions_default_view ON public.project_versions USING btree (project_id, created_at DESC, version_id DESC) INCLUDE (user_id) WHERE ((soft_deleted_at IS NULL) AND ((change_type)::text IS DISTINCT FROM 'patch'::text));
CREATE INDEX project_versions_history ON public.project_versions USING btree (project_id, created_at DESC, version_id DESC) INCLUDE (user_id, change_type, soft_deleted_at, is_published);
CREATE INDEX project_versions_numbers ON public.project_versions USING btree (project_id, major_version DESC, minor_version DESC, patch_version DESC) WHERE (major_version IS NOT NULL);
CREATE UNIQUE INDEX project_versions_one_published ON public.project_versions USING btree (project_id) WHERE is_published;

create table project_versions_backup (
  id uuid,
  user_id text,
  project_id text,
  version_id text,
  prompt text,
  parent_version_id text,
  preview_url text,
  artifact_url text,
  framework text,
  build_duration_ms integer,
  install_duration_ms integer,
  deploy_duration_ms integer,
  output_size_bytes integer,
  ai_json jsonb,
  status text,
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
  artifact_checksum character varying(64)
);
alter table project_versions_backup enable row level security;

create table project_versions_consolidation_report (
  kind text not null,
  project_id text,
  version_id text,
  detail jsonb not null,
  found_at timestamp with time zone default now() not null
);
alter table project_versions_consolidation_report add constraint project_versions_consolidation_report_once UNIQUE NULLS NOT DISTINCT (kind, project_id, version_id);
alter table project_versions_consolidation_report enable row level security;

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

create table project_versions_metadata_backup (
  version_id character(26),
  project_id character varying(255),
  user_id character varying(255),
  major_version integer,
  minor_version integer,
  patch_version integer,
  prerelease character varying(50),
  version_name character varying(100),
  version_description text,
  change_type character varying(10),
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
alter table project_versions_metadata_backup enable row level security;

create table version_recommendations (
  version_id text not null,
  project_id text not null,
  user_id text not null,
  document jsonb not null,
  created_at timestamp with time zone default now() not null
);
alter table version_recommendations add constraint version_recommendations_pkey PRIMARY KEY (version_id);
alter table version_recommendations add constraint version_recommendations_version_id_fkey FOREIGN KEY (version_id) REFERENCES project_versions(version_id) ON DELETE CASCADE;

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
  perform public.lock_project_v1(proposed.project_id);

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
      'version', public.version_item_v1(recorded)
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
  return json_build_object('outcome', 'created', 'version', public.version_item_v1(recorded));
end;
$function$
;

CREATE OR REPLACE FUNCTION public.list_versions_v1(p_project text, p_user text, p_limit bigint, p_offset bigint, p_after_us bigint, p_after_id text, p_checkpoints boolean, p_deleted boolean, p_published boolean, p_total boolean)
 RETURNS SETOF json
 LANGUAGE plpgsql
 STABLE
 SET plan_cache_mode TO 'force_custom_plan'
AS $function$
declare
  after_at timestamptz := 'infinity';
  after_id text := '';
  shown bigint;
  total bigint;
begin
  if p_after_us is not null then
    after_at := timestamptz 'epoch' + p_after_us * interval '1 microsecond';
    after_id := p_after_id;
  elsif p_offset > 0 then
    select v.created_at, v.version_id
      into after_at, after_id
      from public.shown_versions_v1(p_project, p_user, p_checkpoints, p_deleted, p_published) v
     order by v.created_at desc, v.version_id desc
     limit 1 offset p_offset - 1;
  end if;

  return query
  select public.version_item_v1(v)
    from public.shown_versions_v1(p_project, p_user, p_checkpoints, p_deleted, p_published) v
   where (v.created_at, v.version_id) < (after_at, after_id)
   order by v.created_at desc, v.version_id desc
   limit p_limit;
  get diagnostics shown = row_count;

  if p_total then
    select count(*)
      into total
      from public.shown_versions_v1(p_project, p_user, p_checkpoints, p_deleted, p_published);
  end if;

  return next json_build_object(
    'found', shown > 0 or exists (
      select from public.project_versions v where v.project_id = p_project and v.user_id = p_user
    ),
    'total', total
  );
end;
$function$
;

CREATE OR REPLACE FUNCTION public.lock_project_v1(p_project text)
 RETURNS void
 LANGUAGE sql
RETURN pg_advisory_xact_lock(hashtextextended(p_project, (7310)::bigint))
;

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

CREATE OR REPLACE FUNCTION public.read_builds_v1(p_versions jsonb)
 RETURNS SETOF json
 LANGUAGE sql
 STABLE
AS $function$
  select json_build_object(
           'version_id', v.version_id,
           'project_id', v.project_id,
           'status', v.status,
           'metadata_status', v.metadata_status,
           'framework', v.framework,
           'prompt', left(v.prompt, 8000),
           'first', not exists (
             select from public.project_versions other
              where other.project_id = v.project_id and other.major_version is not null
           )
         )
    from jsonb_array_elements_text(p_versions) wanted (version_id)
    join public.project_versions v using (version_id)
$function$
;

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
      'version', public.version_item_v1(recorded)
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
  return json_build_object('outcome', 'recorded', 'version', public.version_item_v1(recorded));
end;
$function$
;

CREATE OR REPLACE FUNCTION public.shown_versions_v1(p_project text, p_user text, p_checkpoints boolean, p_deleted boolean, p_published boolean)
 RETURNS SETOF project_versions
 LANGUAGE sql
 STABLE
AS $function$
  select v.*
    from public.project_versions v
   where v.project_id = p_project
     and v.user_id = p_user
     and (p_checkpoints or v.change_type is distinct from 'patch')
     and (p_deleted or v.soft_deleted_at is null)
     and (p_published is null or v.is_published = p_published)
$function$
;

CREATE OR REPLACE FUNCTION public.version_item_v1(v project_versions)
 RETURNS json
 LANGUAGE sql
 STABLE
RETURN json_build_object('version_id', (v).version_id, 'project_id', (v).project_id, 'status', (v).status, 'major_version', (v).major_version, 'minor_version', (v).minor_version, 'patch_version', (v).patch_version, 'prerelease', (v).prerelease, 'version_name', (v).version_name, 'version_description', "left"((v).version_description, 500), 'change_type', (v).change_type, 'created_at', (v).created_at, 'created_us', ((EXTRACT(epoch FROM (v).created_at) * (1000000)::numeric))::bigint, 'deployed_at', (v).deployed_at, 'is_published', (v).is_published, 'published_at', (v).published_at, 'published_by_user_id', (v).published_by_user_id, 'user_comment', "left"((v).user_comment, 500), 'preview_url', "left"((v).preview_url, 2048), 'has_artifact', ((v).artifact_url IS NOT NULL), 'metadata_status', (v).metadata_status, 'metadata_error', "left"((v).metadata_error, 300), 'breaking_risk', (v).breaking_risk, 'auto_classified', (v).auto_classified, 'classification_confidence', (v).classification_confidence, 'parent_version_id', (v).parent_version_id, 'soft_deleted_at', (v).soft_deleted_at, 'files_changed', (v).files_changed, 'lines_added', (v).lines_added, 'lines_removed', (v).lines_removed)
;
