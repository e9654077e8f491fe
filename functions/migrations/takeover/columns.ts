import type { Kind, OldColumn } from './kinds.ts';

export const VERSIONS = 'public.project_versions';
export const METADATA = 'public.project_versions_metadata';

const CHANGES = ['major', 'minor', 'patch', 'rollback'] as const;
const RISKS = ['none', 'low', 'medium', 'high'] as const;
const STATES = ['building', 'deployed', 'failed'] as const;

/** A ULID has 26 characters; other ids are as long as an identity provider makes them. */
const key: Kind = { is: 'id', longest: 26 };
const id: Kind = { is: 'id' };
const text: Kind = { is: 'text' };
const integer: Kind = { is: 'integer' };
const moment: Kind = { is: 'moment' };
const flag: Kind = { is: 'flag' };
const changeType: Kind = { is: 'word', words: CHANGES };
const breakingRisk: Kind = { is: 'word', words: RISKS };

/** What project_versions must have to be the table this product knows. */
export const REQUIRED = ['version_id', 'project_id', 'user_id', 'prompt', 'status', 'created_at'];

/** The columns of project_versions that the functions use, and what each means. What is not here is that database's own, and stays. */
export const OWN: Record<string, Kind> = {
  version_id: key,
  project_id: key,
  user_id: key,
  prompt: text,
  status: { is: 'word', words: STATES },
  created_at: moment,
  updated_at: moment,
  deployed_at: moment,
  parent_version_id: { is: 'text', longest: 26 },
  base_version_id: text,
  base_snapshot_id: text,
  enhanced_prompt: text,
  prompt_metadata: { is: 'json' },
  ai_session_id: text,
  ai_session_created_at: moment,
  framework: text,
  node_version: text,
  pnpm_version: text,
  from_recommendation_id: { is: 'bigint' },
  git_commit_sha: { is: 'text', longest: 40 },
  git_tag: text,
  install_duration_ms: integer,
  build_duration_ms: integer,
  deploy_duration_ms: integer,
  output_size_bytes: integer,
  files_changed: integer,
  lines_added: integer,
  lines_removed: integer,
  preview_url: text,
  cf_deployment_id: text,
  artifact_url: text,
  artifact_size: { is: 'bigint' },
  artifact_checksum: { is: 'checksum' },
  major_version: integer,
  minor_version: integer,
  patch_version: integer,
  prerelease: { is: 'text', longest: 20 },
  version_name: { is: 'text', longest: 100 },
  version_description: text,
  change_type: changeType,
  breaking_risk: breakingRisk,
  auto_classified: flag,
  classification_confidence: { is: 'share' },
  classification_reasoning: text,
  is_published: flag,
  published_at: moment,
  published_by_user_id: key,
  user_comment: text,
  soft_deleted_at: moment,
  metadata_status: { is: 'text', longest: 7 },
  metadata_error: { is: 'text', longest: 300 },
  metadata_generator: { is: 'text', longest: 8 },
  metadata_attempts: integer,
  metadata_delivery: text,
  metadata_ms: integer,
  metadata_requested_at: moment,
  metadata_queued_at: moment,
  metadata_requeues: integer,
};

/** What the old table must have. */
export const REQUIRED_OLD = [
  'version_id',
  'project_id',
  'user_id',
  'major_version',
  'minor_version',
  'patch_version',
  'change_type',
];

/**
 * The columns of version_history.old_metadata: what each means, and the columns of the old table it is read from, the first that has a value.
 *
 * A rollback of the old system says where it came from in columns of its own: the version that it goes back to is the parent here, as it is of a
 * rollback of this system; what it took the place of is known to the publication log alone, which begins with this system.
 */
export const OLD: Record<string, { kind: Kind; from: string[] }> = {
  version_id: { kind: id, from: ['version_id'] },
  project_id: { kind: id, from: ['project_id'] },
  user_id: { kind: id, from: ['user_id'] },
  created_at: { kind: moment, from: ['created_at'] },
  // The old table's own word for it; better than the last write of the version.
  deployed_at: { kind: moment, from: ['deployed_at'] },
  major_version: { kind: integer, from: ['major_version'] },
  minor_version: { kind: integer, from: ['minor_version'] },
  patch_version: { kind: integer, from: ['patch_version'] },
  prerelease: { kind: text, from: ['prerelease'] },
  version_name: { kind: text, from: ['version_name'] },
  version_description: { kind: text, from: ['version_description'] },
  change_type: { kind: changeType, from: ['change_type'] },
  breaking_risk: { kind: breakingRisk, from: ['breaking_risk'] },
  auto_classified: { kind: flag, from: ['auto_classified'] },
  classification_confidence: { kind: { is: 'share' }, from: ['classification_confidence'] },
  classification_reasoning: { kind: text, from: ['classification_reasoning'] },
  parent_version_id: {
    kind: id,
    from: ['parent_version_id', 'rollback_target_version_id', 'rollback_source_version_id'],
  },
  base_version_id: { kind: id, from: ['base_version_id'] },
  from_recommendation_id: { kind: { is: 'bigint' }, from: ['from_recommendation_id'] },
  files_changed: { kind: integer, from: ['files_changed'] },
  lines_added: { kind: integer, from: ['lines_added'] },
  lines_removed: { kind: integer, from: ['lines_removed'] },
  build_duration_ms: { kind: integer, from: ['build_duration_ms'] },
  git_commit_sha: { kind: text, from: ['git_commit_sha'] },
  git_tag: { kind: text, from: ['git_tag'] },
  artifact_checksum: { kind: { is: 'checksum' }, from: ['artifact_sha256'] },
  is_published: { kind: flag, from: ['is_published'] },
  published_at: { kind: moment, from: ['published_at'] },
  published_by_user_id: { kind: id, from: ['published_by_user_id'] },
  user_comment: { kind: text, from: ['user_comment'] },
  soft_deleted_at: { kind: moment, from: ['soft_deleted_at'] },
};

/** The type of each kind in version_history.old_metadata. */
export const TYPE: Record<Kind['is'], string> = {
  id: 'text',
  text: 'text',
  word: 'text',
  integer: 'integer',
  bigint: 'bigint',
  flag: 'boolean',
  moment: 'timestamptz',
  share: 'numeric',
  checksum: 'text',
  json: 'jsonb',
  anything: 'text',
};

/** Columns of project_versions that are never null. */
const ALWAYS: ReadonlySet<string> = new Set([
  ...REQUIRED,
  'is_published',
  'metadata_status',
  'metadata_attempts',
  'metadata_requeues',
]);

/** A column of metadata that gives a version a value nobody has decided. */
export const defaulted = ({ name, notNull, default: fallback }: OldColumn): boolean =>
  name in OLD && !KEYS.has(name) && !ALWAYS.has(name) && (notNull || fallback !== null);

/** What a build says of itself. */
const KEYS = new Set(['created_at', 'parent_version_id', 'build_duration_ms']);
