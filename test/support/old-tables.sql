-- The two tables of the old system, as it had made them.

create table public.project_versions_metadata (
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

  created_at timestamp with time zone default current_timestamp,

  constraint project_versions_metadata_pkey primary key (version_id)
);

create table public.project_versions (
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
  created_at timestamp with time zone default now(),
  updated_at timestamp with time zone default now(),
  version_metadata_id character(26),
  enhanced_prompt text,
  prompt_metadata jsonb,
  ai_session_id text,
  ai_session_created_at timestamp without time zone,
  ai_session_last_used_at timestamp without time zone,
  artifact_size bigint,
  artifact_checksum character varying(64),

  constraint project_versions_pkey primary key (version_id),
  constraint project_versions_version_metadata_id_fkey
    foreign key (version_metadata_id) references public.project_versions_metadata (version_id),
  constraint project_versions_status_check
    check (status = any (array['building'::text, 'deployed'::text, 'failed'::text])),
  constraint chk_artifact_size_limit
    check (artifact_size is null or (artifact_size >= 0 and artifact_size <= '2147483648'::bigint)),
  constraint chk_artifact_checksum_format
    check (artifact_checksum is null or artifact_checksum::text ~ '^[a-fA-F0-9]{64}$'::text)
);
