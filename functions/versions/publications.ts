import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import { NotFound } from '../platform/errors.ts';
import { identifier } from '../platform/text.ts';
import { type PublicationRow, selectPublications } from './change-queries.ts';
import { openCursor, sealCursor, wrongCursor } from './cursor.ts';
import { whole } from './list.ts';
import { utc } from './version.ts';

export const publicationsQuery = z.strictObject({
  limit: z._default(whole(1, 100), 20),
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(600))),
  userId: z.optional(identifier),
});

/** Who published or unpublished what, and what was published until then. */
export interface PublicationEntry {
  id: number;
  action: 'published' | 'unpublished';
  versionId: string;
  previousVersionId: string | null;
  by: string;
  comment: string | null;
  at: string;
}

/** One page of a project's publication log, newest first. */
export interface PublicationPage {
  publications: PublicationEntry[];
  nextCursor: string | null;
}

const KEY_BYTES = 8;

/**
 * What has been published and unpublished in a project.
 *
 * @throws NotFound when the project does not exist or is somebody else's
 * @throws InvalidInput when the cursor is broken or belongs to another project
 */
export async function listPublications(
  database: Database,
  projectId: string,
  userId: string,
  { limit, cursor }: z.output<typeof publicationsQuery>,
): Promise<PublicationPage> {
  const query = JSON.stringify(['publications', projectId, userId]);
  const before = cursor === undefined ? null : entryBefore(cursor, query);
  // One entry more than asked for tells whether there is a next page.
  const { found, publications } = await selectPublications(database, projectId, userId, limit + 1, before);
  if (!found) throw new NotFound('There is no such project.');
  const shown = publications.slice(0, limit);
  const last = publications.length > limit ? shown.at(-1) : undefined;
  return { publications: shown.map(toEntry), nextCursor: last ? sealCursor(entryKey(last.id), query) : null };
}

const toEntry = (row: PublicationRow): PublicationEntry => ({
  id: row.id,
  action: row.action,
  versionId: row.version_id,
  previousVersionId: row.previous_version_id,
  by: row.user_id,
  comment: row.comment,
  at: utc(row.at),
});

function entryKey(id: number): Buffer {
  const key = Buffer.alloc(KEY_BYTES);
  key.writeBigInt64BE(BigInt(id));
  return key;
}

function entryBefore(cursor: string, query: string): number {
  const key = openCursor(cursor, query);
  if (typeof key === 'string') throw wrongCursor(key);
  // The checksum is no signature: anyone can write a cursor, so what it says is checked as what a caller says.
  const id = key.length === KEY_BYTES ? Number(key.readBigInt64BE()) : 0;
  if (id < 1 || !Number.isSafeInteger(id)) throw wrongCursor('broken');
  return id;
}
