import * as z from 'zod';
import type { Database } from '../platform/database.ts';
import { text } from '../platform/text.ts';
import { type Changed, changed } from './change.ts';
import { type Target, updateMetadataByHand } from './change-queries.ts';

/** What a person may write about a version. At least one of the three. */
export const editRequest = z
  .strictObject({
    name: text(100).optional(),
    description: text(5_000).optional(),
    type: z.enum(['major', 'minor', 'patch'], 'must be major, minor or patch').optional(),
  })
  .refine((edit) => Object.keys(edit).length > 0, 'must have at least one of name, description, type');

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
  return changed(await updateMetadataByHand(database, target, { name, description, type }));
}
