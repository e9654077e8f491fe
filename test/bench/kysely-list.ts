import type { RDSData } from '@aws-sdk/client-rds-data';
import { Kysely, sql } from 'kysely';
import { DataApiDialect } from 'kysely-data-api';
import type { DatabaseTarget } from '../../functions/platform/env.ts';
import type { Work } from './time-in-turn.ts';

const COLUMNS = [
  ...(['version_id', 'project_id', 'status', 'major_version', 'minor_version', 'patch_version'] as const),
  ...(['prerelease', 'version_name', 'version_description', 'change_type', 'created_at', 'deployed_at'] as const),
  ...(['is_published', 'published_at', 'published_by_user_id', 'user_comment', 'preview_url', 'artifact_url'] as const),
  ...(['metadata_status', 'metadata_error', 'breaking_risk', 'auto_classified', 'parent_version_id'] as const),
  ...(['classification_confidence', 'soft_deleted_at', 'files_changed', 'lines_added', 'lines_removed'] as const),
];

interface Schema {
  project_versions: Record<(typeof COLUMNS)[number] | 'user_id', string | null>;
}

/** A page of the default view, from `offset` on, and its total, as one writes it with kysely on the Data API: two calls at once. */
export function kyselyList(
  client: RDSData,
  { clusterArn, secretArn, database }: DatabaseTarget,
  project: string,
  user: string,
  offset = 0,
): Work {
  const db = new Kysely<Schema>({
    dialect: new DataApiDialect({ mode: 'postgres', driver: { client, resourceArn: clusterArn, secretArn, database } }),
  });
  const shown = db
    .selectFrom('project_versions')
    .where('project_id', '=', project)
    .where('user_id', '=', user)
    .where('soft_deleted_at', 'is', null)
    .where(sql<boolean>`change_type is distinct from 'patch'`);
  return () =>
    Promise.all([
      shown
        .select(COLUMNS)
        .orderBy('created_at', 'desc')
        .orderBy('version_id', 'desc')
        .limit(21)
        .offset(offset)
        .execute(),
      shown.select(({ fn }) => fn.countAll().as('total')).execute(),
    ]);
}
