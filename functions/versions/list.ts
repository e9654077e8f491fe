import * as z from 'zod';
import type { Database } from '../platform/database.ts';
import { InvalidInput, NotFound } from '../platform/errors.ts';
import { identifier } from '../platform/text.ts';
import { decodeCursor, encodeCursor, type PageKey, wrongCursor } from './cursor.ts';
import { type ListFilters, selectPage } from './queries.ts';
import { toVersion, type Version } from './version.ts';

const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true');

/** A whole number in a query, within bounds. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/, `must be a whole number ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number ${min} to ${max}`);

/** The query of a list request. Every value arrives as text; a parameter given twice arrives joined and is refused. */
export const listQuery = z.strictObject({
  limit: whole(1, 100).default(20),
  offset: whole(0, 1_000_000).optional(),
  cursor: z.string().min(1).max(600).optional(),
  includeCheckpoints: flag.default(false),
  state: z.enum(['all', 'published', 'unpublished'], 'must be all, published or unpublished').default('all'),
  showDeleted: flag.default(false),
  userId: identifier.optional(),
});

type ListQuery = z.output<typeof listQuery>;

/** One page of a project's history. `total` is null on pages after a cursor: counting is what costs. */
export interface VersionPage {
  versions: Version[];
  total: number | null;
  nextCursor: string | null;
}

/**
 * The versions of a project, newest first, in one call.
 *
 * @throws NotFound when the project does not exist or belongs to somebody else
 * @throws InvalidInput when the cursor is broken or belongs to another query
 */
export async function listVersions(
  database: Database,
  projectId: string,
  userId: string,
  { limit, offset, cursor, includeCheckpoints, state, showDeleted }: ListQuery,
): Promise<VersionPage> {
  const published = state === 'all' ? null : state === 'published';
  const filters = { projectId, userId, includeCheckpoints, showDeleted, published };
  const after = cursor === undefined ? null : pageKey(cursor, offset, filters);

  // One row more than asked for tells whether there is a next page.
  const page = { limit: limit + 1, offset: offset ?? 0, after, withTotal: !after };
  const { found, total, versions } = await selectPage(database, filters, page);
  if (!found) throw new NotFound('There is no such project.');

  const shown = versions.slice(0, limit);
  const last = shown.at(-1);
  const more = versions.length > limit && last;
  return {
    versions: shown.map(toVersion),
    total,
    nextCursor: more
      ? encodeCursor({ createdUs: last.created_us, versionId: last.version_id }, queryKey(filters))
      : null,
  };
}

/** What a cursor belongs to: everything that decides which rows there are, not how many of them a page has. */
const queryKey = (filters: ListFilters): string => JSON.stringify(Object.values(filters));

function pageKey(cursor: string, offset: number | undefined, filters: ListFilters): PageKey {
  if (offset !== undefined)
    throw new InvalidInput([{ field: 'offset', message: 'goes without cursor: use one of the two' }]);
  const key = decodeCursor(cursor, queryKey(filters));
  if (typeof key === 'string') throw wrongCursor(key);
  return key;
}
