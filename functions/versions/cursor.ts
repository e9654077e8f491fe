import { createHash } from 'node:crypto';
import { InvalidInput } from '../platform/errors.ts';
import { storable } from '../platform/text.ts';

/** The row a page ended with: the next page starts after it. */
export interface PageKey {
  createdUs: number;
  versionId: string;
}

const CHECKSUM_BYTES = 4;
const FILTERS_BYTES = 4;
const TIME_BYTES = 8;
/** The last moment a JavaScript date can hold, in microseconds; PostgreSQL's timestamps go further. */
const MAX_TIME_US = 8.64e15;

/** Why a text is no cursor of a query. */
type NoCursor = 'broken' | 'of another query';

/** What to tell whoever sent one. */
export const wrongCursor = (why: NoCursor): InvalidInput =>
  new InvalidInput([
    {
      field: 'cursor',
      message: `is ${why}: send nextCursor as it came, with the same filters, or start without a cursor`,
    },
  ]);

/** Writes the cursor of a version: 56 characters for a ULID. */
export function encodeCursor({ createdUs, versionId }: PageKey, query: string): string {
  const time = Buffer.alloc(TIME_BYTES);
  time.writeBigInt64BE(BigInt(createdUs));
  return sealCursor(Buffer.concat([time, Buffer.from(versionId)]), query);
}

/** Reads a cursor of this query, or says why it is none. */
export function decodeCursor(cursor: string, query: string): PageKey | NoCursor {
  const key = openCursor(cursor, query);
  if (typeof key === 'string') return key;
  if (key.length <= TIME_BYTES) return 'broken';
  // The checksum is no signature: anyone can write a cursor, so what it says is checked as what a caller says.
  const page = { createdUs: Number(key.readBigInt64BE()), versionId: key.subarray(TIME_BYTES).toString() };
  const possible = Math.abs(page.createdUs) <= MAX_TIME_US && storable(page.versionId) && page.versionId.length <= 255;
  return possible ? page : 'broken';
}

/**
 * Makes a cursor of a key: opaque and url-safe. It carries a hash of the query it belongs to and a checksum, so that a
 * cursor cut short or used with other filters is noticed instead of answering a page of something else.
 */
export function sealCursor(key: Buffer, query: string): string {
  const body = Buffer.concat([digest(query, FILTERS_BYTES), key]);
  return Buffer.concat([digest(body, CHECKSUM_BYTES), body]).toString('base64url');
}

/** The key in a cursor of this query, or why it is none. */
export function openCursor(cursor: string, query: string): Buffer | NoCursor {
  const bytes = Buffer.from(cursor, 'base64url');
  const body = bytes.subarray(CHECKSUM_BYTES);
  // Comparing the text again refuses what base64 decoding forgives: padding, blanks, other alphabets.
  const intact =
    body.length > FILTERS_BYTES &&
    bytes.toString('base64url') === cursor &&
    bytes.subarray(0, CHECKSUM_BYTES).equals(digest(body, CHECKSUM_BYTES));
  if (!intact) return 'broken';
  if (!body.subarray(0, FILTERS_BYTES).equals(digest(query, FILTERS_BYTES))) return 'of another query';
  return body.subarray(FILTERS_BYTES);
}

const digest = (data: string | Buffer, bytes: number): Buffer =>
  createHash('sha256').update(data).digest().subarray(0, bytes);
