import type { Version } from './api.ts';

/** What of a project's history has been loaded, newest first, without a gap; `nextCursor` leads on from its end. */
export interface Timeline {
  versions: Version[];
  nextCursor: string | null;
}

/** A page as the API answers it. */
type Page = Pick<Timeline, 'versions' | 'nextCursor'>;

/** The timeline with the page that comes after it. A version that moved there meanwhile is not shown twice. */
export function appended({ versions }: Timeline, page: Page): Timeline {
  const known = new Set(versions.map(({ id }) => id));
  return { versions: [...versions, ...page.versions.filter(({ id }) => !known.has(id))], nextCursor: page.nextCursor };
}

/**
 * The timeline with its beginning read again: what is new stands before it, what changed is replaced, and what no longer belongs into the span
 * of the page is gone. What is older than the page stays as it was.
 */
export function refreshed(timeline: Timeline, page: Page): Timeline {
  const last = page.versions.at(-1);
  if (page.nextCursor === null || !last) return page;
  const at = timeline.versions.findIndex(({ id }) => id === last.id);
  const fresh = new Set(page.versions.map(({ id }) => id));
  const older = at === -1 ? timeline.versions.filter((each) => isOlder(each, last)) : timeline.versions.slice(at + 1);
  const kept = older.filter(({ id }) => !fresh.has(id));
  if (kept.length === 0) return page;
  return { versions: [...page.versions, ...kept], nextCursor: timeline.nextCursor };
}

// Dates are ISO 8601 in UTC and ids are ULIDs: both sort as text.
const isOlder = (one: Version, other: Version): boolean =>
  one.createdAt === other.createdAt ? one.id < other.id : one.createdAt < other.createdAt;

/** Whether something about a version is still on its way. */
export const isPending = ({ status, metadataStatus, deletedAt }: Version): boolean =>
  deletedAt === null && (status === 'building' || (status === 'deployed' && metadataStatus === 'pending'));

/** Milliseconds from the start of its build until it was deployed; null when that is not known, or nothing was built. */
export function buildTime({ type, createdAt, deployedAt }: Pick<Version, 'type' | 'createdAt' | 'deployedAt'>) {
  if (deployedAt === null || type === 'rollback') return null;
  const milliseconds = Date.parse(deployedAt) - Date.parse(createdAt);
  return milliseconds > 0 ? milliseconds : null;
}
