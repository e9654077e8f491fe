import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import type { Once } from '../platform/idempotency.ts';
import { type Changed, changed } from './change.ts';
import { deleteVersion, restoreVersion, type Target } from './change-queries.ts';

/** Nothing is to be said: whatever is sent is a mistake. */
export const emptyRequest = z.strictObject({});

/** Hides a version from the history. Deleting it again is a success. @throws NotFound, or Conflict: published */
export async function remove(database: Database, target: Target): Promise<Changed> {
  return changed(await deleteVersion(database, target));
}

/** Shows a deleted version again; one that is not deleted stays as it is. @throws NotFound or KeyReused */
export async function restore(
  database: Database,
  target: Target,
  _: z.output<typeof emptyRequest>,
  once: Once | null,
): Promise<Changed> {
  return changed(await restoreVersion(database, target, once));
}
