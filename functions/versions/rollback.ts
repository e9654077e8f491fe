import { ulid } from 'ulid';
import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import type { Once } from '../platform/idempotency.ts';
import { type Changed, changed } from './change.ts';
import { rollbackVersion, type Target } from './change-queries.ts';
import { comment } from './publish.ts';

export const rollbackRequest = z.strictObject({ comment: z.optional(comment) });

/**
 * Makes a new version of an old one's artifact, type `rollback`, its parent the old one. Publishing it is a step of its own.
 *
 * @throws NotFound, KeyReused, or Conflict: deleted, not_deployed, artifact_missing, published
 */
export async function rollback(
  database: Database,
  target: Target,
  { comment }: z.output<typeof rollbackRequest>,
  once: Once | null,
): Promise<Changed> {
  return changed(await rollbackVersion(database, target, ulid(), { comment }, once));
}
