import { formatSemVer } from './semver.ts';

/** One version as `version_item` answers it: the row's columns, texts clipped. Timestamps are PostgreSQL's JSON form. */
export interface VersionRow {
  version_id: string;
  project_id: string;
  status: 'building' | 'deployed' | 'failed';
  major_version: number | null;
  minor_version: number | null;
  patch_version: number | null;
  prerelease: string | null;
  version_name: string | null;
  version_description: string | null;
  change_type: 'major' | 'minor' | 'patch' | 'rollback' | null;
  created_at: string;
  created_us: number;
  deployed_at: string | null;
  is_published: boolean;
  published_at: string | null;
  published_by_user_id: string | null;
  user_comment: string | null;
  preview_url: string | null;
  has_artifact: boolean;
  metadata_status: 'none' | 'pending' | 'ready' | 'failed';
  metadata_error: string | null;
  breaking_risk: string | null;
  auto_classified: boolean | null;
  classification_confidence: number | null;
  parent_version_id: string | null;
  soft_deleted_at: string | null;
  files_changed: number | null;
  lines_added: number | null;
  lines_removed: number | null;
}

/** One version as the API answers it. Dates are ISO 8601 in UTC; what is not known is null, never a made-up value. */
export type Version = ReturnType<typeof toVersion>;

/** Shapes a row for the API. */
export function toVersion(row: VersionRow) {
  const reasons = refusals(row);
  return {
    id: row.version_id,
    semver: semverOf(row),
    name: row.version_name,
    description: row.version_description,
    type: row.change_type,
    status: row.status,
    createdAt: utc(row.created_at),
    deployedAt: row.deployed_at && utc(row.deployed_at),
    isPublished: row.is_published,
    publishedAt: row.published_at && utc(row.published_at),
    publishedBy: row.published_by_user_id,
    userComment: row.user_comment,
    previewUrl: row.preview_url,
    canPreview: !reasons.preview,
    canPublish: !reasons.publish,
    canUnpublish: !reasons.unpublish,
    canRollback: !reasons.rollback,
    canDelete: !reasons.delete,
    reasons,
    metadataStatus: row.metadata_status,
    metadataError: row.metadata_error,
    breakingRisk: row.breaking_risk,
    autoClassified: row.auto_classified,
    confidence: row.classification_confidence,
    parentId: row.parent_version_id,
    deletedAt: row.soft_deleted_at && utc(row.soft_deleted_at),
    stats: { filesChanged: row.files_changed, linesAdded: row.lines_added, linesRemoved: row.lines_removed },
  };
}

type Unusable = 'deleted' | 'not_deployed' | 'artifact_missing';

/** Why something cannot be done with a version, for each thing that cannot. The SQL functions that do them decide alike. */
interface Reasons {
  preview?: Unusable;
  publish?: Unusable | 'already_published';
  unpublish?: 'not_published';
  rollback?: Unusable | 'already_published';
  delete?: 'deleted' | 'published';
}

function refusals(row: VersionRow): Reasons {
  const unusable = unusableBecause(row);
  const live = row.is_published;
  // Of a published version that lost its artifact, that it is published is what matters to who wants to publish it.
  const publish = unusable === 'deleted' || !live ? unusable : 'already_published';
  return {
    ...(unusable && { preview: unusable }),
    ...(publish && { publish, rollback: publish }),
    ...(!live && { unpublish: 'not_published' as const }),
    ...(row.soft_deleted_at !== null ? { delete: 'deleted' as const } : live && { delete: 'published' as const }),
  };
}

function unusableBecause(row: VersionRow): Unusable | undefined {
  if (row.soft_deleted_at !== null) return 'deleted';
  if (row.status !== 'deployed') return 'not_deployed';
  return row.has_artifact ? undefined : 'artifact_missing';
}

function semverOf({ major_version: major, minor_version: minor, patch_version: patch, prerelease }: VersionRow) {
  return major === null || minor === null || patch === null ? null : formatSemVer({ major, minor, patch, prerelease });
}

/** PostgreSQL's JSON form of a moment in the API's: ISO 8601 in UTC. */
export const utc = (timestamp: string): string => new Date(timestamp).toISOString();
