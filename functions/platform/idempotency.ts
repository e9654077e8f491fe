import { createHash } from 'node:crypto';
import { InvalidInput } from './errors.ts';
import type { Request } from './request.ts';

/** What makes a request the same one sent again: its key, the route the key belongs to, and a hash of what it asks for. */
export interface Once {
  route: string;
  key: string;
  hash: string;
}

/**
 * Reads the Idempotency-Key of a POST; null without one. The hash is over the path as well as the body: the same key for
 * another version is a mistake too, not a request to repeat.
 *
 * @throws InvalidInput when the key is not 1 to 255 printable ASCII characters
 */
export function onceOf({ requestContext, headers, pathParameters, body }: Request): Once | null {
  const key = headers['idempotency-key'];
  if (key === undefined || requestContext.http.method !== 'POST') return null;
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInput([{ field: 'idempotency-key', message: 'must be 1 to 255 printable ASCII characters' }]);
  }
  const hash = createHash('sha256')
    .update(canonical([pathParameters, body]))
    .digest('hex');
  return { route: requestContext.routeKey, key, hash };
}

/** JSON with the members of every object in one order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
