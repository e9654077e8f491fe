import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import { text } from '../platform/text.ts';
import { type Changed, changed } from './change.ts';
import { type Target, updateMetadataByHand } from './change-queries.ts';

/** What a person may write about a version. At least one of the three. */
export const editRequest = z
  .strictObject({
    name: z.optional(text(100)),
    description: z.optional(text(5_000)),
    type: z.optional(z.enum(['major', 'minor', 'patch'], 'must be major, minor or patch')),
  })
  .check(z.refine((edit) => Object.keys(edit).length > 0, 'must have at least one of name, description, type'));

/**
 * Writes a person's words over what was generated; nothing generated overwrites them afterwards. The number stays.
 *
 * @throws NotFound, or Conflict: deleted
 */
export async function edit(
  database: Database,
  target: Target,
  { name, description, type }: z.output<typeof editRequest>,
): Promise<Changed> {
  return changed(
    await updateMetadataByHand(database, target, {
      version_name: name,
      version_description: description,
      change_type: type,
    }),
  );
}
