-- The tables. Everything of this product but project_versions lies in the schema version_history, which the runner makes for its ledger.
-- Where project_versions is there already, it gets the columns that it does not have; legacy/ then fills them.

-- A row is there from the moment a build starts. These are the columns that no version is without.
create table if not exists public.project_versions (
  user_id text not null,
  project_id text not null,
  version_id text not null,
  prompt text not null,
  status text not null,
  created_at timestamptz not null default now(),
  constraint project_versions_pkey primary key (version_id)
);

-- Columns without a default or with a constant one: no row is rewritten. Unknown is null, never 0 and never a made-up value.
-- migrate: transaction
alter table public.project_versions
  -- How the version was built, and from what.
  add column if not exists parent_version_id text,
  add column if not exists base_version_id text,
  add column if not exists base_snapshot_id text,
  add column if not exists enhanced_prompt text,
  add column if not exists prompt_metadata jsonb,
  add column if not exists ai_json jsonb,
  add column if not exists ai_session_id text,
  add column if not exists ai_session_created_at timestamp,
  add column if not exists ai_session_last_used_at timestamp,
  add column if not exists framework text,
  add column if not exists node_version text,
  add column if not exists pnpm_version text,
  add column if not exists needs_rebuild boolean default false,
  add column if not exists from_recommendation_id bigint,
  add column if not exists git_commit_sha text,
  add column if not exists git_tag text,
  -- Milliseconds, bytes and counts.
  add column if not exists install_duration_ms integer,
  add column if not exists build_duration_ms integer,
  add column if not exists deploy_duration_ms integer,
  add column if not exists output_size_bytes integer,
  add column if not exists files_changed integer,
  add column if not exists lines_added integer,
  add column if not exists lines_removed integer,
  -- What was deployed. updated_at moves with every write; deployed_at is when the version went live.
  add column if not exists updated_at timestamptz,
  add column if not exists deployed_at timestamptz,
  add column if not exists preview_url text,
  add column if not exists cf_deployment_id text,
  add column if not exists artifact_url text,
  add column if not exists artifact_size bigint,
  add column if not exists artifact_checksum text,
  -- The semantic version and what it says of the change. All four parts of the number are null until it is given.
  add column if not exists major_version integer,
  add column if not exists minor_version integer,
  add column if not exists patch_version integer,
  add column if not exists prerelease text,
  add column if not exists version_name text,
  add column if not exists version_description text,
  add column if not exists change_type text,
  add column if not exists breaking_risk text,
  -- false: a person wrote the words, and nothing generated replaces them.
  add column if not exists auto_classified boolean,
  add column if not exists classification_confidence numeric,
  add column if not exists classification_reasoning text,
  -- What a user decides.
  add column if not exists is_published boolean not null default false,
  add column if not exists published_at timestamptz,
  add column if not exists published_by_user_id text,
  add column if not exists user_comment text,
  add column if not exists soft_deleted_at timestamptz,
  -- How the metadata comes about. Rows that are there before this column are 'none': nobody asked for their metadata, and numbers
  -- given to them now would lie above those of newer versions.
  add column if not exists metadata_status text not null default 'none',
  add column if not exists metadata_error text,
  -- document, model or rules.
  add column if not exists metadata_generator text,
  -- Deliveries that worked on it, and the last one counted, so that a call that is repeated counts once.
  add column if not exists metadata_attempts integer not null default 0,
  add column if not exists metadata_delivery text,
  -- Milliseconds from the message's receipt to the proposal.
  add column if not exists metadata_ms integer,
  -- When it was first asked for, when its message was last known to be in the queue, and how often the sweep has put it there.
  add column if not exists metadata_requested_at timestamptz,
  add column if not exists metadata_queued_at timestamptz,
  add column if not exists metadata_requeues integer not null default 0;
alter table public.project_versions
  alter column created_at set default now(),
  alter column updated_at set default now(),
  alter column is_published set default false,
  alter column metadata_status set default 'pending';

-- A project has one owner. Without this the planner multiplies the two selectivities, and every index looks alike.
create statistics if not exists version_history.project_owner (dependencies)
  on project_id, user_id from public.project_versions;

-- The finished document that came with a version: one row a version.
create table version_history.recommendations (
  version_id text primary key,
  project_id text not null,
  user_id text not null,
  document jsonb not null,
  created_at timestamptz not null default now()
);
do $$
begin
  -- A table that survives a crash cannot refer to one that does not.
  if (select relpersistence from pg_class where oid = 'public.project_versions'::regclass) = 'u' then
    alter table version_history.recommendations set unlogged;
  end if;
  alter table version_history.recommendations
    add constraint recommendations_version_id_fkey foreign key (version_id) references public.project_versions (version_id) on delete cascade;
end;
$$;

-- Who published or unpublished what, and what was published before. No foreign key: the log outlives the rows it speaks of.
create table version_history.publications (
  id bigint generated always as identity primary key,
  project_id text not null,
  user_id text not null,
  action text not null,
  version_id text not null,
  previous_version_id text,
  comment text,
  at timestamptz not null,
  constraint publications_action check (action in ('published', 'unpublished'))
);
create index publications_newest on version_history.publications (project_id, user_id, id desc);

-- The first success of a request, for whoever sends it again with the same key.
create table version_history.idempotency_keys (
  caller text not null,
  route text not null,
  key text not null,
  request_hash text not null,
  answer json not null,
  created_at timestamptz not null,
  primary key (caller, route, key)
);
create index idempotency_keys_age on version_history.idempotency_keys (created_at);

-- Model calls that a batch of messages has reserved, and then those that it has made. A row a batch makes both repeatable.
create table version_history.model_calls (
  batch_id text primary key,
  day date not null,
  calls integer not null
);
create index model_calls_of_a_day on version_history.model_calls (day) include (calls);
