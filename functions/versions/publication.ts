import type { Database } from '../platform/database.ts';
import { NotFound } from '../platform/errors.ts';
import { selectPublication } from './change-queries.ts';
import { toVersion, type Version } from './version.ts';

/** What a project shows the world: a version, or nothing. `rolledBackFrom`: what a published rollback took the place of. */
export interface Publication {
  version: Version | null;
  publishedAt: string | null;
  publishedBy: string | null;
  comment: string | null;
  rolledBackFrom: string | null;
}

/** What is published in a project. @throws NotFound when the project does not exist or is somebody else's */
export async function readPublication(database: Database, projectId: string, userId: string): Promise<Publication> {
  const { found, version: row, rolled_back_from } = await selectPublication(database, projectId, userId);
  if (!found) throw new NotFound('There is no such project.');
  const version = row ? toVersion(row) : null;
  return {
    version,
    publishedAt: version?.publishedAt ?? null,
    publishedBy: version?.publishedBy ?? null,
    comment: version?.userComment ?? null,
    rolledBackFrom: rolled_back_from ?? null,
  };
}
