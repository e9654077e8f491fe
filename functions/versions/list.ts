import * as z from 'zod/mini';
import type { Database } from '../platform/database.ts';
import { InvalidInput, NotFound } from '../platform/errors.ts';
import { identifier, text } from '../platform/text.ts';
import { decodeCursor, encodeCursor, type PageKey, wrongCursor } from './cursor.ts';
import { type ListFilters, selectPage } from './queries.ts';
import { toVersion, type Version } from './version.ts';

const flag = z.pipe(
  z.enum(['true', 'false'], 'must be true or false'),
  z.transform((value) => value === 'true'),
);

/** A whole number in a query, within bounds. */
export const whole = (min: number, max: number) =>
  z
    .pipe(z.string().check(z.regex(/^\d{1,7}$/, `must be a whole number ${min} to ${max}`)), z.transform(Number))
    .check(z.refine((value) => value >= min && value <= max, `must be a whole number ${min} to ${max}`));

/** What microseconds a number holds exactly, and no version is older or newer. */
const FIRST_MOMENT = Date.UTC(1970, 0, 1);
const LAST_MOMENT = Date.UTC(2200, 0, 1);

/** A moment in a query, as microseconds since 1970. No finer than the createdAt a client has seen. */
const moment = z.pipe(
  z
    .pipe(
      z.iso
        .datetime({
          offset: true,
          error: 'must be a date and time with Z or an offset (its + sent as %2B): 2026-01-31T12:00:00Z',
        })
        .check(z.refine((value) => !/\.\d{4}/.test(value), 'must not be finer than milliseconds')),
      z.transform((value) => Date.parse(value)),
    )
    .check(z.refine((value) => value >= FIRST_MOMENT && value <= LAST_MOMENT, 'must lie between 1970 and 2200')),
  z.transform((milliseconds) => milliseconds * 1000),
);

/** The query of a list request. Every value arrives as text; a parameter given twice arrives joined and is refused. */
export const listQuery = z.strictObject({
  limit: z._default(whole(1, 100), 20),
  offset: z.optional(whole(0, 1_000_000)),
  cursor: z.optional(z.string().check(z.minLength(1), z.maxLength(600))),
  includeCheckpoints: z._default(flag, false),
  state: z._default(z.enum(['all', 'published', 'unpublished'], 'must be all, published or unpublished'), 'all'),
  showDeleted: z._default(flag, false),
  type: z.optional(z.enum(['major', 'minor', 'patch', 'rollback'], 'must be major, minor, patch or rollback')),
  status: z.optional(z.enum(['building', 'deployed', 'failed'], 'must be building, deployed or failed')),
  since: z.optional(moment),
  until: z.optional(moment),
  q: z.optional(text(100)),
  userId: z.optional(identifier),
});

type ListQuery = z.output<typeof listQuery>;

/**
 * One page of a project's history. `total` is null on pages after a cursor and of a search: counting is what costs. A page of a
 * search may be short, even empty, and go on: it looks at 2,000 versions at a time.
 */
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
  query: ListQuery,
): Promise<VersionPage> {
  const { limit, offset, cursor, q } = query;
  if (q !== undefined && offset !== undefined) throw notWith('offset', 'q');
  const filters = filtersOf(projectId, userId, query);
  const after = cursor === undefined ? null : pageKey(cursor, offset, filters);

  // One row more than asked for tells whether there is a next page.
  const page = { limit: limit + 1, offset: offset ?? 0, after, withTotal: !after && q === undefined };
  const { found, total, versions, resume } = await selectPage(database, filters, page);
  if (!found) throw new NotFound('There is no such project.');

  const shown = versions.slice(0, limit);
  const last = shown.at(-1);
  const next = versions.length > limit && last ? { createdUs: last.created_us, versionId: last.version_id } : resume;
  return { versions: shown.map(toVersion), total, nextCursor: next && encodeCursor(next, queryKey(filters)) };
}

function filtersOf(projectId: string, userId: string, query: ListQuery): ListFilters {
  return {
    projectId,
    userId,
    // Who asks for patches by name wants to see them.
    includeCheckpoints: query.includeCheckpoints || query.type === 'patch',
    showDeleted: query.showDeleted,
    published: query.state === 'all' ? null : query.state === 'published',
    type: query.type ?? null,
    status: query.status ?? null,
    sinceUs: query.since ?? null,
    untilUs: query.until ?? null,
    search: query.q ?? null,
  };
}

/** What a cursor belongs to: everything that decides which rows there are, not how many of them a page has. */
const queryKey = (filters: ListFilters): string => JSON.stringify(Object.values(filters));

function pageKey(cursor: string, offset: number | undefined, filters: ListFilters): PageKey {
  if (offset !== undefined) throw notWith('offset', 'cursor');
  const key = decodeCursor(cursor, queryKey(filters));
  if (typeof key === 'string') throw wrongCursor(key);
  return key;
}

const notWith = (field: string, other: string): InvalidInput =>
  new InvalidInput([{ field, message: `goes without ${other}: use one of the two` }]);
