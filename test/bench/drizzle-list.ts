import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import { and, count, desc, eq, isNull, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/aws-data-api/pg';
import { boolean, integer, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { DatabaseTarget } from '../../functions/platform/env.ts';
import type { Work } from './time-in-turn.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' });

const versions = pgTable('project_versions', {
  versionId: text('version_id').primaryKey(),
  projectId: text('project_id').notNull(),
  userId: text('user_id').notNull(),
  status: text('status').notNull(),
  majorVersion: integer('major_version'),
  minorVersion: integer('minor_version'),
  patchVersion: integer('patch_version'),
  prerelease: text('prerelease'),
  versionName: text('version_name'),
  versionDescription: text('version_description'),
  changeType: text('change_type'),
  createdAt: moment('created_at').notNull(),
  deployedAt: moment('deployed_at'),
  isPublished: boolean('is_published').notNull(),
  publishedAt: moment('published_at'),
  publishedBy: text('published_by_user_id'),
  userComment: text('user_comment'),
  previewUrl: text('preview_url'),
  artifactUrl: text('artifact_url'),
  metadataStatus: text('metadata_status').notNull(),
  metadataError: text('metadata_error'),
  breakingRisk: text('breaking_risk'),
  autoClassified: boolean('auto_classified'),
  confidence: numeric('classification_confidence'),
  parentVersionId: text('parent_version_id'),
  softDeletedAt: moment('soft_deleted_at'),
  filesChanged: integer('files_changed'),
  linesAdded: integer('lines_added'),
  linesRemoved: integer('lines_removed'),
});

/** A page of the default view, from `offset` on, and its total, as one writes it with drizzle-orm on the Data API: two calls at once. */
export function drizzleList(
  client: RDSDataClient,
  { clusterArn, secretArn, database }: DatabaseTarget,
  project: string,
  user: string,
  offset = 0,
): Work {
  const db = drizzle({ client, resourceArn: clusterArn, secretArn, database });
  const shown = and(
    eq(versions.projectId, project),
    eq(versions.userId, user),
    isNull(versions.softDeletedAt),
    sql`${versions.changeType} is distinct from 'patch'`,
  );
  return () =>
    Promise.all([
      db
        .select()
        .from(versions)
        .where(shown)
        .orderBy(desc(versions.createdAt), desc(versions.versionId))
        .limit(21)
        .offset(offset),
      db.select({ total: count() }).from(versions).where(shown),
    ]);
}
