import { formatSemVer } from './semver.ts';

/** One version as `version_item_v1` answers it: the row's columns, texts clipped. Timestamps are PostgreSQL's JSON form. */
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
  const usable = row.status === 'deployed' && row.has_artifact && row.soft_deleted_at === null;
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
    canPreview: usable,
    canPublish: usable && !row.is_published,
    canUnpublish: row.is_published,
    canRollback: usable && !row.is_published,
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

function semverOf({ major_version: major, minor_version: minor, patch_version: patch, prerelease }: VersionRow) {
  return major === null || minor === null || patch === null ? null : formatSemVer({ major, minor, patch, prerelease });
}

const utc = (timestamp: string): string => new Date(timestamp).toISOString();
