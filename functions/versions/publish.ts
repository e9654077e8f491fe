import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import type { Once } from '../platform/idempotency.ts';
import { identifier, text } from '../platform/text.ts';
import { type Changed, changed } from './change.ts';
import { publishVersion, type Target, unpublishProject } from './change-queries.ts';

/** Why somebody publishes, unpublishes or rolls back. As long as the list shows it. */
export const comment = text(500);

export const publishRequest = z.strictObject({
  comment: z.optional(comment),
  /** The version the caller takes for published, null for none: publishing then loses no race unnoticed. */
  expectedPublishedVersionId: z.optional(z.nullable(identifier)),
});

export const unpublishRequest = z.strictObject({ versionId: identifier, comment: z.optional(comment) });

/**
 * Publishes a version instead of the one that is. Publishing what is published already is a success.
 *
 * @throws NotFound, KeyReused, or Conflict: deleted, not_deployed, artifact_missing, published_elsewhere
 */
export async function publish(
  database: Database,
  target: Target,
  { comment, expectedPublishedVersionId: expected }: z.output<typeof publishRequest>,
  once: Once | null,
): Promise<Changed> {
  return changed(await publishVersion(database, target, { comment, expected }, once));
}

/**
 * Takes the published version off. It is named, so that a request that comes late takes off no other one; when nothing is
 * published any more that is a success.
 *
 * @throws NotFound, KeyReused, or Conflict: published_elsewhere
 */
export async function unpublish(
  database: Database,
  project: Omit<Target, 'versionId'>,
  { versionId, comment }: z.output<typeof unpublishRequest>,
  once: Once | null,
): Promise<Changed> {
  return changed(await unpublishProject(database, { ...project, versionId }, { comment }, once));
}
